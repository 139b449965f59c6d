#include "app/serve/function_log.h"

#include <catch2/catch.hpp>

using namespace shardmill;
using app::FunctionLog;

namespace {

class Mirror final : public Log {
 public:
  void write(LogLevel, std::string_view text, std::initializer_list<LogField> fields) override {
    lines.emplace_back(text);
    for (const LogField& field : fields) lines.back() += fmt(field);
  }
  std::vector<std::string> lines;

 private:
  static std::string fmt(const LogField& field) {
    return " " + std::string(field.name) + "=" + std::string(field.value);
  }
};

LogLine line(std::string function, std::string text) {
  LogLine line;
  line.function = std::move(function);
  line.text = std::move(text);
  return line;
}

std::vector<std::string> texts(const http::admin::LogPage& page) {
  std::vector<std::string> list;
  for (const LogLine& line : page.lines) list.push_back(line.text);
  return list;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("lines are kept per function, numbered from 1, and go to the server's log") {
  Mirror mirror;
  FunctionLog log(mirror);
  log.write(line("a", "one"));
  log.write({{}, "b", "v1", "r1", LogLevel::warn, "two"});
  log.write(line("a", "three"));
  CHECK(texts(log.lines_after("a", 0)) == Texts{"one", "three"});
  CHECK(log.lines_after("a", 0).next == 2);
  CHECK(texts(log.lines_after("a", 1)) == Texts{"three"});
  CHECK(log.lines_after("a", 2).lines.empty());
  CHECK(log.lines_after("a", 2).next == 2);
  CHECK(log.lines_after("c", 0).lines.empty());
  CHECK(mirror.lines ==
        Texts{"[a] one function=a version= request=", "[b v1 r1] two function=b version=v1 request=r1",
              "[a] three function=a version= request="});
}

TEST_CASE("the oldest lines make room, and it shows how many are missed") {
  Mirror mirror;
  FunctionLog log(mirror, {.lines = 3, .bytes = 1000, .page = 2, .functions = 10});
  for (int i = 1; i <= 5; ++i) log.write(line("a", std::to_string(i)));
  http::admin::LogPage page = log.lines_after("a", 0);
  CHECK(page.missed == 2);
  CHECK(texts(page) == Texts{"3", "4"});
  CHECK(texts(log.lines_after("a", page.next)) == Texts{"5"});
  CHECK(log.lines_after("a", 3).missed == 0);
}

TEST_CASE("long lines count by their bytes") {
  Mirror mirror;
  FunctionLog log(mirror, {.lines = 100, .bytes = 10, .page = 100, .functions = 10});
  log.write(line("a", "123456"));
  log.write(line("a", "12345"));
  CHECK(texts(log.lines_after("a", 0)) == Texts{"12345"});
  log.write(line("a", "1234567890123"));
  CHECK(texts(log.lines_after("a", 0)) == Texts{"1234567890123"});
}

TEST_CASE("of too many functions the one that was silent for longest is forgotten") {
  Mirror mirror;
  FunctionLog log(mirror, {.lines = 10, .bytes = 1000, .page = 10, .functions = 2});
  log.write(line("a", "1"));
  log.write(line("b", "1"));
  log.write(line("a", "2"));
  log.write(line("c", "1"));
  CHECK(log.lines_after("a", 0).lines.size() == 2);
  CHECK(log.lines_after("b", 0).lines.empty());
  CHECK(log.lines_after("c", 0).lines.size() == 1);
}

TEST_CASE("a number from before a restart begins anew") {
  Mirror mirror;
  FunctionLog log(mirror);
  log.write(line("a", "1"));
  CHECK(texts(log.lines_after("a", 99)) == Texts{"1"});
}

TEST_CASE("who waits is woken once by a line of its function, and at once if there is one") {
  Mirror mirror;
  FunctionLog log(mirror);
  int woken = 0;
  auto wake = [&] { ++woken; };
  auto waiting = log.wake_when_after("a", 0, wake);
  log.write(line("b", "1"));
  CHECK(woken == 0);
  log.write(line("a", "1"));
  log.write(line("a", "2"));
  CHECK(woken == 1);
  auto at_once = log.wake_when_after("a", 1, wake);
  CHECK(woken == 2);
  auto later = log.wake_when_after("a", 2, wake);
  later.reset();
  log.write(line("a", "3"));
  CHECK(woken == 2);
}

TEST_CASE("nobody waits after the close") {
  Mirror mirror;
  FunctionLog log(mirror);
  int woken = 0;
  auto before = log.wake_when_after("a", 0, [&] { ++woken; });
  log.close();
  CHECK(woken == 1);
  auto after = log.wake_when_after("a", 0, [&] { ++woken; });
  CHECK(woken == 2);
}
