// Back-pressure by bytes.
#include <map>
#include <string>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>

#include "dispatch/byte_budget.h"

using namespace shardmill;
using shardmill::dispatch::ByteBudget;

namespace {

// Takers that hold what they got until told to let go.
class Takers {
 public:
  explicit Takers(std::size_t limit) : budget(std::make_shared<ByteBudget>(limit)) {}

  void take(std::string name, std::size_t bytes) {
    boost::asio::co_spawn(
        io,
        [this, name, bytes]() -> Task<void> {
          ByteBudget::Reservation got = co_await budget->acquire(bytes);
          order.push_back(name);
          held.emplace(name, std::move(got));
        },
        boost::asio::detached);
    run();
  }
  void let_go(const std::string& name) {
    held.erase(name);
    run();
  }
  void run() {
    io.restart();
    io.poll();
  }

  std::shared_ptr<ByteBudget> budget;
  boost::asio::io_context io;
  std::vector<std::string> order;
  std::map<std::string, ByteBudget::Reservation> held;
};

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("what fits is given at once, what does not waits until bytes come back") {
  Takers takers(100);
  takers.take("a", 60);
  takers.take("b", 40);
  takers.take("c", 1);
  CHECK(takers.order == Names{"a", "b"});
  CHECK(takers.budget->held() == 100);
  takers.let_go("b");
  CHECK(takers.order == Names{"a", "b", "c"});
  CHECK(takers.budget->held() == 61);
}

TEST_CASE("a large one is not overtaken by small ones that would fit") {
  Takers takers(100);
  takers.take("a", 60);
  takers.take("large", 80);
  takers.take("small", 10);
  CHECK(takers.order == Names{"a"});
  takers.let_go("a");
  CHECK(takers.order == Names{"a", "large", "small"});
}

TEST_CASE("more than the whole budget is given to one that is alone") {
  Takers takers(100);
  takers.take("huge", 1000);
  CHECK(takers.order == Names{"huge"});
  takers.take("next", 1);
  CHECK(takers.order == Names{"huge"});
  takers.let_go("huge");
  CHECK(takers.order == Names{"huge", "next"});
}

TEST_CASE("an estimate is corrected when the size is known") {
  Takers takers(100);
  takers.take("a", 100);
  takers.take("b", 50);
  takers.held.at("a").resize(50);
  takers.run();
  CHECK(takers.order == Names{"a", "b"});
  takers.held.at("a").resize(500);
  CHECK(takers.budget->held() == 550);
  takers.let_go("a");
  takers.let_go("b");
  CHECK(takers.budget->held() == 0);
}
