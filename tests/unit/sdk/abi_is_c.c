/* The boundary is C: a function in C compiles, with the same sizes as C++ sees. */
#include "shardmill/abi.h"

const size_t kCSizes[5] = {sizeof(shardmill_stream_batch), sizeof(shardmill_record), sizeof(shardmill_invocation),
                           sizeof(shardmill_host), sizeof(shardmill_function_table)};

static int32_t init(const shardmill_host* host, void** instance) {
  (void)host;
  *instance = 0;
  return SHARDMILL_OK;
}
static int32_t handle(void* instance, const shardmill_host* host, const shardmill_invocation* invocation) {
  const shardmill_function_bytes text = {"from C", 6};
  (void)instance;
  (void)invocation;
  host->log(host->context, SHARDMILL_INFO, text);
  return SHARDMILL_OK;
}
static void destroy(void* instance) {
  (void)instance;
}

const shardmill_function_table kCFunction = {SHARDMILL_ABI_MAJOR,
                                             SHARDMILL_ABI_MINOR,
                                             sizeof(shardmill_function_table),
                                             SHARDMILL_KIND_BIT(SHARDMILL_PAYLOAD),
                                             init,
                                             handle,
                                             destroy};
