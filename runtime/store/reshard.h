// Splits and merges, any number of them in one step. A parent is closed at its last record; its children take over
// its range from there on. The ranges of the open shards tile the key space before and after.
#pragma once

#include <variant>
#include <vector>

#include "store/change.h"

namespace shardmill::store {

class Reshard : public Change {
 public:
  using Steps = std::vector<std::variant<SplitAt, MergeOf>>;

  Reshard(std::string name, Steps steps, Callback<Result<StreamRef>> done)
      : name_(std::move(name)), steps_(std::move(steps)), done_(std::move(done)) {}
  Result<bool> write(Core& core) override;
  void publish(Core& core) override;
  void refuse(Error error) override { done_(std::unexpected(std::move(error))); }

 private:
  Result<void> apply(Core& core, const SplitAt& split);
  Result<void> apply(Core& core, const MergeOf& merge);
  Result<ShardInfo*> open_shard(ShardNumber number);
  void close(Core& core, ShardInfo& shard);
  ShardInfo child(Core& core, HashRange range, const ShardInfo& parent, const ShardInfo* adjacent);

  std::string name_;
  Steps steps_;
  Callback<Result<StreamRef>> done_;

  std::shared_ptr<StreamInfo> stream_;  // as it will be
  std::size_t before_ = 0;              // shards it had: those behind are new
  std::uint32_t next_number_ = 0;
  std::vector<ShardNumber> closed_;
};

}  // namespace shardmill::store
