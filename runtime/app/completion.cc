#include "app/completion.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "app/help.h"

namespace shardmill::app {
namespace {

// The part of the script that is the same for every tree. `path` is the command as far as it was typed ("stream put"),
// `place` how many arguments that are no options came after it.
constexpr const char* kFrame = R"bash(# bash completion of {0}; load it with: source <({0} completion bash)
_{0}() {{
  local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} path= place=0 i kind=
  for ((i = 1; i < COMP_CWORD; i++)); do
    if _{0}_is_command "$path" "${{COMP_WORDS[i]}}"; then
      path="${{path:+$path }}${{COMP_WORDS[i]}}"
    elif [[ ${{COMP_WORDS[i]}} == -?* ]]; then
      # the word after an option that takes a value belongs to it
      [[ -n $(_{0}_value "$path" "${{COMP_WORDS[i]}}") ]] && ((i++))
    else
      ((place++))
    fi
  done
  COMPREPLY=()
  [[ $before == -?* ]] && kind=$(_{0}_value "$path" "$before")
  if [[ -z $kind && $word == -* ]]; then
    COMPREPLY=($(compgen -W "$(_{0}_options "$path")" -- "$word"))
    return
  fi
  if [[ -z $kind ]]; then
    local commands=$(_{0}_commands "$path")
    if [[ -n $commands ]]; then
      COMPREPLY=($(compgen -W "$commands" -- "$word"))
      return
    fi
    kind=$(_{0}_argument "$path" "$place")
  fi
  case $kind in
    FILE) compopt -o filenames; COMPREPLY=($(compgen -f -- "$word")) ;;
    DIR) compopt -o filenames; COMPREPLY=($(compgen -d -- "$word")) ;;
    STREAM) COMPREPLY=($(compgen -W "$({0} stream list --names 2>/dev/null)" -- "$word")) ;;
    *'|'*) COMPREPLY=($(compgen -W "${{kind//|/ }}" -- "$word")) ;;
  esac
}}
_{0}_is_command() {{
  local name
  for name in $(_{0}_commands "$1"); do [[ $name == "$2" ]] && return 0; done
  return 1
}}
{1}complete -F _{0} {0}
)bash";

// One command of the tree, with the words that lead to it.
struct Node {
  std::string path;
  const CLI::App* command = nullptr;
};

std::vector<Node> all_commands(const CLI::App& root) {
  std::vector<Node> nodes{{"", &root}};
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    Node node = nodes[i];
    for (const CLI::App* sub : node.command->get_subcommands(nullptr)) {
      nodes.push_back({node.path.empty() ? sub->get_name() : node.path + " " + sub->get_name(), sub});
    }
  }
  return nodes;
}

std::vector<std::string> names_of(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.get_snames()) names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) names.push_back("--" + name);
  return names;
}

// The type name as the script's `kind`, or an argument's name; never empty for what takes a value.
std::string kind_of(const CLI::Option& option) {
  if (option.get_positional()) return option.get_name();
  std::string kind = type_of(option);
  return kind.empty() ? "VALUE" : kind;
}

std::string commands_case(const Node& node) {
  std::vector<std::string> names;
  for (const CLI::App* sub : node.command->get_subcommands(nullptr)) names.push_back(sub->get_name());
  return names.empty() ? "" : fmt::format("    '{}') echo '{}' ;;\n", node.path, fmt::join(names, " "));
}

std::string options_case(const Node& node) {
  std::vector<std::string> names;
  for (const CLI::Option* option : node.command->get_options()) {
    for (std::string& name : names_of(*option)) names.push_back(std::move(name));
  }
  return fmt::format("    '{}') echo '{}' ;;\n", node.path, fmt::join(names, " "));
}

std::string value_cases(const Node& node) {
  std::string text;
  for (const CLI::Option* option : node.command->get_options()) {
    if (option->get_positional() || option->get_items_expected_max() == 0) continue;
    for (const std::string& name : names_of(*option)) {
      text += fmt::format("    '{} {}') echo '{}' ;;\n", node.path, name, kind_of(*option));
    }
  }
  return text;
}

std::string argument_cases(const Node& node) {
  std::string text;
  int place = 0;
  for (const CLI::Option* option : node.command->get_options()) {
    if (!option->get_positional()) continue;
    // The last word of a list of arguments is completed like its first.
    std::string places = option->get_items_expected_max() > 1 ? "*" : std::to_string(place++);
    text += fmt::format("    '{} '{}) echo '{}' ;;\n", node.path, places, kind_of(*option));
  }
  return text;
}

std::string function(const std::string& name, const char* subject, const std::string& cases) {
  return fmt::format("{}() {{\n  case {} in\n{}  esac\n}}\n", name, subject, cases);
}

}  // namespace

std::string bash_completion(const CLI::App& root) {
  std::string name = root.get_name();
  std::string commands, options, values, arguments;
  for (const Node& node : all_commands(root)) {
    commands += commands_case(node);
    options += options_case(node);
    values += value_cases(node);
    arguments += argument_cases(node);
  }
  std::string functions = function("_" + name + "_commands", "$1", commands) +
                          function("_" + name + "_options", "$1", options) +
                          function("_" + name + "_value", "\"$1 $2\"", values) +
                          function("_" + name + "_argument", "\"$1 $2\"", arguments);
  return fmt::format(kFrame, name, functions);
}

}  // namespace shardmill::app
