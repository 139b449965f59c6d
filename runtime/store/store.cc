#include "store/store.h"

#include <fmt/format.h>

#include "store/accept_loss.h"
#include "store/folder.h"
#include "store/load.h"
#include "store/open_trigger.h"
#include "store/reader_pool.h"
#include "store/reshard.h"
#include "store/stream_changes.h"
#include "store/writer.h"

namespace shardmill {
namespace {

std::unexpected<Error> no_shard(ShardKey key) {
  return fail(Errc::not_found, fmt::format("there is no shard with key {}", std::to_underlying(key)));
}

}  // namespace

// Destroyed from the end: the writer finishes first, the lock on the folder goes last.
struct Store::Parts {
  store::Folder folder;
  std::unique_ptr<store::Core> core;
  store::ReadGate gate;
  std::unique_ptr<store::ReaderPool> readers;
  std::unique_ptr<store::Writer> writer;
};

Result<std::unique_ptr<Store>> Store::open(StoreOptions options) {
  Result<store::Folder> folder = store::Folder::open(options.folder);
  if (!folder) return std::unexpected(folder.error());
  if (!options.on_notice) options.on_notice = [](const std::string&) {};
  std::string database = folder->database();
  Result<std::unique_ptr<store::Core>> core =
      store::load_core({.database = database,
                        .marks = folder->marks(),
                        .vfs = options.vfs,
                        .clock = options.clock,
                        .tail_bytes = options.tail_bytes,
                        .accept_catalogue_loss = options.accept_catalogue_loss,
                        .on_notice = options.on_notice});
  if (!core) {
    Error error = core.error();
    error.text = fmt::format("data directory {}: {}", options.folder.string(), error.text);
    return std::unexpected(std::move(error));
  }
  std::unique_ptr<Parts> parts(new Parts{std::move(*folder), std::move(*core), {}, nullptr, nullptr});
  auto readers = store::ReaderPool::open(database, options.vfs, options.reader_threads, parts->gate);
  if (!readers) return std::unexpected(readers.error());
  parts->readers = std::move(*readers);
  Result<std::unique_ptr<store::Sweep>> sweep = store::Sweep::open(*parts->core);
  if (!sweep) return std::unexpected(sweep.error());
  parts->writer = std::make_unique<store::Writer>(*parts->core, parts->gate, std::move(*sweep),
                                                  store::Reserve(parts->folder.reserve(), options.reserve_bytes),
                                                  store::WriterOptions{.group_bytes = options.group_bytes,
                                                                       .queue_bytes = options.queue_bytes,
                                                                       .wal_bytes = options.wal_bytes,
                                                                       .sweep_interval = options.sweep_interval,
                                                                       .on_fatal = std::move(options.on_fatal)});
  return std::unique_ptr<Store>(new Store(std::move(parts)));
}

Store::Store(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Store::~Store() = default;

// ---- reading ---------------------------------------------------------------------------------------------------

std::optional<Result<ReadResult>> Store::try_read(const ReadRequest& request) {
  store::ShardRef shard = parts_->core->shards.find(request.shard);
  if (shard == nullptr) return no_shard(request.shard);
  return shard->try_read(request);
}

void Store::read(ReadRequest request, Callback<Result<ReadResult>> done) {
  parts_->readers->read(parts_->core->shards.find(request.shard), request, std::move(done));
}

Result<ShardBounds> Store::bounds(ShardKey key) {
  store::ShardRef shard = parts_->core->shards.find(key);
  if (shard == nullptr) return no_shard(key);
  return shard->bounds();
}

void Store::find(ShardKey key, WallTime time, Callback<Result<Position>> done) {
  parts_->readers->find(parts_->core->shards.find(key), time, std::move(done));
}

std::unique_ptr<Interface> Store::wake_when_after(ShardKey key, Position after,
                                                  std::move_only_function<void()> wake) {
  store::ShardRef shard = parts_->core->shards.find(key);
  if (shard != nullptr) return shard->wake_when_after(after, std::move(wake));
  wake();
  return std::make_unique<Interface>();
}

// ---- writing and changing --------------------------------------------------------------------------------------

void Store::commit(Transaction& transaction, Callback<Result<Committed>> done) {
  parts_->writer->submit(store::prepare_commit(transaction, std::move(done)));
}

std::uint64_t Store::groups() const {
  return parts_->writer->groups();
}

StreamRef Store::find(std::string_view name) const {
  return parts_->core->catalog.find(name);
}

std::vector<StreamRef> Store::list() const {
  return parts_->core->catalog.list();
}

void Store::create(NewStream stream, Callback<Result<StreamRef>> done) {
  parts_->writer->submit(std::make_unique<store::CreateStream>(std::move(stream), std::move(done)));
}

void Store::remove(std::string name, Callback<Result<void>> done) {
  parts_->writer->submit(std::make_unique<store::RemoveStream>(std::move(name), std::move(done)));
}

void Store::change(std::string name, StreamChange change, Callback<Result<StreamRef>> done) {
  parts_->writer->submit(
      std::make_unique<store::ChangeStream>(std::move(name), std::move(change), std::move(done)));
}

void Store::reshard(std::string name, std::vector<std::variant<SplitAt, MergeOf>> steps,
                    Callback<Result<StreamRef>> done) {
  parts_->writer->submit(std::make_unique<store::Reshard>(std::move(name), std::move(steps), std::move(done)));
}

std::unique_ptr<Interface> Store::on_change(std::function<void(const std::string& name)> changed) {
  return parts_->core->catalog.on_change(std::move(changed));
}

void Store::accept_loss(std::string stream, ShardNumber shard, Callback<Result<std::uint64_t>> done) {
  parts_->writer->submit(std::make_unique<store::AcceptLoss>(std::move(stream), shard, std::move(done)));
}

void Store::sweep(Callback<Result<void>> done) {
  parts_->writer->sweep(std::move(done));
}

void Store::open_trigger(TriggerSpec spec, Callback<Result<TriggerState>> done) {
  parts_->writer->submit(std::make_unique<store::OpenTrigger>(std::move(spec), std::move(done)));
}

}  // namespace shardmill
