#include "dispatch/filter/cidr.h"

#include <catch2/catch.hpp>

using shardmill::filter::Cidr;

TEST_CASE("a network holds the addresses that agree in its mask bits") {
  Cidr net = Cidr::parse("10.0.2.0/23").value();
  CHECK(net.contains("10.0.2.0"));
  CHECK(net.contains("10.0.3.255"));
  CHECK_FALSE(net.contains("10.0.4.0"));
  CHECK_FALSE(net.contains("10.0.2.256"));
  CHECK_FALSE(net.contains("::ffff:10.0.2.1"));
  CHECK(Cidr::parse("0.0.0.0/0").value().contains("255.255.255.255"));
  CHECK(Cidr::parse("2001:db8::/32").value().contains("2001:db8:ffff::1"));
  CHECK_FALSE(Cidr::parse("2001:db8::/32").value().contains("2001:db9::1"));
}

TEST_CASE("what is not a network is refused") {
  for (const char* text :
       {"10.0.0.0", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "10.0.0/8", "::/129", "x/8", "/8", "10.0.0.0/8x"}) {
    INFO(text);
    CHECK_FALSE(Cidr::parse(text));
  }
}
