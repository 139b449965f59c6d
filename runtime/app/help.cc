#include "app/help.h"

namespace shardmill::app {

std::string type_of(const CLI::Option& option) {
  if (option.get_items_expected_max() == 0) return "";
  std::string type = option.get_type_name();
  return type.substr(0, type.find(':'));  // what its checks say comes after it
}

HelpFormatter::HelpFormatter() {
  column_width(28);
  label("SUBCOMMAND", "COMMAND");
  label("SUBCOMMANDS", "COMMANDS");
  label("Positionals", "Arguments");
}

std::string HelpFormatter::make_option_opts(const CLI::Option* option) const {
  if (option->get_positional()) return "";  // its name says it
  std::string type = type_of(*option);
  return type.empty() ? "" : " " + type;
}

}  // namespace shardmill::app
