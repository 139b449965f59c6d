// Something the writer thread does in a transaction of its own: a stream made, a shard split, a trigger opened.
// Its life: write() inside the transaction; then publish() once that is durable, or refuse().
#pragma once

#include <memory>

#include "base/interface.h"
#include "base/result.h"
#include "store/core.h"

namespace shardmill::store {

class Change : public Interface {
 public:
  // Checks the rules and writes rows; touches nothing in memory that others see. Any failure undoes the transaction
  // and is handed to refuse(). False: there was nothing to write.
  virtual Result<bool> write(Core& core) = 0;
  // Shows the change to others and answers. Called after the fsync.
  virtual void publish(Core& core) = 0;
  virtual void refuse(Error error) = 0;
};

}  // namespace shardmill::store
