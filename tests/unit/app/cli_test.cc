#include "app/cli.h"

#include <fstream>
#include <functional>
#include <iterator>
#include <sstream>

#include <catch2/catch.hpp>

#include "app/template/placeholders.h"

using shardmill::app::Cli;

namespace {

void walk(const CLI::App& command, const std::function<void(const CLI::App&)>& visit) {
  visit(command);
  for (const CLI::App* sub : command.get_subcommands(nullptr)) walk(*sub, visit);
}

// The examples in a command's help: the indented lines below "Examples:".
std::vector<std::string> examples_of(const CLI::App& command) {
  std::istringstream lines(command.get_footer());
  std::vector<std::string> examples;
  std::string line;
  while (std::getline(lines, line)) {
    if (line.starts_with("  ")) examples.push_back(line.substr(2));
  }
  return examples;
}

// The command lines of the binary in an example: pipes, <(...) and comments taken apart.
std::vector<std::string> calls_in(std::string example) {
  example = example.substr(0, example.find("  #"));
  std::vector<std::string> calls;
  if (std::size_t open = example.find("<("); open != std::string::npos) {
    std::size_t close = example.find(')', open);
    calls.push_back(example.substr(open + 2, close - open - 2));
    example.replace(open, close - open + 1, "FILE");
  }
  std::istringstream parts(example);
  std::string part;
  while (std::getline(parts, part, '|')) calls.push_back(part);
  std::erase_if(calls, [](std::string& call) {
    call.erase(0, call.find_first_not_of(' '));
    return !call.starts_with("shardmill ");
  });
  return calls;
}

// Words as a shell splits them, quotes taken off; what stands after > is the shell's.
std::vector<std::string> words_of(const std::string& call) {
  std::vector<std::string> words;
  std::string word;
  char quote = 0;
  for (char c : call + " ") {
    if (quote != 0 ? c == quote : c == '\'' || c == '"') {
      quote = quote != 0 ? '\0' : c;
    } else if (c == ' ' && quote == 0) {
      if (!word.empty()) words.push_back(std::exchange(word, ""));
    } else {
      word += c;
    }
  }
  if (auto redirect = std::ranges::find(words, ">"); redirect != words.end()) words.erase(redirect, words.end());
  return words;
}

int run(std::vector<const char*> words) {
  words.insert(words.begin(), "shardmill");
  Cli cli;
  return cli.run(static_cast<int>(words.size()), words.data());
}

}  // namespace

TEST_CASE("every command says what it does and shows how to call it") {
  Cli cli;
  walk(cli.root(), [](const CLI::App& command) {
    INFO(command.get_name());
    CHECK_FALSE(command.get_description().empty());
    CHECK_FALSE(examples_of(command).empty());
  });
}

TEST_CASE("every option says what it is") {
  Cli cli;
  walk(cli.root(), [](const CLI::App& command) {
    for (const CLI::Option* option : command.get_options()) {
      INFO(command.get_name() << " " << option->get_name());
      CHECK_FALSE(option->get_description().empty());
    }
  });
}

TEST_CASE("every example in the help is a line that the command line understands") {
  Cli cli;
  std::size_t calls = 0;
  walk(cli.root(), [&](const CLI::App& command) {
    for (const std::string& example : examples_of(command)) {
      for (const std::string& call : calls_in(example)) {
        std::vector<std::string> words = words_of(call);
        std::vector<const char*> arguments;
        for (const std::string& word : words) arguments.push_back(word.c_str());
        INFO(example);
        Cli fresh;
        CHECK_NOTHROW(fresh.root().parse(static_cast<int>(arguments.size()), arguments.data()));
        ++calls;
      }
    }
  });
  CHECK(calls > 20);
}

TEST_CASE("an option that does not exist makes an example wrong") {
  Cli cli;
  std::vector<const char*> words{"shardmill", "event", "kinesis", "--datta", "x"};
  CHECK_THROWS_AS(cli.root().parse(static_cast<int>(words.size()), words.data()), CLI::ParseError);
}

TEST_CASE("a bad command line is kBadUsage, and nothing of it is done") {
  CHECK(run({}) == shardmill::app::kBadUsage);
  CHECK(run({"strem", "list"}) == shardmill::app::kBadUsage);
  CHECK(run({"stream"}) == shardmill::app::kBadUsage);
  CHECK(run({"stream", "lst"}) == shardmill::app::kBadUsage);
  CHECK(run({"event", "kinesis", "--cuont", "3"}) == shardmill::app::kBadUsage);
  CHECK(run({"event", "kinesis", "--count", "many"}) == shardmill::app::kBadUsage);
  CHECK(run({"event", "kinesis", "--count", "0"}) == shardmill::app::kBadUsage);
  CHECK(run({"event", "kinesis", "one-word-too-many"}) == shardmill::app::kBadUsage);
  CHECK(run({"stream", "create", "s", "--shards", "10001"}) == shardmill::app::kBadUsage);
}

TEST_CASE("help and version are asked for, so they are no errors") {
  CHECK(run({"--help"}) == shardmill::app::kOk);
  CHECK(run({"--version"}) == shardmill::app::kOk);
  CHECK(run({"stream", "put", "-h"}) == shardmill::app::kOk);
}

TEST_CASE("options are not confused with the names of commands") {
  Cli cli;
  std::vector<const char*> words{"shardmill", "stream", "describe", "list", "--json"};
  CHECK_NOTHROW(cli.root().parse(static_cast<int>(words.size()), words.data()));
}

TEST_CASE("docs/cli.md names every command and every placeholder") {
  std::ifstream file(SHARDMILL_SOURCE_DIR "/docs/cli.md");
  std::string page(std::istreambuf_iterator<char>(file), {});
  REQUIRE_FALSE(page.empty());
  Cli cli;
  walk(cli.root(), [&](const CLI::App& command) {
    if (!command.get_subcommands(nullptr).empty()) return;
    std::string path = command.get_name();
    for (const CLI::App* up = command.get_parent(); up->get_parent() != nullptr; up = up->get_parent()) {
      path = up->get_name() + " " + path;
    }
    CHECK_THAT(page, Catch::Contains("`" + path));
  });
  for (const auto& placeholder : shardmill::app::placeholders()) {
    CHECK_THAT(page, Catch::Contains("{{" + std::string(placeholder.name)));
  }
}
