// What the commands use to talk to a server: a small HTTP/1.1 client that keeps one connection.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <boost/system/error_code.hpp>
#include <nlohmann/json.hpp>

#include "base/result.h"

namespace shardmill::app {

inline constexpr const char* kDefaultEndpoint = "http://127.0.0.1:4566";

struct Endpoint {
  std::string host;  // without brackets
  std::string port;
  std::string url;  // as given, without a slash at the end; for messages

  // "http://HOST[:PORT]", "HOST:PORT" too. invalid for anything else.
  static Result<Endpoint> parse(std::string_view url);
  // What the Host header says.
  [[nodiscard]] std::string authority() const;
};

// Adds --endpoint. The text stays empty if it is not given.
void add_endpoint_option(CLI::App& command, std::string& endpoint);
// --endpoint, else AWS_ENDPOINT_URL_KINESIS, else AWS_ENDPOINT_URL, else kDefaultEndpoint.
[[nodiscard]] Result<Endpoint> find_endpoint(const std::string& option);

// "cannot reach http://...: connection refused; is `shardmill serve` running?"
[[nodiscard]] Error unreachable(const Endpoint& endpoint, const boost::system::error_code& why);

struct HttpAnswer {
  unsigned status = 0;
  std::string body;
};

// One thread. Connects at the first call and again when the server has closed the connection in between.
class Client {
 public:
  explicit Client(Endpoint endpoint);
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;
  ~Client();

  // find_endpoint and a client for it.
  static Result<Client> open(const std::string& endpoint_option);

  using Headers = std::vector<std::pair<std::string, std::string>>;
  // Fails with unavailable when the server cannot be reached or does not answer within `timeout`. Any status is an
  // answer.
  Result<HttpAnswer> send(std::string_view method, std::string_view target, std::string body = {},
                          const Headers& headers = {},
                          std::chrono::milliseconds timeout = std::chrono::seconds(60));

  // GET; a status other than 200 is an error with the body's text.
  Result<nlohmann::json> get_json(std::string_view target);

  // One Kinesis operation. AWS's errors come as Error{code by type, "TypeName: message"}. An empty answer is {}.
  Result<nlohmann::json> kinesis(std::string_view operation, const nlohmann::json& input);

  [[nodiscard]] const Endpoint& endpoint() const { return endpoint_; }

 private:
  class Connection;
  Endpoint endpoint_;
  std::unique_ptr<Connection> connection_;
};

// The error that a refused Kinesis answer stands for.
[[nodiscard]] Error kinesis_error(unsigned status, std::string_view body);

}  // namespace shardmill::app
