#include "tests/bench/load/connection.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstring>

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace shardmill::bench {
namespace {

constexpr std::string_view kHeadEnd = "\r\n\r\n";

std::unexpected<Error> system_error(std::string_view call) {
  return fail(Errc::io, fmt::format("{}: {}", call, std::strerror(errno)));
}

// The value of Content-Length in `head`; nothing if there is none.
std::optional<std::size_t> content_length(std::string_view head) {
  constexpr std::string_view kName = "\r\ncontent-length:";
  auto same = [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; };
  auto at = std::search(head.begin(), head.end(), kName.begin(), kName.end(), same);
  if (at == head.end()) return std::nullopt;
  const char* digit = &*at + kName.size();
  while (*digit == ' ') ++digit;
  std::size_t value = 0;
  auto [stop, error] = std::from_chars(digit, head.data() + head.size(), value);
  if (error != std::errc()) return std::nullopt;
  return value;
}

// Whether some record of a PutRecords was refused. Servers put the count first or last, so that is looked at first.
bool refuses_records(std::string_view body) {
  constexpr std::string_view kNone = "\"FailedRecordCount\":0";
  if (body.find("\"Records\"") == body.npos) return false;
  if (body.substr(0, 64).find(kNone) != body.npos) return false;
  if (body.size() > 64 && body.substr(body.size() - 64).find(kNone) != body.npos) return false;
  return body.find(kNone) == body.npos;
}

}  // namespace

Result<Target> parse_target(std::string_view text) {
  std::string_view rest = text;
  if (rest.starts_with("http://")) rest.remove_prefix(7);
  while (rest.ends_with('/')) rest.remove_suffix(1);
  std::size_t colon = rest.rfind(':');
  Target target;
  in_addr parsed{};
  if (colon != rest.npos) {
    target.address = rest.substr(0, colon);
    std::from_chars(rest.data() + colon + 1, rest.data() + rest.size(), target.port);
  }
  if (target.port == 0 || inet_pton(AF_INET, target.address.c_str(), &parsed) != 1) {
    return fail(Errc::invalid, fmt::format("'{}' is not an endpoint: wanted http://IPV4:PORT", text));
  }
  return target;
}

Connection::Connection(int descriptor) : descriptor_(descriptor), answer_(std::size_t{1} << 18) {}

Connection::Connection(Connection&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      busy_(other.busy_),
      sent_ns_(other.sent_ns_),
      unsent_(other.unsent_),
      answer_(std::move(other.answer_)),
      filled_(other.filled_),
      expected_(other.expected_) {}

Connection::~Connection() {
  if (descriptor_ >= 0) close(descriptor_);
}

Result<Connection> Connection::open(const Target& target) {
  int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return system_error("socket");
  Connection connection(descriptor);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(target.port);
  inet_pton(AF_INET, target.address.c_str(), &address.sin_addr);
  if (connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return system_error("connect");
  }
  int on = 1;
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (fcntl(descriptor, F_SETFL, O_NONBLOCK) != 0) return system_error("fcntl");
  return connection;
}

Result<void> Connection::send(std::string_view request, std::int64_t now_ns) {
  busy_ = true;
  sent_ns_ = now_ns;
  unsent_ = request;
  filled_ = 0;
  expected_ = 0;
  return write_some();
}

Result<bool> Connection::advance() {
  if (!busy_) return false;
  if (!unsent_.empty()) {
    if (Result<void> written = write_some(); !written) return std::unexpected(written.error());
  }
  return read_some();
}

Result<void> Connection::write_some() {
  while (!unsent_.empty()) {
    ssize_t sent = ::send(descriptor_, unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN ? Result<void>() : system_error("send");
    unsent_.remove_prefix(static_cast<std::size_t>(sent));
  }
  return {};
}

Result<bool> Connection::read_some() {
  while (true) {
    if (filled_ == answer_.size()) answer_.resize(answer_.size() * 2);
    ssize_t received = recv(descriptor_, answer_.data() + filled_, answer_.size() - filled_, 0);
    if (received < 0) return errno == EAGAIN ? Result<bool>(false) : system_error("recv");
    if (received == 0) return fail(Errc::io, "the server closed the connection before its answer");
    filled_ += static_cast<std::size_t>(received);
    if (expected_ == 0) {
      std::string_view text(answer_.data(), filled_);
      std::size_t end = text.find(kHeadEnd);
      if (end == text.npos) continue;
      std::optional<std::size_t> size = content_length(text.substr(0, end));
      if (!size)
        return fail(Errc::invalid, fmt::format("an answer without Content-Length: {}", text.substr(0, end)));
      expected_ = end + kHeadEnd.size() + *size;
    }
    if (filled_ >= expected_) return judge();
  }
}

Result<bool> Connection::judge() {
  std::string_view text(answer_.data(), filled_);
  std::string_view body = text.substr(text.find(kHeadEnd) + kHeadEnd.size());
  if (!text.starts_with("HTTP/1.1 200") || refuses_records(body)) {
    return fail(Errc::invalid, fmt::format("the server refused: {}", text.substr(0, 600)));
  }
  busy_ = false;
  return true;
}

}  // namespace shardmill::bench
