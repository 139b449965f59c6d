// A person has said: go on without what is missing in this shard. The lost positions stay taken, so that no sequence
// number ever names two records: chunks without a body stand in their place, and readers pass over them.
#pragma once

#include <string>

#include "store/change.h"
#include "store/survey.h"

namespace shardmill::store {

class AcceptLoss : public Change {
 public:
  // Answers with the number of records given up. invalid: nothing is missing.
  AcceptLoss(std::string stream, ShardNumber shard, Callback<Result<std::uint64_t>> done)
      : stream_(std::move(stream)), number_(shard), done_(std::move(done)) {}
  Result<bool> write(Core& core) override;
  void publish(Core& core) override;
  void refuse(Error error) override { done_(std::unexpected(std::move(error))); }

 private:
  Result<void> write_substitute(Core& core, const PositionRange& lost);

  std::string stream_;
  ShardNumber number_;
  Callback<Result<std::uint64_t>> done_;
  ShardRef shard_;
  std::uint64_t given_up_ = 0;
};

}  // namespace shardmill::store
