// A request and its answer as operations see them: no socket, no HTTP version.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace shardmill::http {

// Readable bytes behind every request body, for parsers that read in wide steps.
inline constexpr std::size_t kBodyPadding = 64;

inline char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
inline bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, to_lower, to_lower);
}

struct Header {
  std::string_view name;  // as sent
  std::string_view value;
};

// Everything in it is borrowed from the connection until the answer is given.
struct Request {
  std::string_view method;
  std::string_view target;  // as sent, starts with '/'
  std::string_view path;    // the target before '?', still percent-encoded
  std::string_view query;   // after '?', still percent-encoded
  std::vector<Header> headers;
  std::string_view body;  // whole, and followed by kBodyPadding readable bytes

  // The first header of that name; empty if there is none.
  [[nodiscard]] std::string_view header(std::string_view name) const {
    for (const Header& header : headers) {
      if (equal_ignoring_case(header.name, name)) return header.value;
    }
    return {};
  }
};

struct Response {
  int status = 200;
  std::string content_type;  // empty: no Content-Type header
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  bool close = false;  // the connection takes no further request
};

}  // namespace shardmill::http
