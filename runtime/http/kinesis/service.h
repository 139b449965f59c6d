// The Kinesis Data Streams API (JSON 1.1) as a service of the shared port.
#pragma once

#include <memory>

#include "http/kinesis/api.h"
#include "http/service.h"

namespace shardmill::http::kinesis {

// `key` seals shard iterators and page tokens: the same key on every start of the same data directory lets them
// outlive a restart.
[[nodiscard]] std::unique_ptr<Service> make_service(const Backend& backend, Settings settings, const TokenKey& key);

}  // namespace shardmill::http::kinesis
