// Takes batches and does nothing: what is left is the runtime's own cost.
#include <shardmill/function.h>

SHARDMILL_FUNCTION([](const shardmill::StreamBatch&) {})
