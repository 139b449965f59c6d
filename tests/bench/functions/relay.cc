// Emits each record, as it is, to a second stream.
#include <shardmill/function.h>

SHARDMILL_FUNCTION([](const shardmill::StreamBatch& batch, shardmill::Context& ctx) {
  for (shardmill::Record record : batch) ctx.emit("relayed", record.partition_key(), record.data());
})
