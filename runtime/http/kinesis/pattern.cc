// The patterns of the API's model, matched by hand: std::regex recurses on its input.
#include <algorithm>

#include "http/kinesis/validate.h"

namespace shardmill::http::kinesis {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}

bool is_name(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return is_lower(c) || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' || c == '.' || c == '-';
  });
}

// Without leading zeros, at most `most` digits.
bool is_number(std::string_view text, std::size_t most) {
  if (text.empty() || text.size() > most || (text.size() > 1 && text.front() == '0')) return false;
  return std::ranges::all_of(text, is_digit);
}

bool has_space(std::string_view text) {
  return text.find_first_of(" \t\n\v\f\r") != std::string_view::npos;
}

// The part after "arn:aws<any>:kinesis:<any>:<12 digits>:"; its parts hold no ':' in practice.
std::optional<std::string_view> arn_resource(std::string_view text) {
  for (std::string_view part : {"arn:aws", ":kinesis:", ":"}) {
    std::size_t at = text.find(part);
    if (at == std::string_view::npos || (part == "arn:aws" && at != 0)) return std::nullopt;
    text.remove_prefix(at + part.size());
  }
  if (text.size() < 13 || text[12] != ':' || !std::ranges::all_of(text.substr(0, 12), is_digit))
    return std::nullopt;
  return text.substr(13);
}

bool is_stream_arn(std::string_view text) {
  std::optional<std::string_view> resource = arn_resource(text);
  return resource && resource->starts_with("stream/") && resource->size() > 7 && !has_space(resource->substr(7));
}

bool is_resource_arn(std::string_view text) {
  std::optional<std::string_view> resource = arn_resource(text);
  std::size_t at = resource ? resource->find("stream/") : std::string_view::npos;
  return at != std::string_view::npos && at + 7 < resource->size() && !has_space(resource->substr(at + 7));
}

bool is_stream_id(std::string_view text) {
  auto part = [](std::string_view of) {
    return std::ranges::all_of(of, [](char c) { return is_lower(c) || is_digit(c); });
  };
  return text.size() == 24 && text[20] == '-' && part(text.substr(0, 20)) && part(text.substr(21));
}

}  // namespace

bool matches(Pattern pattern, std::string_view text) {
  switch (pattern) {
    case Pattern::none:
      return true;
    case Pattern::name:
      return is_name(text);
    case Pattern::hash_key:
      return is_number(text, 39);
    case Pattern::sequence_number:
      return is_number(text, 129);
    case Pattern::stream_arn:
      return is_stream_arn(text);
    case Pattern::resource_arn:
      return is_resource_arn(text);
    case Pattern::stream_id:
      return is_stream_id(text);
  }
  return false;
}

std::size_t utf16_length(std::string_view text) {
  std::size_t length = 0;
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xc0) != 0x80) length += byte >= 0xf0 ? 2 : 1;
  }
  return length;
}

}  // namespace shardmill::http::kinesis
