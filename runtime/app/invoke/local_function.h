// A function as it lies in some folder, for running it without a server.
#pragma once

#include <string>

#include "api/deployment.h"
#include "base/result.h"

namespace shardmill::app {

// NAME.so and, if it is there, NAME.json beside it. Fails with invalid: what of them is wrong, found and wanted. The
// streams in the settings need not exist.
[[nodiscard]] Result<Deployment> read_local_function(const std::string& path);

}  // namespace shardmill::app
