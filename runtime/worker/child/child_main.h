// The worker process: `shardmill worker PARENT`, started by the runtime and by nobody else.
#pragma once

namespace shardmill::worker {

// Does what `shardmill worker PARENT_PID` does; returns the exit code.
int child_main(int argc, char** argv);

}  // namespace shardmill::worker
