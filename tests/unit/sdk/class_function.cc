// The function that this test program is linked with: a class that takes both kinds of events.
#include <shardmill/function.h>

namespace {

struct Count {
  std::uint64_t seen = 0;

  void operator()(const shardmill::StreamBatch& batch, shardmill::Context& ctx) {
    for (shardmill::Record record : batch) ctx.emit("copies", record.partition_key(), record.data());
    seen += batch.size();
    ctx.info("seen ", seen, ", first? ", seen == batch.size(), ' ', 1.5);
  }
  std::string operator()(const shardmill::Payload& payload) { return "got " + std::string(payload.text()); }
};

}  // namespace

SHARDMILL_FUNCTION(Count)
