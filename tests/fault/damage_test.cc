// Bits that flip while the store is closed: a read of what they hit is an error that names shard and position, nothing
// else changes, and nothing wrong is ever returned.
#include <algorithm>

#include "history.h"
#include "seeds.h"

namespace shardmill::test {
namespace {

void live(History& history) {
  history.open();
  for (std::uint64_t steps = 30 + history.choose(40); steps > 0 && history.is_sound(); --steps) history.step();
  history.sweep();  // nothing will be due at the next start
}

Result<ReadResult> read(History& history, ShardKey shard, Position from) {
  return wait_for<Result<ReadResult>>(
      [&](auto done) { history.store().read({shard, from, 1000, std::size_t{1} << 24}, std::move(done)); });
}

// A record of the state, as its chunk is on the disk.
struct Place {
  ShardKey shard{};
  std::shared_ptr<const ChunkState> chunk;
  std::vector<std::uint64_t> offsets;  // in the database file; pages that are free may hold copies
};

std::optional<Place> some_place(History& history) {
  std::vector<Place> places;
  for (const auto& [key, shard] : history.state().shards) {
    for (const auto& chunk : shard.chunks) places.push_back({key, chunk, {}});
  }
  if (places.empty()) return std::nullopt;
  Place place = places[history.choose(places.size())];
  std::string content = history.disk().content(history.database());
  const std::string& text = place.chunk->records.front().data;
  std::string_view wanted = std::string_view(text).substr(0, 20);
  for (auto at = content.find(wanted); at != std::string::npos; at = content.find(wanted, at + 1)) {
    place.offsets.push_back(at);
  }
  return place;
}

// One bit of one record: its chunk is an error, everything else is as it was.
std::string flip_in_a_record(History& history) {
  live(history);
  history.close();
  std::optional<Place> place = some_place(history);
  if (!place) return history.finding();
  if (place->offsets.empty()) return "a record is not in the database file";
  std::uint64_t bit = history.choose(8 * 9);
  for (std::uint64_t offset : place->offsets) history.disk().flip(history.database(), offset * 8 + bit);
  Result<std::unique_ptr<Store>> opened = Store::open(history.options());
  if (!opened) return "not opened: " + opened.error().text;
  history.adopt(std::move(*opened));

  State others = history.state();
  ShardState hurt = others.shards.at(place->shard);
  others.shards.erase(place->shard);
  if (auto different = record_difference(others, history.store(), 20)) return *different;

  Result<ReadResult> result = read(history, place->shard, place->chunk->first);
  std::string name = fmt::format("stream {}, {}: ", hurt.stream, shard_id(hurt.number));
  if (result) return "a damaged record was read";
  if (result.error().code != Errc::corrupt || !result.error().text.starts_with(name) ||
      !result.error().text.contains(fmt::format("from position {} on", place->chunk->first.value))) {
    return "another error: " + result.error().text;
  }
  Position behind = place->chunk->first.plus(place->chunk->records.size());
  if (behind <= hurt.end && !read(history, place->shard, behind)) return "what is behind the damage cannot be read";
  return history.finding();
}

// One bit anywhere. What can be read must be right; what cannot must say so.
std::string flip_anywhere(History& history, std::uint64_t& noticed) {
  live(history);
  history.choose(2) == 0 ? history.close() : history.restart();
  history.disk().restart();
  std::string file = history.database();
  if (history.choose(2) == 0 && !history.disk().content(file + "-wal").empty()) file += "-wal";
  history.disk().flip(file, history.choose(history.disk().content(file).size() * 8));
  Result<std::unique_ptr<Store>> opened = Store::open(history.options());
  if (!opened) {
    ++noticed;
    return opened.error().text.empty() ? "refused without a word" : "";
  }
  history.adopt(std::move(*opened));
  bool complained = false;
  for (const auto& [key, shard] : history.state().shards) {
    State alone;
    alone.shards.emplace(key, shard);
    auto different = record_difference(alone, history.store(), 20);
    if (!different) continue;
    complained = true;
    if (!different->contains("damaged") && !different->contains("missing")) return "not noticed: " + *different;
    if (!different->contains(shard_id(shard.number))) return "not named: " + *different;
  }
  noticed += complained ? 1 : 0;
  return history.finding();
}

}  // namespace

TEST_CASE("a flipped bit in a record is an error that names shard and position, and harms nobody else") {
  for_seeds("flips in records", {.plain = 60, .sanitized = 20}, [](std::uint64_t seed) {
    History history(seed);
    return flip_in_a_record(history);
  });
}

TEST_CASE("a flipped bit anywhere never makes a wrong record") {
  std::uint64_t noticed = 0;
  for_seeds("flips anywhere", {.plain = 120, .sanitized = 30}, [&](std::uint64_t seed) {
    History history(seed, {.marks = MarksFate::kept});
    return flip_anywhere(history, noticed);
  });
  fmt::print("flips anywhere: {} were noticed, the others were in free space or made good by SQLite\n", noticed);
  CHECK(noticed > 0);
}

}  // namespace shardmill::test
