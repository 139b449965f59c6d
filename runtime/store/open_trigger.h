// Finds a trigger by function and stream, or makes it with a durable checkpoint on every shard there is.
#pragma once

#include "store/change.h"

namespace shardmill::store {

class OpenTrigger : public Change {
 public:
  OpenTrigger(TriggerSpec spec, Callback<Result<TriggerState>> done)
      : spec_(std::move(spec)), done_(std::move(done)) {}
  Result<bool> write(Core& core) override;
  void publish(Core& core) override { done_(core.triggers.state(key_)); }
  void refuse(Error error) override { done_(std::unexpected(std::move(error))); }

 private:
  // Where the trigger begins in `shard`: the last position that it does not want.
  Result<Position> start_in(Core& core, const ShardState& shard) const;

  TriggerSpec spec_;
  Callback<Result<TriggerState>> done_;
  TriggerKey key_{};
};

}  // namespace shardmill::store
