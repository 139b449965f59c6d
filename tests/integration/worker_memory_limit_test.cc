// A worker at its memory limit. What happens on std::bad_alloc without a limit is in worker_bad_functions_test.cc, and
// is tested in every build.
#include "worker_shelf.h"

using shardmill::OutcomeKind;
using shardmill::test::check_shelf;

TEST_CASE("A handler that takes more than its memory is out of memory") {
  check_shelf({{"leak", OutcomeKind::out_of_memory, "Runtime.OutOfMemory", "out of memory (limit 128 MB)"},
               {"leak_in_c", OutcomeKind::out_of_memory, "Runtime.OutOfMemory", "out of memory (limit 128 MB)"},
               {"huge_array", OutcomeKind::out_of_memory, "Runtime.OutOfMemory", "out of memory (limit 128 MB)"}});
}
