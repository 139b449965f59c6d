// How --help looks.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

namespace shardmill::app {

// What a value of the option is, in capitals: "FILE", "N", "text|json". Empty for flags.
[[nodiscard]] std::string type_of(const CLI::Option& option);

// CLI11's help, without what the sentences say anyway: bounds, exclusions, REQUIRED.
class HelpFormatter : public CLI::Formatter {
 public:
  HelpFormatter();
  std::string make_option_opts(const CLI::Option* option) const override;
};

}  // namespace shardmill::app
