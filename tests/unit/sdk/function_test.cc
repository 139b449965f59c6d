#include "shardmill/function.h"

#include <new>
#include <string>

#include <catch2/catch.hpp>
#include <shardmill/testing.h>

using shardmill::Context;
using shardmill::Outcome;
using shardmill::Payload;
using shardmill::StreamBatch;
using shardmill::testing::BatchBuilder;
using shardmill::testing::Function;
using shardmill::testing::Result;

namespace {

// A table as SHARDMILL_FUNCTION makes it, for handlers that share this program.
template <class Handler>
Result call(std::string_view payload) {
  static constexpr shardmill_function_table table = shardmill::detail::table<Handler>();
  Function function(table);
  return function(payload);
}

struct Refuses {
  Outcome operator()(Payload payload) { return shardmill::fail("not " + std::string(payload.text()), "Choosy"); }
};
struct Throws {
  void operator()(Payload) { throw std::invalid_argument("too short"); }
};
struct ThrowsNumber {
  void operator()(Payload) { throw 42; }
};
struct OutOfMemory {
  void operator()(Payload) { throw std::bad_alloc(); }
};
struct TakesText {
  std::string operator()(std::string_view text) { return std::string(text.rbegin(), text.rend()); }
};
struct ThrowsInConstructor {
  ThrowsInConstructor() { throw std::runtime_error("no database"); }
  void operator()(Payload) {}
};
struct BatchOnly {
  void operator()(StreamBatch) {}
};

int plain_calls = 0;
Outcome plain(const Payload&, Context&) {
  ++plain_calls;
  return shardmill::ok();
}
[[maybe_unused]] shardmill::detail::Given<decltype(plain)> given_plain(plain);

}  // namespace

TEST_CASE("A handler's words reach the runtime when it fails") {
  Result result = call<Refuses>("me");
  CHECK_FALSE(result.ok);
  CHECK(result.error_type == "Choosy");
  CHECK(result.error == "not me");
}

TEST_CASE("A thrown exception fails the event with its type and text") {
  Result result = call<Throws>("");
  CHECK_FALSE(result.ok);
  CHECK(result.error_type == "std::invalid_argument");
  CHECK(result.error == "too short");
}

TEST_CASE("Something thrown that is no exception fails the event as well") {
  Result result = call<ThrowsNumber>("");
  CHECK_FALSE(result.ok);
  CHECK(result.error == "threw something that is not a std::exception");
}

TEST_CASE("bad_alloc is told apart from other failures") {
  Result result = call<OutOfMemory>("");
  CHECK_FALSE(result.ok);
  CHECK(result.out_of_memory);
}

TEST_CASE("A handler may take string_view and answer with text") {
  Result result = call<TakesText>("abc");
  CHECK(result.ok);
  CHECK(result.response == "cba");
}

TEST_CASE("What a constructor throws is the reason why the function does not start") {
  CHECK_THROWS_WITH(call<ThrowsInConstructor>(""), "init failed: no database");
}

TEST_CASE("An event of a kind that the handler does not take is refused") {
  Result result = call<BatchOnly>("");
  CHECK_FALSE(result.ok);
  CHECK(result.error_type == "UnsupportedEvent");
}

TEST_CASE("A plain function is a handler") {
  plain_calls = 0;
  CHECK(call<shardmill::detail::handler_of<given_plain>>("").ok);
  CHECK(plain_calls == 1);
}

TEST_CASE("The macro's table names what the class takes") {
  Function count;
  CHECK(count.takes(SHARDMILL_STREAM_BATCH));
  CHECK(count.takes(SHARDMILL_PAYLOAD));
  CHECK(shardmill_function.event_kinds == 3);
  CHECK(shardmill_function.table_size == sizeof(shardmill_function_table));
  CHECK(count("x").response == "got x");
}

TEST_CASE("A class lives as long as its worker") {
  Function count;
  BatchBuilder batch;
  batch.add("a", "1").add("b", "2");
  CHECK(count(batch).logs.at(0).text == "seen 2, first? true 1.5");
  CHECK(count(batch).logs.at(0).text == "seen 4, first? false 1.5");
}
