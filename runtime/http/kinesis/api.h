// What every operation works with.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "api/clock.h"
#include "api/streams.h"
#include "http/kinesis/daily_limit.h"
#include "http/kinesis/put_parser.h"
#include "http/kinesis/rate_limits.h"
#include "http/kinesis/token.h"
#include "http/kinesis/turnstile.h"

namespace shardmill::http::kinesis {

struct Settings {
  std::string region = "us-east-1";
  std::string account = "000000000000";
  std::uint32_t retention_hours = 24;        // of new streams
  std::uint32_t shard_limit = 20'000;        // open shards of all streams together
  std::uint32_t shards_per_stream = 10'000;  // open ones
  std::uint32_t on_demand_streams = 50;      // said by DescribeLimits, not enforced
};

// All of it must outlive the API.
struct Backend {
  Catalogue& catalogue;
  StreamReader& reader;
  Committer& committer;
  const Clock& clock;
};

// One for the server; its members may be used on any thread.
struct Api {
  Api(const Backend& given, Settings its, const TokenKey& key)
      : catalogue(given.catalogue),
        reader(given.reader),
        committer(given.committer),
        clock(given.clock),
        settings(std::move(its)),
        seal(key),
        rates(given.clock),
        scalings(given.clock, 10),
        mode_switches(given.clock, 2) {}

  Catalogue& catalogue;
  StreamReader& reader;
  Committer& committer;
  const Clock& clock;
  const Settings settings;
  const TokenSeal seal;
  RateLimits rates;
  DailyLimit scalings;       // UpdateShardCount: ten in 24 hours (API reference)
  DailyLimit mode_switches;  // UpdateStreamMode: two in 24 hours (API reference)
  Turnstile tag_changes;
  PutParserPool put_parsers;

  [[nodiscard]] std::string arn_of(std::string_view stream) const {
    return "arn:aws:kinesis:" + settings.region + ":" + settings.account + ":stream/" + std::string(stream);
  }
};

}  // namespace shardmill::http::kinesis
