// Sums up clicks: for every session in a batch one summary goes to the stream "sessions". A session whose clicks come in
// several batches gives several summaries, which add up: counts are added, the first and last times are the least and
// the greatest. Because a batch and what it emits are settled together, every click is counted exactly once, whatever
// crashes in between.
#include <algorithm>
#include <map>
#include <string>

#include <nlohmann/json.hpp>
#include <shardmill/function.h>

namespace {

using nlohmann::json;

struct Summary {
  std::string user;
  std::string first;  // ISO times compare as text
  std::string last;
  std::uint64_t clicks = 0;
  std::uint64_t added = 0;  // to the cart
  bool bought = false;
  bool left = false;
};

// Adds one click. Throws nlohmann::json::exception if the record is not one.
void add_click(std::map<std::string, Summary>& sessions, std::string_view text) {
  json click = json::parse(text);
  std::string at = click.at("at");
  std::string action = click.at("action");
  Summary& summary = sessions[click.at("session")];
  summary.user = click.at("user");
  summary.first = summary.clicks == 0 ? at : std::min(summary.first, at);
  summary.last = std::max(summary.last, at);
  summary.clicks += 1;
  summary.added += action == "add" ? 1 : 0;
  summary.bought = summary.bought || action == "buy";
  summary.left = summary.left || action == "leave";
}

void summarize(const shardmill::StreamBatch& batch, shardmill::Context& ctx) {
  std::map<std::string, Summary> sessions;
  for (shardmill::Record record : batch) {
    try {
      add_click(sessions, record.data());
    } catch (const json::exception& error) {
      // To throw would hold up the shard until the record expires: one that can never be read is left out, and said.
      ctx.warn("skipped ", record.sequence_number(), ": ", error.what());
    }
  }
  for (const auto& [session, summary] : sessions) {
    nlohmann::ordered_json out{{"session", session},       {"user", summary.user}, {"clicks", summary.clicks},
                               {"first", summary.first},   {"last", summary.last}, {"added", summary.added},
                               {"bought", summary.bought}, {"ended", summary.left}};
    ctx.emit("sessions", summary.user, out.dump());
  }
  ctx.info(batch.size(), " clicks in ", sessions.size(), " sessions");
}

}  // namespace

SHARDMILL_FUNCTION(summarize)
