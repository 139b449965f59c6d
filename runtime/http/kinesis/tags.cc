#include "http/kinesis/tags.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/utf8.h"
#include "http/kinesis/find.h"
#include "http/kinesis/store_calls.h"

namespace shardmill::http::kinesis {
namespace {

bool is_tag_character(char32_t c) {
  if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) return true;
  if (c < 0x80) return std::string_view("_./=+-@: %").find(static_cast<char>(c)) != std::string_view::npos;
  return (c >= 0xc0 && c <= 0x1fff) || (c >= 0x2c00 && c <= 0xd7ff);
}

bool has_only_tag_characters(std::string_view text) {
  while (!text.empty()) {
    Utf8Step step = next_utf8(text);
    if (!step.valid || !is_tag_character(step.code)) return false;
    text.remove_prefix(step.bytes);
  }
  return true;
}

// The whole new set goes into the store, so nobody else may change it in between.
Task<Outcome<std::string>> store_tags(Api& api, std::string name, Tags tags) {
  bool enforce = enforces_limits(tags);
  StreamChange change;
  change.tags = std::move(tags);
  change.enforce_limits = enforce;
  auto changed = co_await change_stream_in(api, name, std::move(change));
  if (changed) co_return std::string();
  if (changed.error().code == Errc::not_found) co_return stream_missing(api, name);
  co_return store_error(changed.error());
}

}  // namespace

bool enforces_limits(const Tags& tags) {
  auto tag = tags.find(std::string(kEnforceLimitsTag));
  return tag != tags.end() && tag->second == "true";
}

std::optional<ApiError> check_tag_texts(const Api& api, const std::vector<std::string>& texts,
                                        std::string_view stream, std::string_view action) {
  if (!std::ranges::all_of(texts, has_only_tag_characters)) {
    return ApiError{
        ErrorType::invalid_argument,
        "Some tags contain invalid characters. Valid characters: Unicode letters, digits, white space, _ . "
        "/ = + - % @ :."};
  }
  if (std::ranges::any_of(texts, [](const std::string& text) { return text.find('%') != std::string::npos; })) {
    return ApiError{
        ErrorType::invalid_argument,
        fmt::format("Failed to {} stream {} under account {} because some tags contained illegal characters. "
                    "The allowed characters are Unicode letters, white-spaces, '_',',','/','=','+','-','@',"
                    "':'.",
                    action, stream, api.settings.account)};
  }
  return std::nullopt;
}

std::optional<ApiError> check_new_tags(const Api& api, const Tags& added, const Tags& existing,
                                       std::string_view stream) {
  std::vector<std::string> texts;
  for (const auto& [key, value] : added) texts.insert(texts.end(), {key, value});
  if (auto problem = check_tag_texts(api, texts, stream, "add tags to")) return problem;
  Tags all = existing;
  all.insert(added.begin(), added.end());
  if (all.size() <= kMostTags) return std::nullopt;
  return ApiError{
      ErrorType::invalid_argument,
      fmt::format("Failed to add tags to stream {} under account {} because a given stream cannot have more "
                  "than {} tags associated with it.",
                  stream, api.settings.account, kMostTags)};
}

Task<Outcome<std::string>> add_tags(Api& api, StreamRef stream, Tags added) {
  Turnstile::Pass pass = co_await api.tag_changes.enter();
  Outcome<StreamRef> fresh = find_stream(api, stream->name);
  if (!fresh) co_return std::unexpected(fresh.error());
  if (auto problem = check_new_tags(api, added, (*fresh)->tags, stream->name)) co_return std::unexpected(*problem);
  Tags all = std::move(added);
  all.insert((*fresh)->tags.begin(), (*fresh)->tags.end());
  co_return co_await store_tags(api, stream->name, std::move(all));
}

Task<Outcome<std::string>> remove_tags(Api& api, StreamRef stream, std::vector<std::string> keys) {
  if (auto problem = check_tag_texts(api, keys, stream->name, "remove tags from"))
    co_return std::unexpected(*problem);
  Turnstile::Pass pass = co_await api.tag_changes.enter();
  Outcome<StreamRef> fresh = find_stream(api, stream->name);
  if (!fresh) co_return std::unexpected(fresh.error());
  Tags rest = (*fresh)->tags;
  for (const std::string& key : keys) rest.erase(key);
  co_return co_await store_tags(api, stream->name, std::move(rest));
}

}  // namespace shardmill::http::kinesis
