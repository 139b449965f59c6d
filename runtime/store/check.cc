#include "store/check.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include <fmt/format.h>

#include "store/catalog_rows.h"
#include "store/check_ranges.h"
#include "store/folder.h"
#include "store/marks.h"
#include "store/schema.h"
#include "store/trigger_table.h"

namespace shardmill::store {
namespace {

constexpr int kMostComplaints = 10;  // of SQLite's own check: more do not tell more

constexpr std::string_view kCheckpoints =
    "SELECT triggers.function, triggers.stream, checkpoints.shard, checkpoints.position "
    "FROM checkpoints JOIN triggers ON triggers.key=checkpoints.trigger_key";
constexpr std::string_view kStrays =
    "SELECT count(DISTINCT shard) FROM chunks WHERE shard NOT IN (SELECT key FROM shards) AND "
    "shard NOT IN (SELECT shard FROM garbage)";

class Check {
 public:
  Check(Database& db, std::optional<Marks> marks) : db_(db), marks_(std::move(marks)) {}

  // Fails when the store could not be read for another reason than damage.
  Result<CheckReport> run(CheckReport so_far) {
    report_ = std::move(so_far);
    for (auto part : {&Check::look_at_file, &Check::look_at_catalogue, &Check::look_at_triggers,
                      &Check::look_at_checkpoints, &Check::look_at_chunks, &Check::look_at_strays}) {
      Result<void> looked = (this->*part)();
      if (looked) continue;
      if (looked.error().code != Errc::corrupt) return std::unexpected(looked.error());
      find({.stream = {}, .shard = {}, .positions = {}, .what = looked.error().text});
    }
    if (!marks_) {
      report_.notes.emplace_back(
          "the file of marks is not there: whether acknowledged records are missing at the ends of shards cannot "
          "be "
          "told");
    }
    return std::move(report_);
  }

 private:
  struct Shard {
    StreamId stream{};
    std::string stream_name;
    ShardRow row;
    Position settled;  // the furthest that a trigger has come
  };

  void find(Finding finding) {
    if (report_.findings.empty() || report_.findings.back().what != finding.what || finding.shard) {
      report_.findings.push_back(std::move(finding));
    }
  }
  void find(const Shard& shard, std::string what) {
    find({.stream = shard.stream_name, .shard = shard.row.info.number, .positions = {}, .what = std::move(what)});
  }

  Result<void> look_at_file() {
    Result<Statement> check = db_.prepare(fmt::format("PRAGMA integrity_check({})", kMostComplaints));
    if (!check) return std::unexpected(check.error());
    Cursor row = check->query();
    for (;;) {
      Result<bool> more = row.next();
      if (!more && more.error().code == Errc::corrupt && file_is_damaged_) return {};  // it has said so
      if (!more) return std::unexpected(more.error());
      if (!*more) return {};
      std::string said(row.text(0));
      if (said == "ok") continue;
      file_is_damaged_ = true;
      std::ranges::replace(said, '\n', ' ');
      find({.stream = {}, .shard = {}, .positions = {}, .what = "the database file: " + said});
    }
  }

  // Taking damaged chunks out of a file that SQLite finds sound works; of another it may not.
  [[nodiscard]] Remedy remedy_of_records() const {
    return file_is_damaged_ ? Remedy::restore : Remedy::accept_loss;
  }

  Result<void> look_at_catalogue() {
    Result<CatalogRows> rows = CatalogRows::open(db_);
    if (!rows) return std::unexpected(rows.error());
    Result<Counters> counters = rows->load_counters();
    if (!counters) return std::unexpected(counters.error());
    std::uint64_t acknowledged = marks_ ? marks_->get(kCatalogueMark) : 0;
    if (acknowledged > counters->catalogue_version) {
      find({.stream = {},
            .shard = {},
            .positions = {},
            .what = fmt::format("the last {} acknowledged changes of streams, shards or triggers are missing",
                                acknowledged - counters->catalogue_version),
            .remedy = Remedy::accept_catalogue_loss});
    }
    Result<std::vector<StreamRow>> streams = rows->load_streams();
    if (!streams) return std::unexpected(streams.error());
    if (streams->size() != counters->streams) {
      find({.stream = {},
            .shard = {},
            .positions = {},
            .what = fmt::format("{} streams found, {} wanted", streams->size(), counters->streams)});
    }
    for (const StreamRow& stream : *streams) {
      if (Result<void> looked = look_at_stream(*rows, stream); !looked) return looked;
    }
    return {};
  }

  Result<void> look_at_stream(CatalogRows& rows, const StreamRow& stream) {
    const std::string& name = stream.info.name;
    Result<std::vector<ShardRow>> shards = rows.load_shards(stream.info);
    if (!shards) return std::unexpected(shards.error());
    report_.streams.push_back({name, {}});
    std::vector<ShardInfo> infos;
    for (ShardRow& row : *shards) {
      infos.push_back(row.info);
      shards_.emplace(row.info.key, Shard{stream.info.id, name, row, {}});
    }
    auto complain = [&](std::string what) {
      find({.stream = name, .shard = {}, .positions = {}, .what = std::move(what)});
    };
    if (infos.size() != stream.shards)
      complain(fmt::format("{} shards found, {} wanted", infos.size(), stream.shards));
    for (std::string& what : range_complaints(infos)) complain(std::move(what));
    return {};
  }

  Result<void> look_at_triggers() {
    Result<TriggerTable> triggers = TriggerTable::open(db_);
    return triggers ? triggers->load() : std::unexpected(triggers.error());
  }

  Result<void> look_at_checkpoints() {
    Result<Statement> all = db_.prepare(kCheckpoints);
    if (!all) return std::unexpected(all.error());
    Cursor row = all->query();
    for (;;) {
      Result<bool> more = row.next();
      if (!more) return std::unexpected(more.error());
      if (!*more) return {};
      auto at = shards_.find(row.as<ShardKey>(2));
      if (at == shards_.end() || at->second.stream != row.as<StreamId>(1)) {
        find({.stream = {},
              .shard = {},
              .positions = {},
              .what = fmt::format("function {} has a checkpoint in a shard that its stream has not (key {})",
                                  row.text(0), row.integer(2))});
        continue;
      }
      at->second.settled = std::max(at->second.settled, Position{row.as<std::uint64_t>(3)});
    }
  }

  Result<void> look_at_chunks() {
    for (CheckedStream& stream : report_.streams) {
      std::vector<const Shard*> shards;
      for (const auto& [key, shard] : shards_) {
        if (shard.stream_name == stream.name) shards.push_back(&shard);
      }
      std::ranges::sort(shards, {}, [](const Shard* shard) { return shard->row.info.number; });
      for (const Shard* shard : shards) {
        Result<CheckedShard> looked = look_at_shard(*shard);
        if (!looked) return std::unexpected(looked.error());
        stream.shards.push_back(*looked);
      }
    }
    return {};
  }

  Result<CheckedShard> look_at_shard(const Shard& shard) {
    const ShardInfo& info = shard.row.info;
    const ShardState::Horizon& horizon = shard.row.horizon;
    ShardState state(info.key, info.number, std::make_shared<const std::string>(shard.stream_name));
    state.restore(horizon.first, horizon.seal, {}, !info.is_open());
    Position reach = std::max(shard.settled, info.closed_at.value_or(Position{}));
    if (marks_) reach = std::max(reach, Position{marks_->get(mark_of(info.key))});
    Result<SurveyResult> found = survey(db_, state, reach);
    if (!found) return std::unexpected(found.error());
    CheckedShard checked{.number = info.number,
                         .is_open = info.is_open(),
                         .first = horizon.first,
                         .last = std::max(found->end, reach),
                         .records = found->records,
                         .accepted_losses = found->accepted_losses};
    for (const PositionRange& lost : found->lost) {
      checked.missing += lost.last.value - lost.first.value + 1;
      find({.stream = shard.stream_name,
            .shard = info.number,
            .positions = lost,
            .what = lost.first > found->end ? "acknowledged records are missing" : "records are damaged or gone",
            .remedy = remedy_of_records()});
    }
    if (found->lost.empty() && !found->damaged.empty()) {
      find(shard, fmt::format("{} stored chunks are not what was written", found->damaged.size()));
      report_.findings.back().remedy = remedy_of_records();
    }
    if (!info.is_open() && found->end > *info.closed_at)
      find(shard, "it holds records behind the one it was closed at");
    return checked;
  }

  Result<void> look_at_strays() {
    Result<std::optional<std::int64_t>> strays = db_.integer(kStrays);
    if (!strays) return std::unexpected(strays.error());
    if (strays->value_or(0) > 0) {
      report_.notes.push_back(
          fmt::format("there are records of {} shards that do not exist: they are never read, and "
                      "their space is not used again",
                      **strays));
    }
    return {};
  }

  Database& db_;
  std::optional<Marks> marks_;
  CheckReport report_;
  bool file_is_damaged_ = false;
  std::unordered_map<ShardKey, Shard> shards_;
};

// What can be wrong before there is anything to look at. True: the database can be read.
Result<bool> is_readable(Database& db, CheckReport& report) {
  Result<std::optional<std::int64_t>> version = db.integer("PRAGMA user_version");
  std::int64_t wanted = migrations().back().version;
  if (!version && version.error().code == Errc::corrupt) {
    report.findings.push_back({.stream = {}, .shard = {}, .positions = {}, .what = version.error().text});
    return false;
  }
  if (!version) return std::unexpected(version.error());
  if (version->value_or(0) == wanted) return true;
  return fail(
      Errc::invalid,
      fmt::format("the store has schema version {}, this shardmill checks version {}: {}", version->value_or(0),
                  wanted, version->value_or(0) > wanted ? "use a newer shardmill" : "start the server once"));
}

}  // namespace

Result<CheckReport> check_store(const std::filesystem::path& path, const std::string& vfs) {
  std::error_code error;
  // The files of another VFS are none of the system's.
  std::filesystem::path wanted = vfs.empty() ? path / "store.db" : path;
  if (!std::filesystem::exists(wanted, error)) {
    return fail(Errc::not_found, fmt::format("there is no store in {}", path.string()));
  }
  Result<Folder> folder = Folder::open(path);
  if (!folder) return std::unexpected(folder.error());
  Result<Database> db = Database::open(folder->database(), Database::Mode::read, vfs);
  if (!db) return std::unexpected(db.error());
  CheckReport report;
  Result<bool> readable = is_readable(*db, report);
  if (!readable) return std::unexpected(readable.error());
  if (!*readable) return report;
  if (Result<void> added = add_row_crc(*db); !added) return std::unexpected(added.error());
  Result<std::optional<Marks>> marks = Marks::view(folder->marks());
  if (!marks && marks.error().code != Errc::corrupt) return std::unexpected(marks.error());
  if (!marks) {
    report.findings.push_back({.stream = {}, .shard = {}, .positions = {}, .what = marks.error().text});
    marks = std::nullopt;
  }
  return Check(*db, std::move(*marks)).run(std::move(report));
}

}  // namespace shardmill::store
