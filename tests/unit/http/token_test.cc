#include "http/kinesis/token.h"

#include <catch2/catch.hpp>

#include "http/kinesis/cursor.h"

using namespace shardmill;                 // NOLINT: test
using namespace shardmill::http::kinesis;  // NOLINT: test

namespace {

TokenKey key_of(int first) {
  TokenKey key{};
  key[0] = static_cast<std::byte>(first);
  return key;
}

}  // namespace

TEST_CASE("A sealed token gives its payload back to its own key and kind alone") {
  TokenSeal seal(key_of(1));
  std::string text = seal.seal(TokenKind::shard_iterator, "payload");
  CHECK(seal.open(TokenKind::shard_iterator, text) == "payload");
  CHECK(TokenSeal(key_of(1)).open(TokenKind::shard_iterator, text) == "payload");
  CHECK_FALSE(seal.open(TokenKind::shard_page, text).has_value());
  CHECK_FALSE(TokenSeal(key_of(2)).open(TokenKind::shard_iterator, text).has_value());
}

TEST_CASE("A token with any one character changed or left out is refused") {
  TokenSeal seal(key_of(1));
  std::string text = seal.seal(TokenKind::shard_iterator, "0123456789");
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    INFO("character " << i);
    CHECK_FALSE(seal.open(TokenKind::shard_iterator, changed).has_value());
    CHECK_FALSE(seal.open(TokenKind::shard_iterator, text.substr(0, i)).has_value());
  }
  CHECK_FALSE(seal.open(TokenKind::shard_iterator, "").has_value());
  CHECK_FALSE(seal.open(TokenKind::shard_iterator, "not base64!").has_value());
}

TEST_CASE("Cursors come back as they were sealed") {
  TokenSeal seal(key_of(3));
  ShardCursor cursor{StreamId{7}, ShardNumber{9}, Position{1'000'000'000'000}, WallTime{1'760'000'000'123},
                     "game-events"};
  auto back = open_shard_cursor(seal, http::kinesis::seal(seal, cursor));
  REQUIRE(back.has_value());
  CHECK(back->stream == cursor.stream);
  CHECK(back->shard == cursor.shard);
  CHECK(back->next == cursor.next);
  CHECK(back->created == cursor.created);
  CHECK(back->stream_name == cursor.stream_name);

  ShardPage page{StreamId{7}, ShardNumber{9}, WallTime{5}, 3, WallTime{6}, "s"};
  auto page_back = open_shard_page(seal, http::kinesis::seal(seal, page));
  REQUIRE(page_back.has_value());
  CHECK(page_back->filter == 3);
  CHECK(page_back->filter_time == WallTime{6});
  CHECK(page_back->after == ShardNumber{9});

  auto streams_back = open_stream_page(seal, http::kinesis::seal(seal, StreamPage{WallTime{5}, "name"}));
  REQUIRE(streams_back.has_value());
  CHECK(streams_back->after == "name");
}

TEST_CASE("A sealed token with a payload too short for its cursor is refused") {
  TokenSeal seal(key_of(3));
  CHECK_FALSE(open_shard_cursor(seal, seal.seal(TokenKind::shard_iterator, "short")).has_value());
  CHECK_FALSE(open_shard_page(seal, seal.seal(TokenKind::shard_page, "")).has_value());
  CHECK_FALSE(open_stream_page(seal, seal.seal(TokenKind::stream_page, "1234567")).has_value());
}

TEST_CASE("An iterator of the longest stream name fits the API's 512 characters") {
  TokenSeal seal(key_of(3));
  ShardCursor cursor{StreamId{7}, ShardNumber{9}, Position{~std::uint64_t{0}}, WallTime{1}, std::string(128, 'n')};
  CHECK(http::kinesis::seal(seal, cursor).size() <= 512);
}
