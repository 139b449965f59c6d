#include "http/kinesis/cursor.h"

namespace shardmill::http::kinesis {
namespace {

// Numbers in host order: a token never leaves the machine whose key sealed it, but as text.
template <class T>
void put(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  template <class T>
  T get() {
    T value{};
    if (bytes_.size() < sizeof value) {
      good_ = false;
      return value;
    }
    bytes_.copy(reinterpret_cast<char*>(&value), sizeof value);
    bytes_.remove_prefix(sizeof value);
    return value;
  }
  std::string rest() { return std::string(bytes_); }
  [[nodiscard]] bool good() const { return good_; }

 private:
  std::string_view bytes_;
  bool good_ = true;
};

}  // namespace

std::string seal(const TokenSeal& seal, const ShardCursor& cursor) {
  std::string bytes;
  put(bytes, cursor.stream);
  put(bytes, cursor.shard);
  put(bytes, cursor.next.value);
  put(bytes, cursor.created.ms);
  return seal.seal(TokenKind::shard_iterator, bytes + cursor.stream_name);
}

std::optional<ShardCursor> open_shard_cursor(const TokenSeal& seal, std::string_view text) {
  std::optional<std::string> bytes = seal.open(TokenKind::shard_iterator, text);
  if (!bytes) return std::nullopt;
  Reader reader(*bytes);
  ShardCursor cursor;
  cursor.stream = reader.get<StreamId>();
  cursor.shard = reader.get<ShardNumber>();
  cursor.next.value = reader.get<std::uint64_t>();
  cursor.created.ms = reader.get<std::int64_t>();
  cursor.stream_name = reader.rest();
  if (!reader.good()) return std::nullopt;
  return cursor;
}

std::string seal(const TokenSeal& seal, const ShardPage& page) {
  std::string bytes;
  put(bytes, page.stream);
  put(bytes, page.after);
  put(bytes, page.created.ms);
  put(bytes, page.filter);
  put(bytes, page.filter_time.ms);
  return seal.seal(TokenKind::shard_page, bytes + page.stream_name);
}

std::optional<ShardPage> open_shard_page(const TokenSeal& seal, std::string_view text) {
  std::optional<std::string> bytes = seal.open(TokenKind::shard_page, text);
  if (!bytes) return std::nullopt;
  Reader reader(*bytes);
  ShardPage page;
  page.stream = reader.get<StreamId>();
  page.after = reader.get<ShardNumber>();
  page.created.ms = reader.get<std::int64_t>();
  page.filter = reader.get<std::uint8_t>();
  page.filter_time.ms = reader.get<std::int64_t>();
  page.stream_name = reader.rest();
  if (!reader.good()) return std::nullopt;
  return page;
}

std::string seal(const TokenSeal& seal, const StreamPage& page) {
  std::string bytes;
  put(bytes, page.created.ms);
  return seal.seal(TokenKind::stream_page, bytes + page.after);
}

std::optional<StreamPage> open_stream_page(const TokenSeal& seal, std::string_view text) {
  std::optional<std::string> bytes = seal.open(TokenKind::stream_page, text);
  if (!bytes) return std::nullopt;
  Reader reader(*bytes);
  StreamPage page;
  page.created.ms = reader.get<std::int64_t>();
  page.after = reader.rest();
  if (!reader.good()) return std::nullopt;
  return page;
}

}  // namespace shardmill::http::kinesis
