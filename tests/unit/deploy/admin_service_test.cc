#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "http/admin/service.h"

using namespace shardmill;
using namespace shardmill::http;

namespace {

class FakeSource final : public admin::Source {
 public:
  void status(Callback<admin::Status> done) override {
    admin::Status status;
    status.server = {"0.1.0", 7, WallTime{5}, "/mill", 2, 3, {}};
    status.functions.push_back(hello());
    done(std::move(status));
  }
  void function(std::string name, Callback<std::optional<admin::FunctionDetails>> done) override {
    if (name != "hello") return done(std::nullopt);
    done(admin::FunctionDetails{hello(), R"({"Timeout":3})"});
  }
  admin::LogPage log(const std::string& function, std::uint64_t after) override {
    admin::LogPage page;
    page.next = after;
    if (function == "hello" && has_line) {
      LogLine line;
      line.level = LogLevel::warn;
      line.text = "a \"line\" \xff";
      page.lines.push_back(line);
      page.next = after + 1;
    }
    return page;
  }
  std::unique_ptr<Interface> wake_on_log(const std::string&, std::uint64_t,
                                         std::move_only_function<void()> wake) override {
    ++waits;
    waker = std::move(wake);
    return nullptr;
  }

  static FunctionStatus hello() {
    FunctionStatus status;
    status.function = "hello";
    status.state = "live";
    status.triggers.push_back({"clicks", "enabled", ""});
    LaneStatus lane;
    lane.stream = "clicks";
    lane.shard = ShardNumber{3};
    lane.lag_records = 9;
    status.lanes.push_back(lane);
    lane.iterator_age_ms = 12;
    status.lanes.push_back(lane);
    return status;
  }

  bool has_line = true;
  int waits = 0;
  std::move_only_function<void()> waker;
};

struct Asked {
  FakeSource source;
  admin::AdminService service{source};
  boost::asio::io_context context;

  Response ask(std::string_view path, std::string_view query = "", std::string_view method = "GET") {
    Request request;
    request.method = method;
    request.path = path;
    request.query = query;
    Response answer;
    auto work = [&]() -> Task<void> { answer = co_await service.handle(request); };
    boost::asio::co_spawn(context, work, boost::asio::detached);
    context.restart();
    context.run();
    return answer;
  }
  nlohmann::json json(std::string_view path, std::string_view query = "") {
    Response answer = ask(path, query);
    CHECK(answer.status == 200);
    CHECK(answer.content_type == "application/json");
    return nlohmann::json::parse(answer.body);
  }
};

}  // namespace

TEST_CASE_METHOD(Asked, "the admin service claims its own paths only") {
  Request request;
  request.path = "/_shardmill/status";
  CHECK(service.claims(request));
  request.path = "/";
  CHECK_FALSE(service.claims(request));
}

TEST_CASE_METHOD(Asked, "the status has the server and all functions") {
  nlohmann::json status = json("/_shardmill/status");
  CHECK(status["server"]["version"] == "0.1.0");
  CHECK(status["server"]["streams"] == 2);
  CHECK(status["server"]["commitGroups"] == 3);
  const nlohmann::json& function = status["functions"][0];
  CHECK(function["name"] == "hello");
  CHECK(function["triggers"][0]["state"] == "enabled");
  CHECK(function["lanes"][0]["shard"] == "shardId-000000000003");
  CHECK(function["lanes"][0]["iteratorAgeMs"].is_null());
  CHECK(function["lanes"][1]["iteratorAgeMs"] == 12);
}

TEST_CASE_METHOD(Asked, "a function is shown with its settings") {
  CHECK(json("/_shardmill/functions/hello")["settings"]["Timeout"] == 3);
  Response missing = ask("/_shardmill/functions/helo");
  CHECK(missing.status == 404);
  CHECK(missing.body == "{\"error\":\"there is no function \\\"helo\\\"\"}\n");
}

TEST_CASE_METHOD(Asked, "log lines come at once when nobody asked to wait") {
  nlohmann::json page = json("/_shardmill/functions/hello/logs", "after=4");
  CHECK(page["next"] == 5);
  CHECK(page["lines"][0]["level"] == "warn");
  CHECK(page["lines"][0]["text"] == "a \"line\" \xEF\xBF\xBD");
  CHECK(source.waits == 0);
}

TEST_CASE_METHOD(Asked, "who asks to wait gets the line that comes") {
  source.has_line = false;
  Request request;
  request.method = "GET";
  request.path = "/_shardmill/functions/hello/logs";
  request.query = "after=0&wait=20";
  Response answer;
  auto work = [&]() -> Task<void> { answer = co_await service.handle(request); };
  boost::asio::co_spawn(context, work, boost::asio::detached);
  context.poll();
  REQUIRE(source.waits == 1);
  source.has_line = true;
  source.waker();
  context.run();
  CHECK(nlohmann::json::parse(answer.body)["lines"].size() == 1);
}

TEST_CASE_METHOD(Asked, "what is not there and what cannot be done is said") {
  CHECK(ask("/_shardmill/nothing").status == 404);
  CHECK(ask("/_shardmill/functions/hello/nothing").status == 404);
  Response refused = ask("/_shardmill/status", "", "POST");
  CHECK(refused.status == 405);
  CHECK(refused.body == "{\"error\":\"found the method POST, wanted GET\"}\n");
  CHECK(service.refuse({403, "AccessDenied", "no"}).body == "{\"error\":\"AccessDenied: no\"}\n");
}
