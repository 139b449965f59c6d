// The shelf of bad functions (tests/fixtures/functions/bad_*.cc): what each of them is told to users as, and that the
// next invocation gets a fresh worker.
#include <string>

#include <catch2/catch.hpp>

#include "worker_shelf.h"

using namespace shardmill;
using shardmill::test::check_shelf;
using shardmill::test::WorkerFixture;

namespace {

std::string init_refusal(const std::string& how) {
  WorkerFixture fixture(false, std::chrono::milliseconds(how == "hang" ? 300 : 60'000));
  Deployment deployment = WorkerFixture::deployment("bad_init");
  deployment.settings.environment["BAD_INIT"] = how;
  return fixture.refusal(deployment);
}

}  // namespace

TEST_CASE("A function for another ABI is refused with found and wanted") {
  CHECK(WorkerFixture().refusal(WorkerFixture::deployment("bad_abi")) == "wrong ABI: found 9.0, wanted 1.0 to 1.0");
}

TEST_CASE("A library without entry is refused") {
  CHECK(WorkerFixture().refusal(WorkerFixture::deployment("bad_no_entry")) ==
        "no entry: the library does not export shardmill_function (is SHARDMILL_FUNCTION missing?)");
}

TEST_CASE("A library with a symbol that nobody has is refused by the symbol's name") {
  CHECK(WorkerFixture().refusal(WorkerFixture::deployment("bad_symbol")) ==
        "cannot be loaded: bad_symbol.so: undefined symbol: nobody_has_this");
}

TEST_CASE("A file that is not there is refused by its path") {
  CHECK_THAT(WorkerFixture().refusal(WorkerFixture::deployment("nowhere")),
             Catch::Contains("functions/nowhere.so: No such file"));
}

TEST_CASE("A function that fails in init is refused with the reason") {
  CHECK(init_refusal("throw") == "init failed: std::runtime_error: no configuration");
  CHECK(init_refusal("crash") == "killed by SIGABRT in init");
  CHECK(init_refusal("exit") == "exited with code 3 in init");
  CHECK(init_refusal("memory") == "out of memory in init (limit 128 MB)");
  CHECK(init_refusal("hang") == "timed out after 0.3 s in init");
  CHECK(init_refusal("nothing") == "opened");
}

TEST_CASE("A handler that throws fails with what it threw") {
  check_shelf({{"throw", OutcomeKind::error, "std::runtime_error", "broken record"},
               {"throw_number", OutcomeKind::error, "unknown", "threw something that is not a std::exception"}});
}

TEST_CASE("A handler that does not return is killed at its deadline") {
  check_shelf({{"hang", OutcomeKind::timeout, "Sandbox.Timedout", "timed out after 0.25 s"},
               {"hang_deaf", OutcomeKind::timeout, "Sandbox.Timedout", "timed out after 0.25 s"},
               {"sleep", OutcomeKind::timeout, "Sandbox.Timedout", "timed out after 0.25 s"}});
}

TEST_CASE("A handler that ends its process fails with the way it ended") {
  check_shelf({{"abort", OutcomeKind::crash, "Runtime.ExitError", "killed by SIGABRT"},
               {"exit_0", OutcomeKind::crash, "Runtime.ExitError", "exited with code 0"},
               {"exit_3", OutcomeKind::crash, "Runtime.ExitError", "exited with code 3"},
               {"quick_exit", OutcomeKind::crash, "Runtime.ExitError", "exited with code 3"},
               {"null_pointer", OutcomeKind::crash, "Runtime.ExitError", "killed by SIGSEGV (null pointer)"},
               {"overflow_stack", OutcomeKind::crash, "Runtime.ExitError", "killed by SIGSEGV (stack overflow)"}});
}

TEST_CASE("A handler that writes to its batch is killed") {
  check_shelf({{"write_to_batch", OutcomeKind::crash, "Runtime.ExitError",
                "killed by SIGSEGV (write to the batch, which is read-only)"}});
}

TEST_CASE("bad_alloc is out of memory") {
  check_shelf(
      {{"throw_bad_alloc", OutcomeKind::out_of_memory, "Runtime.OutOfMemory", "out of memory (limit 128 MB)"}});
}

TEST_CASE("A worker that answers something else than a reply has failed") {
  check_shelf(
      {{"garbage_reply", OutcomeKind::protocol, "Runtime.InvalidReply", "answered with 7 bytes that are no reply"},
       {"close_all", OutcomeKind::protocol, "Runtime.InvalidReply", "closed its connection to the runtime"},
       {"close_all_and_hang", OutcomeKind::protocol, "Runtime.InvalidReply",
        "closed its connection to the runtime"}});
}

TEST_CASE("An output that cannot be taken fails the invocation, caught or not") {
  const std::string type = "Runtime.EmitError";
  check_shelf(
      {{"emit_elsewhere", OutcomeKind::error, type, "emit to 'elsewhere' refused: the function's Outputs are out"},
       {"emit_and_ignore", OutcomeKind::error, type, "emit to 'elsewhere' refused: the function's Outputs are out"},
       {"emit_without_key", OutcomeKind::error, type,
        "emit to 'out' refused: its partition key has no characters, wanted 1 to 256"},
       {"emit_large", OutcomeKind::error, type,
        "emit to 'out' refused: key and data have 2097153 bytes, at most 1048576 are allowed"},
       {"emit_bad_hash", OutcomeKind::error, type,
        "emit to 'out' refused: its hash key is not a decimal number below 2^128"},
       {"emit_too_much", OutcomeKind::error, type,
        "emit to 'out' refused: the outputs of one invocation have at most 32 MB"}});
}

TEST_CASE("A function without Outputs is told so when it emits") {
  Deployment deployment = WorkerFixture::deployment("bad_deeds");
  deployment.settings.outputs.clear();
  check_shelf({{"emit_elsewhere", OutcomeKind::error, "Runtime.EmitError",
                "emit to 'elsewhere' refused: the function's settings have no Outputs"}},
              deployment);
}

TEST_CASE("A function cannot make processes, reach others or loosen what holds it") {
  WorkerFixture fixture;
  auto pool = fixture.open(WorkerFixture::deployment("bad_deeds"));
  const std::string no = "Operation not permitted";
  for (const char* deed : {"fork", "exec", "popen", "kill_parent", "kill_all", "outlive", "raise_limit",
                           "write_input", "shrink_output", "dump"}) {
    INFO(deed);
    CHECK(fixture.call(*pool, deed).response == no);
  }
  CHECK(fixture.notices.size() <= 1);  // of the memory limit that sanitizers do not allow
}

TEST_CASE("A thread that runs on costs the worker, not the result") {
  WorkerFixture fixture;
  auto pool = fixture.open(WorkerFixture::deployment("bad_deeds"));
  InvocationResult result = fixture.call(*pool, "linger");
  CHECK(result.outcome.kind == OutcomeKind::success);
  CHECK(result.response == "lingering");
  CHECK(pool->running() == 0);
  CHECK(fixture.lines.of("r-linger").back() ==
        "worker replaced: the handler left 1 more threads running than init did");
  CHECK(fixture.call(*pool, "thread").response == "joined");
}

TEST_CASE("Signals that stay blocked cost the worker, not the result") {
  WorkerFixture fixture;
  auto pool = fixture.open(WorkerFixture::deployment("bad_deeds"));
  CHECK(fixture.call(*pool, "block_signals").outcome.kind == OutcomeKind::success);
  CHECK(pool->running() == 0);
  CHECK(fixture.lines.of("r-block_signals").back() == "worker replaced: the handler left signals blocked");
}

TEST_CASE("Only the handler's thread may emit") {
  WorkerFixture fixture;
  auto pool = fixture.open(WorkerFixture::deployment("bad_deeds"));
  CHECK(fixture.call(*pool, "emit_late").response == "4");  // SHARDMILL_INVALID
}

TEST_CASE("A flood of log lines is cut and counted") {
  WorkerFixture fixture;
  auto pool = fixture.open(WorkerFixture::deployment("bad_deeds"));
  CHECK(fixture.call(*pool, "flood_log").response == "did it");
  std::size_t printed = 0;
  std::size_t left_out = 0;
  for (const std::string& text : fixture.lines.of("r-flood_log")) {
    if (text.find(" log lines left out") != std::string::npos) {
      left_out += std::stoul(text);
    } else if (text.starts_with("xxx")) {
      ++printed;
    }
  }
  CHECK(left_out > 0);
  CHECK(printed + left_out == 100'000);
}

TEST_CASE("A long line is cut and says by how much") {
  WorkerFixture fixture;
  auto pool = fixture.open(WorkerFixture::deployment("bad_deeds"));
  CHECK(fixture.call(*pool, "long_line").response == "did it");
  const std::string line = fixture.lines.of("r-long_line").at(1);
  CHECK(line.size() == 16 * 1024);
  CHECK_THAT(line, Catch::EndsWith(" ... (83616 bytes more)"));
}
