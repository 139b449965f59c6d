#include "http/admin/service.h"

#include <charconv>
#include <functional>
#include <memory>

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "http/admin/status_json.h"

namespace shardmill::http::admin {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kRoot = "/_shardmill/";
constexpr std::chrono::seconds kLongestWait{20};

Response answer(int status, const Json& json) {
  Response response;
  response.status = status;
  response.content_type = "application/json";
  response.body = json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  return response;
}

Response error(int status, std::string text) {
  return answer(status, {{"error", std::move(text)}});
}

// The value of `name` in a query of numbers; nothing if it is not there or not a number.
std::optional<std::uint64_t> number_in(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    if (!pair.starts_with(name) || pair.substr(name.size(), 1) != "=") continue;
    std::string_view digits = pair.substr(name.size() + 1);
    std::uint64_t value = 0;
    auto [stop, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (problem == std::errc() && stop == digits.data() + digits.size()) return value;
  }
  return std::nullopt;
}

}  // namespace

bool AdminService::claims(const Request& request) const {
  return request.path.starts_with(kRoot);
}

Response AdminService::refuse(const Refusal& refusal) const {
  return error(refusal.status, fmt::format("{}: {}", refusal.type, refusal.message));
}

Task<Response> AdminService::handle(const Request& request) {
  if (request.method != "GET") {
    Response response = error(405, fmt::format("found the method {}, wanted GET", request.method.substr(0, 20)));
    response.headers.emplace_back("Allow", "GET");
    co_return response;
  }
  std::string_view rest = request.path.substr(kRoot.size());
  if (rest == "status") co_return co_await status();
  constexpr std::string_view kFunctions = "functions/";
  if (rest.starts_with(kFunctions)) {
    rest.remove_prefix(kFunctions.size());
    std::size_t slash = rest.find('/');
    std::string name(rest.substr(0, slash));
    if (slash == std::string_view::npos) co_return co_await function(std::move(name));
    if (rest.substr(slash) == "/logs") co_return co_await logs(std::move(name), request.query);
  }
  co_return error(404, fmt::format("there is nothing at {}", request.path.substr(0, 200)));
}

Task<Response> AdminService::status() {
  auto ask = [this](Callback<Status> done) { source_.status(std::move(done)); };
  Status status = co_await await_callback<Status>(ask);
  Json functions = Json::array();
  for (const FunctionStatus& function : status.functions) functions.push_back(json_of(function));
  co_return answer(200, {{"server", json_of(status.server)}, {"functions", std::move(functions)}});
}

Task<Response> AdminService::function(std::string name) {
  using Details = std::optional<FunctionDetails>;
  auto ask = [this, name](Callback<Details> done) { source_.function(name, std::move(done)); };
  Details details = co_await await_callback<Details>(ask);
  if (!details) co_return error(404, fmt::format("there is no function \"{}\"", name));
  Json json = json_of(details->status);
  json["settings"] = details->settings_json.empty() ? Json() : Json::parse(details->settings_json);
  co_return answer(200, json);
}

Task<Response> AdminService::logs(std::string name, std::string_view query) {
  std::uint64_t after = number_in(query, "after").value_or(0);
  std::chrono::seconds wait(std::min<std::uint64_t>(number_in(query, "wait").value_or(0), kLongestWait.count()));
  if (wait.count() > 0) co_await wait_for_line(name, after, wait);
  co_return answer(200, json_of(source_.log(name, after)));
}

Task<void> AdminService::wait_for_line(const std::string& name, std::uint64_t after, std::chrono::seconds most) {
  auto executor = co_await boost::asio::this_coro::executor;
  // The wait alone owns the timer: a wake-up that comes too late, or is kept by its source until the loop is gone, must
  // not keep it.
  auto timer = std::make_shared<boost::asio::steady_timer>(executor, most);
  std::weak_ptr<boost::asio::steady_timer> waiting = timer;
  std::move_only_function<void()> wake = [waiting, executor] {
    boost::asio::post(executor, [waiting] {
      if (auto still = waiting.lock()) still->expires_at(boost::asio::steady_timer::time_point::min());
    });
  };
  auto handle = source_.wake_on_log(name, after, std::move(wake));
  boost::system::error_code ignored;  // both ends of the wait are fine
  co_await timer->async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
}

}  // namespace shardmill::http::admin
