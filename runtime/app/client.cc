#include "app/client.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <future>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <fmt/format.h>

#include "app/connect.h"
#include "app/terminal.h"

namespace shardmill::app {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;

constexpr std::uint64_t kMostAnswerBytes = 64ull << 20;  // GetRecords gives at most 10 MiB, 13.4 MiB as base64

// The system's words, which begin with a capital letter, as part of our sentence.
std::string words(const error_code& error) {
  if (error == beast::error::timeout) return "no answer in time";
  if (error == http::error::end_of_stream) return "the connection was closed without an answer";
  std::string text = error.message();
  if (!text.empty()) text.front() = static_cast<char>(std::tolower(static_cast<unsigned char>(text.front())));
  return text;
}

bool all_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

const char* environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? value : nullptr;
}

Errc code_of(std::string_view type) {
  if (type == "ResourceNotFoundException") return Errc::not_found;
  if (type == "ResourceInUseException") return Errc::in_use;
  if (type == "LimitExceededException" || type == "ProvisionedThroughputExceededException") {
    return Errc::limit_exceeded;
  }
  if (type == "ExpiredIteratorException" || type == "ExpiredNextTokenException") return Errc::expired;
  // Not Errc::invalid: that is for the command line; what the server refuses is a failure of the command.
  return Errc::internal;
}

}  // namespace

Result<Endpoint> Endpoint::parse(std::string_view url) {
  auto refuse = [&](std::string_view why) {
    return fail(Errc::invalid, fmt::format("endpoint \"{}\": {}; wanted http://HOST:PORT", printable(url), why));
  };
  std::string_view rest = url;
  if (rest.starts_with("https://")) return refuse("https is not spoken here");
  if (rest.starts_with("http://")) rest.remove_prefix(7);
  while (rest.ends_with('/')) rest.remove_suffix(1);
  if (rest.find_first_of("/?#@ ") != std::string_view::npos)
    return refuse("there is more in it than host and port");
  Endpoint endpoint;
  std::size_t bracket = rest.starts_with('[') ? rest.find(']') : 0;
  if (bracket == std::string_view::npos) return refuse("the [ has no ]");
  std::size_t colon = rest.find(':', bracket);
  endpoint.host = bracket > 0 ? rest.substr(1, bracket - 1) : rest.substr(0, colon);
  endpoint.port = colon == std::string_view::npos ? "80" : std::string(rest.substr(colon + 1));
  if (endpoint.host.empty()) return refuse("the host is missing");
  if (!all_digits(endpoint.port) || endpoint.port.size() > 5 || std::stoul(endpoint.port) > 65535) {
    return refuse("the port is not a number from 1 to 65535");
  }
  endpoint.url = "http://" + endpoint.authority();
  return endpoint;
}

std::string Endpoint::authority() const {
  std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return port == "80" ? name : name + ":" + port;
}

void add_endpoint_option(CLI::App& command, std::string& endpoint) {
  command
      .add_option("--endpoint", endpoint, fmt::format("Server to talk to (AWS_ENDPOINT_URL, {})", kDefaultEndpoint))
      ->type_name("URL");
}

Result<Endpoint> find_endpoint(const std::string& option) {
  if (!option.empty()) return Endpoint::parse(option);
  for (const char* name : {"AWS_ENDPOINT_URL_KINESIS", "AWS_ENDPOINT_URL"}) {
    if (const char* url = environment(name)) {
      Result<Endpoint> endpoint = Endpoint::parse(url);
      if (!endpoint) return fail(Errc::invalid, fmt::format("{} in {}", endpoint.error().text, name));
      return endpoint;
    }
  }
  return Endpoint::parse(kDefaultEndpoint);
}

Error unreachable(const Endpoint& endpoint, const error_code& why) {
  return {Errc::unavailable,
          fmt::format("cannot reach {}: {}; is `shardmill serve` running?", endpoint.url, words(why))};
}

Error kinesis_error(unsigned status, std::string_view body) {
  nlohmann::json answer = nlohmann::json::parse(body, nullptr, false);
  if (!answer.is_object() || !answer.contains("__type") || !answer["__type"].is_string()) {
    return {Errc::internal, fmt::format("the server answered HTTP {}: {}", status, printable(body.substr(0, 300)))};
  }
  auto type = answer["__type"].get<std::string>();
  type.erase(0, type.rfind('#') + 1);  // "com.amazonaws...#Name" in some answers
  std::string message;
  for (const char* key : {"message", "Message"}) {
    if (answer.contains(key) && answer[key].is_string()) message = answer[key].get<std::string>();
  }
  return {code_of(type), fmt::format("{}: {}", type, printable(message))};
}

// The io_context runs only inside a call, so that sync calls have timeouts.
class Client::Connection {
 public:
  Result<void> open(const Endpoint& endpoint) {
    std::optional<Result<asio::ip::tcp::socket>> socket;
    auto connect = [&]() -> Task<void> { socket.emplace(co_await connect_to(endpoint)); };
    std::future<void> done = asio::co_spawn(context_, connect(), asio::use_future);
    run();
    done.get();
    if (!*socket) return std::unexpected(socket->error());
    stream_.emplace(std::move(**socket));
    return {};
  }

  [[nodiscard]] bool is_open() const { return stream_.has_value(); }
  void close() { stream_.reset(); }

  error_code exchange(http::request<http::string_body>& request, http::response<http::string_body>& response,
                      std::chrono::milliseconds timeout) {
    http::response_parser<http::string_body> parser;
    parser.body_limit(kMostAnswerBytes);
    error_code error;
    stream_->expires_after(timeout);
    http::async_write(*stream_, request, [&](error_code written, std::size_t) {
      error = written;
      if (error) return;
      http::async_read(*stream_, buffer_, parser, [&](error_code read, std::size_t) { error = read; });
    });
    run();
    if (!error) response = parser.release();
    if (error || !response.keep_alive()) close();
    return error;
  }

 private:
  void run() {
    context_.restart();
    context_.run();
  }

  asio::io_context context_{1};
  std::optional<beast::tcp_stream> stream_;
  beast::flat_buffer buffer_;
};

Client::Client(Endpoint endpoint) : endpoint_(std::move(endpoint)), connection_(std::make_unique<Connection>()) {}
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

Result<Client> Client::open(const std::string& endpoint_option) {
  Result<Endpoint> endpoint = find_endpoint(endpoint_option);
  if (!endpoint) return std::unexpected(endpoint.error());
  return Client(std::move(*endpoint));
}

Result<HttpAnswer> Client::send(std::string_view method, std::string_view target, std::string body,
                                const Headers& headers, std::chrono::milliseconds timeout) {
  http::request<http::string_body> request;
  request.version(11);
  request.method_string(beast::string_view(method.data(), method.size()));
  request.target(beast::string_view(target.data(), target.size()));
  request.set(http::field::host, endpoint_.authority());
  request.set(http::field::user_agent, "shardmill");
  for (const auto& [name, value] : headers) request.set(name, value);
  request.body() = std::move(body);
  request.prepare_payload();

  bool kept = connection_->is_open();
  for (;;) {
    if (!connection_->is_open()) {
      if (auto opened = connection_->open(endpoint_); !opened) return std::unexpected(opened.error());
    }
    http::response<http::string_body> response;
    error_code error = connection_->exchange(request, response, timeout);
    if (!error) return HttpAnswer{response.result_int(), std::move(response.body())};
    // A connection that idled may have been closed by the server just before the request: that one was not taken.
    bool idled_out = kept && (error == http::error::end_of_stream || error == asio::error::connection_reset ||
                              error == asio::error::broken_pipe);
    if (!idled_out) return std::unexpected(unreachable(endpoint_, error));
    kept = false;
  }
}

Result<nlohmann::json> Client::get_json(std::string_view target) {
  Result<HttpAnswer> answer = send("GET", target);
  if (!answer) return std::unexpected(answer.error());
  nlohmann::json body = nlohmann::json::parse(answer->body, nullptr, false);
  if (answer->status != 200) {
    bool speaks = body.is_object() && body.contains("error") && body["error"].is_string();
    std::string text = speaks ? body["error"].get<std::string>()
                              : fmt::format("HTTP {}: {}", answer->status, answer->body.substr(0, 300));
    return fail(answer->status == 404 ? Errc::not_found : Errc::internal, printable(text));
  }
  if (body.is_discarded()) {
    return fail(Errc::internal, fmt::format("{}{} did not answer with JSON", endpoint_.url, target));
  }
  return body;
}

Result<nlohmann::json> Client::kinesis(std::string_view operation, const nlohmann::json& input) {
  Result<HttpAnswer> answer =
      send("POST", "/", input.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace),
           {{"Content-Type", "application/x-amz-json-1.1"},
            {"X-Amz-Target", fmt::format("Kinesis_20131202.{}", operation)}});
  if (!answer) return std::unexpected(answer.error());
  if (answer->status != 200) return std::unexpected(kinesis_error(answer->status, answer->body));
  if (answer->body.empty()) return nlohmann::json::object();
  nlohmann::json body = nlohmann::json::parse(answer->body, nullptr, false);
  if (body.is_discarded()) return fail(Errc::internal, fmt::format("{}: the answer is not JSON", operation));
  return body;
}

}  // namespace shardmill::app
