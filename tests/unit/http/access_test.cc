#include "http/access.h"

#include <vector>

#include <catch2/catch.hpp>

using shardmill::http::host_name;
using shardmill::http::is_local_host;
using shardmill::http::is_local_origin;

namespace {

const std::vector<std::string> kExtra = {"mill.internal"};

}  // namespace

TEST_CASE("A Host header is told apart from its port") {
  CHECK(host_name("localhost:4566") == "localhost");
  CHECK(host_name("localhost") == "localhost");
  CHECK(host_name("[::1]:4566") == "::1");
  CHECK(host_name("[::1]") == "::1");
  CHECK(host_name("[::1") == "::1");
  CHECK(host_name("").empty());
}

TEST_CASE("Local hosts are localhost, names below it, loopback addresses and configured names") {
  auto name = GENERATE(as<std::string>(), "localhost", "LocalHost", "localhost.", "kinesis.localhost", "127.0.0.1",
                       "127.255.0.9", "::1", "mill.internal", "MILL.internal");
  CHECK(is_local_host(name, kExtra));
}

TEST_CASE("Nothing else is a local host") {
  auto name = GENERATE(as<std::string>(), "", "evil.example", "localhost.evil.example", "notlocalhost",
                       "127.0.0.1.evil.example", "127.0.0", "127.0.0.256", "127.0.0.1.", "128.0.0.1", "127.0.0.-1",
                       "10.0.0.1", "0.0.0.0", "::", "internal", "x.mill.internal", "127.0.0.1x");
  if (name == "127.0.0.1.") {
    CHECK(is_local_host(name, kExtra));  // one trailing dot is the same name
  } else {
    CHECK_FALSE(is_local_host(name, kExtra));
  }
}

TEST_CASE("Only pages of local hosts have a local origin") {
  CHECK(is_local_origin("http://localhost:3000", {}));
  CHECK(is_local_origin("https://127.0.0.1", {}));
  CHECK(is_local_origin("http://mill.internal", kExtra));
  CHECK_FALSE(is_local_origin("https://evil.example", {}));
  CHECK_FALSE(is_local_origin("https://localhost.evil.example", {}));
  CHECK_FALSE(is_local_origin("null", {}));
  CHECK_FALSE(is_local_origin("file://", {}));
  CHECK_FALSE(is_local_origin("localhost", {}));
}
