#include "app/client.h"

#include <catch2/catch.hpp>

using shardmill::Errc;
using shardmill::app::Endpoint;
using shardmill::app::kinesis_error;

TEST_CASE("an endpoint is a host and a port") {
  auto [url, host, port, authority] = GENERATE(table<std::string, std::string, std::string, std::string>({
      {"http://127.0.0.1:4566", "127.0.0.1", "4566", "127.0.0.1:4566"},
      {"http://localhost:4566/", "localhost", "4566", "localhost:4566"},
      {"localhost:80", "localhost", "80", "localhost"},
      {"http://example.test", "example.test", "80", "example.test"},
      {"http://[::1]:4566", "::1", "4566", "[::1]:4566"},
      {"http://[::1]", "::1", "80", "[::1]"},
  }));
  auto endpoint = Endpoint::parse(url);
  REQUIRE(endpoint);
  CHECK(endpoint->host == host);
  CHECK(endpoint->port == port);
  CHECK(endpoint->authority() == authority);
}

TEST_CASE("what is not an endpoint is refused with the reason") {
  auto [url, words] = GENERATE(table<std::string, std::string>({
      {"https://127.0.0.1:4566", "https is not spoken here"},
      {"http://", "the host is missing"},
      {"", "the host is missing"},
      {"http://host:port", "the port is not a number"},
      {"http://host:", "the port is not a number"},
      {"http://host:65536", "the port is not a number"},
      {"http://host:4566/console", "more in it than host and port"},
      {"http://user@host:1", "more in it than host and port"},
      {"http://[::1:4566", "the [ has no ]"},
      {"http://a b", "more in it than host and port"},
  }));
  auto endpoint = Endpoint::parse(url);
  REQUIRE_FALSE(endpoint);
  CHECK(endpoint.error().code == Errc::invalid);
  CHECK_THAT(endpoint.error().text, Catch::Contains(words));
}

TEST_CASE("AWS's errors keep their type and message") {
  auto error = kinesis_error(400, R"({"__type":"ResourceNotFoundException","message":"Stream s not found."})");
  CHECK(error.code == Errc::not_found);
  CHECK(error.text == "ResourceNotFoundException: Stream s not found.");
  CHECK(kinesis_error(400, R"({"__type":"com.amazonaws.kinesis#LimitExceededException"})").code ==
        Errc::limit_exceeded);
}

TEST_CASE("an answer that is no error of AWS is quoted, harmless to a terminal") {
  auto error = kinesis_error(502, "<html>\x1b[31mbad gateway");
  CHECK(error.code == Errc::internal);
  CHECK(error.text == "the server answered HTTP 502: <html>\\x1b[31mbad gateway");
  CHECK(kinesis_error(500, R"({"__type":7})").code == Errc::internal);
}

TEST_CASE("nobody there is said with what to do about it") {
  shardmill::app::Client client(*Endpoint::parse("http://127.0.0.1:1"));
  auto answer = client.send("GET", "/");
  REQUIRE_FALSE(answer);
  CHECK(answer.error().text ==
        "cannot reach http://127.0.0.1:1: connection refused; is `shardmill serve` running?");
}
