// The smallest function: it greets every record.
#include <shardmill/function.h>

SHARDMILL_FUNCTION([](const shardmill::StreamBatch& batch, shardmill::Context& ctx) {
  for (shardmill::Record record : batch) {
    ctx.info("hello, ", record.data(), "! (", batch.shard_id(), ", record ", record.position(), ")");
  }
})
