#include "app/cli.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "app/help.h"
#include "app/terminal.h"
#include "base/nearest.h"

namespace shardmill::app {
namespace {

// Commands in the order in which `shardmill --help` shows them.
void add_commands(Cli& cli) {
  add_serve(cli);
  add_status(cli);
  add_function(cli);
  add_stream(cli);
  add_store(cli);
  add_new(cli);
  add_event(cli);
  add_invoke(cli);
  add_filter(cli);
  add_completion(cli);
}

std::string footer(const std::vector<std::string>& examples) {
  std::string text = "Examples:";
  for (const std::string& example : examples) text += "\n  " + example;
  return text;
}

// The innermost command that was named on the line.
const CLI::App* innermost(const CLI::App* app) {
  for (;;) {
    auto named = app->get_subcommands();
    if (named.empty()) return app;
    app = named.front();
  }
}

// Words of the line that no command took, outermost command first.
std::vector<std::string> left_over(const CLI::App& root) {
  std::vector<std::string> words = root.remaining();
  for (const CLI::App* app = &root; !app->get_subcommands().empty();) {
    app = app->get_subcommands().front();
    for (std::string& word : app->remaining()) words.push_back(std::move(word));
  }
  return words;
}

std::vector<std::string> option_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

std::vector<std::string> command_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::App* sub : command.get_subcommands(nullptr)) names.push_back(sub->get_name());
  return names;
}

std::string full_name(const CLI::App* app) {
  std::string name = app->get_name();
  for (app = app->get_parent(); app != nullptr; app = app->get_parent()) name.insert(0, app->get_name() + " ");
  return name;
}

// What is wrong with the line. A word that nobody knows explains most other complaints, so it goes first.
std::string sentence(const CLI::ParseError& error, const CLI::App& command, const std::string& name,
                     const std::vector<std::string>& unknown) {
  auto option = std::ranges::find_if(unknown, [](const std::string& word) { return word.starts_with('-'); });
  if (option != unknown.end()) {
    std::string word = printable(option->substr(0, option->find('=')));
    return fmt::format("\"{}\" is not an option of `{}`{}", word, name, did_you_mean(word, option_names(command)));
  }
  std::vector<std::string> commands = command_names(command);
  if (!unknown.empty() && !commands.empty()) {
    std::string word = printable(unknown.front());
    return fmt::format("\"{}\" is not a command of `{}`{}", word, name, did_you_mean(word, commands));
  }
  if (!unknown.empty())
    return fmt::format("\"{}\" is one word too many for `{}`", printable(unknown.front()), name);
  if (!commands.empty()) return fmt::format("`{}` needs a command: {}", name, fmt::join(commands, ", "));
  return printable(error.what());
}

}  // namespace

Cli::Cli() : root_("shardmill runs native functions on stream events.", "shardmill") {
  root_.require_subcommand(1);
  root_.set_version_flag("--version", "shardmill " SHARDMILL_VERSION, "Print the version and leave");
  root_.formatter(std::make_shared<HelpFormatter>());
  root_.footer(footer({"shardmill serve mymill", "shardmill stream create plays",
                       "seq 1000 | shardmill stream put plays", "shardmill status"}));
  add_commands(*this);
}

CLI::App& Cli::add(CLI::App& parent, const std::string& name, const std::string& summary,
                   const std::vector<std::string>& examples) {
  CLI::App* command = parent.add_subcommand(name, summary);
  command->footer(footer(examples));
  command->group("Commands");
  return *command;
}

CLI::App& Cli::add_group(const std::string& name, const std::string& summary,
                         const std::vector<std::string>& examples) {
  CLI::App& group = add(root_, name, summary, examples);
  group.require_subcommand(1);
  return group;
}

int Cli::run(int argc, const char* const* argv) {
  try {
    root_.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return complain(error);
  }
  return act();
}

int Cli::act() {
  int code = kFailed;
  try {
    code = actions_.at(innermost(&root_))();
  } catch (const std::exception& error) {  // also of fmt::print, when stdout takes no more
    if (std::ferror(stdout) == 0) return report({Errc::internal, error.what()});
  }
  // What was printed may still sit in the buffer; a full disk or a closed pipe may show only now.
  bool flushed = std::fflush(stdout) == 0;
  if (flushed && std::ferror(stdout) == 0) return code;
  if (errno != EPIPE) fmt::print(stderr, "shardmill: cannot write to standard output: {}\n", std::strerror(errno));
  return code == kOk ? kFailed : code;
}

int Cli::complain(const CLI::ParseError& error) const {
  if (error.get_exit_code() == 0) return root_.exit(error) == 0 ? kOk : kBadUsage;  // --help, --version
  const CLI::App& command = *innermost(&root_);
  std::string name = full_name(&command);
  fmt::print(stderr, "shardmill: {}\nSee `{} --help`.\n", sentence(error, command, name, left_over(root_)), name);
  return kBadUsage;
}

int report(const Error& error) {
  std::fflush(stdout);
  fmt::print(stderr, "shardmill: {}\n", error.text);
  return error.code == Errc::invalid ? kBadUsage : kFailed;
}

}  // namespace shardmill::app
