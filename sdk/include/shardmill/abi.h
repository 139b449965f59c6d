/* The boundary between the runtime and a function, in C: any language that makes a shared library can play.
 *
 * A function is a shared library that has
 *   - one exported table, `shardmill_function`, which tells what the function takes and how it is called;
 *   - one ELF note (SHARDMILL_ABI_NOTE), by which the library is judged before any of its code runs.
 *
 * Rules of the boundary:
 *   - Tables and structs start with their version or size and grow only at the end. A field past the size that was
 *     given is absent. A runtime takes functions of its own major version and of its minor version or an older one.
 *   - Calls into a function come from one thread, one at a time. Host calls are made by that thread, during the call.
 *   - No exception and no longjmp crosses the boundary.
 *   - shardmill_host_bytes belong to the host: valid until the call that they were passed to returns, never freed
 *     and never written by the function. shardmill_function_bytes belong to the function: the host copies what it
 *     keeps before it returns. Text is UTF-8 without a terminating zero.
 */
#ifndef SHARDMILL_ABI_H
#define SHARDMILL_ABI_H

#include <stddef.h>
#include <stdint.h>

#define SHARDMILL_ABI_MAJOR 1
#define SHARDMILL_ABI_MINOR 0

/* The note: name "shardmill", type 1, description = major and minor as two 32-bit words in the machine's byte order.
 * Put SHARDMILL_ABI_NOTE once into a library, at file scope (SHARDMILL_FUNCTION of function.h does). */
#define SHARDMILL_NOTE_SECTION ".note.shardmill"
#define SHARDMILL_NOTE_NAME "shardmill"
#define SHARDMILL_NOTE_TYPE 1
#define SHARDMILL_TEXT_OF_(x) #x
#define SHARDMILL_TEXT_OF(x) SHARDMILL_TEXT_OF_(x)
/* clang-format off */
#define SHARDMILL_ABI_NOTE                                            \
  __asm__(".pushsection " SHARDMILL_NOTE_SECTION ",\"a\",%note\n"     \
          ".balign 4\n"                                               \
          ".long 10, 8, " SHARDMILL_TEXT_OF(SHARDMILL_NOTE_TYPE) "\n" \
          ".asciz \"" SHARDMILL_NOTE_NAME "\"\n"                      \
          ".balign 4\n"                                               \
          ".long " SHARDMILL_TEXT_OF(SHARDMILL_ABI_MAJOR) ", "        \
                   SHARDMILL_TEXT_OF(SHARDMILL_ABI_MINOR) "\n"        \
          ".popsection\n");
/* clang-format on */

#define SHARDMILL_EXPORT __attribute__((visibility("default")))

#ifdef __cplusplus
extern "C" {
#endif

typedef struct shardmill_host_bytes {
  const void* data;
  size_t size;
} shardmill_host_bytes;

typedef struct shardmill_function_bytes {
  const void* data;
  size_t size;
} shardmill_function_bytes;

/* What an event is. A function's mask is the sum of (1 << kind). */
enum {
  SHARDMILL_STREAM_BATCH = 0, /* consecutive records of one shard: shardmill_stream_batch */
  SHARDMILL_PAYLOAD = 1       /* any bytes, most often JSON */
};
#define SHARDMILL_KIND_BIT(kind) (UINT64_C(1) << (kind))

enum { SHARDMILL_DEBUG = 0, SHARDMILL_INFO = 1, SHARDMILL_WARN = 2, SHARDMILL_ERROR = 3 };

/* Answers of both sides. */
enum {
  SHARDMILL_OK = 0,
  SHARDMILL_FAILED = 1,        /* the function failed; it has said why by shardmill_host.fail */
  SHARDMILL_OUT_OF_MEMORY = 2, /* the function could not allocate */
  SHARDMILL_NOT_ALLOWED = 3,   /* emit: the stream is not one of the function's outputs */
  SHARDMILL_INVALID = 4,       /* a bound is broken: key, hash key or size of a record; a call out of turn */
  SHARDMILL_FULL = 5           /* no room for more outputs in this invocation */
};

/* ---- events ------------------------------------------------------------------------------------------------------
 * A batch lies in memory that the function may read but not write. All offsets count bytes from the start of the
 * header, so that it needs no pointers. */

typedef struct shardmill_stream_batch {
  uint32_t header_size; /* of this struct as the host knows it */
  uint32_t record_size; /* distance from one descriptor to the next */
  uint32_t record_count;
  uint32_t records_offset; /* of the first descriptor */
  uint32_t batch_size;     /* of everything: header, descriptors, texts, keys and data */
  uint32_t shard_number;   /* the n of "shardId-%012d" */
  uint32_t stream_offset;  /* name of the stream */
  uint32_t stream_size;
  uint32_t stream_arn_offset;
  uint32_t stream_arn_size;
  char sequence_prefix[36]; /* sequence number of a record = prefix, then its position as 20 decimal digits */
} shardmill_stream_batch;

typedef struct shardmill_record {
  uint64_t position;  /* ordinal of the record in its shard; rises within a batch */
  int64_t arrival_ms; /* when the stream took it, milliseconds since 1970 */
  uint32_t key_offset;
  uint32_t data_offset;
  uint32_t data_size;
  uint16_t key_size;
  uint16_t reserved;
} shardmill_record;

/* One call of the handler. */
typedef struct shardmill_invocation {
  uint32_t size;
  uint32_t kind;    /* SHARDMILL_STREAM_BATCH, ... */
  uint32_t attempt; /* counts from 1 for the same event */
  uint32_t reserved;
  shardmill_host_bytes request_id;
  shardmill_host_bytes idempotency_key; /* the same for every attempt at the same event */
  shardmill_host_bytes function_name;
  shardmill_host_bytes function_version;
  int64_t deadline_unix_ms;   /* wall clock; the worker is killed then */
  int64_t deadline_steady_ns; /* the same moment on CLOCK_MONOTONIC */
  shardmill_host_bytes event; /* a shardmill_stream_batch (aligned to 8) or the payload */
} shardmill_invocation;

/* ---- what the function may ask of the host ----------------------------------------------------------------------- */

typedef struct shardmill_host {
  uint32_t size;
  uint16_t abi_major;
  uint16_t abi_minor;
  void* context; /* first argument of every call below */

  /* Adds a record to the outputs of this invocation, which take effect all together when it succeeds. `hash_key` is
   * empty or decimal digits (explicit hash key). A refused record makes the whole invocation fail.
   * OK, NOT_ALLOWED, INVALID or FULL. Only while handling. */
  int32_t (*emit)(void* context, shardmill_function_bytes stream, shardmill_function_bytes key,
                  shardmill_function_bytes hash_key, shardmill_function_bytes data);
  /* A line for the function's log. Any time. */
  void (*log)(void* context, int32_t level, shardmill_function_bytes text);
  /* Sets the bytes that the caller of a payload invocation gets; the last call counts. OK, INVALID or FULL. */
  int32_t (*respond)(void* context, shardmill_function_bytes response);
  /* Says why the call in progress (init or handle) fails: a short type and a sentence. The first call counts. */
  void (*fail)(void* context, shardmill_function_bytes type, shardmill_function_bytes text);
} shardmill_host;

/* ---- what a function is ------------------------------------------------------------------------------------------ */

typedef struct shardmill_function_table {
  uint16_t abi_major;
  uint16_t abi_minor;
  uint32_t table_size;
  uint64_t event_kinds; /* sum of SHARDMILL_KIND_BIT of what `handle` takes */

  /* Called once per worker before anything else. `instance` goes to the other calls. OK, FAILED or OUT_OF_MEMORY. */
  int32_t (*init)(const shardmill_host* host, void** instance);
  /* OK, FAILED or OUT_OF_MEMORY. */
  int32_t (*handle)(void* instance, const shardmill_host* host, const shardmill_invocation* invocation);
  /* Called when a worker leaves in good order; not after a failure. */
  void (*destroy)(void* instance);
} shardmill_function_table;

/* The one symbol that a function exports. */
extern SHARDMILL_EXPORT const shardmill_function_table shardmill_function;

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* SHARDMILL_ABI_H */
