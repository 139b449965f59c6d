#include "app/invoke/report.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "app/table.h"
#include "app/terminal.h"
#include "base/base64.h"
#include "base/utf8.h"

namespace shardmill::app {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t kShownData = 1000;  // bytes of an output or of the response; --json has all of them

Tone tone_of(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return Tone::faint;
    case LogLevel::warn:
      return Tone::warn;
    case LogLevel::error:
      return Tone::bad;
    case LogLevel::info:
      break;
  }
  return Tone::plain;
}

const char* name_of(OutcomeKind kind) {
  switch (kind) {
    case OutcomeKind::success:
      return "success";
    case OutcomeKind::error:
      return "error";
    case OutcomeKind::crash:
      return "crash";
    case OutcomeKind::timeout:
      return "timeout";
    case OutcomeKind::out_of_memory:
      return "out_of_memory";
    case OutcomeKind::protocol:
      return "protocol";
    case OutcomeKind::not_started:
      break;
  }
  return "not_started";
}

std::string shown(std::string_view bytes) {
  if (bytes.size() <= kShownData) return std::string(bytes);
  return fmt::format("{} ... ({} bytes)", bytes.substr(0, kShownData), grouped(bytes.size()));
}

std::string milliseconds(std::chrono::microseconds time) {
  return fmt::format("{:.3g} ms", static_cast<double>(time.count()) / 1000);
}

std::string subject(const RunReport& report) {
  if (report.stream.empty()) return "";
  return fmt::format(", {} record{} of {}", grouped(report.records), report.records == 1 ? "" : "s",
                     printable(report.stream));
}

// Text as text, other bytes in base64, under the key that says which.
void put_bytes(ordered_json& object, const std::string& key, const std::string& bytes) {
  if (is_utf8(bytes)) {
    object[key] = bytes;
  } else {
    object[key + "Base64"] = base64_encode(as_bytes(bytes));
  }
}

ordered_json json_of(const RunOutput& output) {
  ordered_json object = {{"stream", output.stream}, {"partitionKey", output.partition_key}};
  if (!output.hash_key.empty()) object["explicitHashKey"] = output.hash_key;
  put_bytes(object, "data", output.data);
  return object;
}

}  // namespace

void print_log_line(const LogLine& line) {
  const std::string level = fmt::format("{:<5}", log_level_name(line.level));
  fmt::print("{}  {}\n", paint(level, tone_of(line.level), use_colour()), printable(line.text));
  std::fflush(stdout);
}

void print_report(const RunReport& report) {
  const bool coloured = use_colour();
  if (!report.outputs.empty()) {
    Table table({{"STREAM"}, {"KEY"}, {"DATA"}});
    for (const RunOutput& output : report.outputs) {
      table.add({output.stream, output.partition_key, Cell(shown(output.data))});
    }
    table.print();
  }
  if (!report.response.empty())
    fmt::print("{} {}\n", paint("response", Tone::strong, coloured), printable(shown(report.response)));
  if (report.renumbered) {
    fmt::print("{}\n", paint("the event's sequence numbers were replaced: they are not of one shard", Tone::faint,
                             coloured));
  }
  const Outcome& outcome = report.outcome;
  if (outcome.kind == OutcomeKind::success) {
    fmt::print("{} in {}{}\n", paint("success", Tone::good, coloured), milliseconds(report.duration),
               subject(report));
    return;
  }
  const bool started = outcome.kind != OutcomeKind::not_started;
  fmt::print("{} {}{}{}\n", paint(started ? "failed" : "not started", Tone::bad, coloured),
             started ? fmt::format("in {}{}: ", milliseconds(report.duration), subject(report)) : std::string(),
             started && !outcome.error_type.empty() ? printable(outcome.error_type) + ": " : std::string(),
             printable(outcome.reason));
}

void print_json_report(const Deployment& deployment, const RunReport& report, const std::vector<LogLine>& logs) {
  ordered_json object = {{"function", deployment.function},
                         {"version", deployment.version},
                         {"requestId", report.request_id},
                         {"outcome", name_of(report.outcome.kind)}};
  if (report.outcome.kind != OutcomeKind::success) {
    object["errorType"] = report.outcome.error_type;
    object["reason"] = report.outcome.reason;
  }
  object["durationMs"] = static_cast<double>(report.duration.count()) / 1000;
  if (!report.stream.empty()) {
    object["stream"] = report.stream;
    object["records"] = report.records;
    object["renumbered"] = report.renumbered;
  }
  object["outputs"] = ordered_json::array();
  for (const RunOutput& output : report.outputs) object["outputs"].push_back(json_of(output));
  object["logs"] = ordered_json::array();
  for (const LogLine& line : logs) {
    ordered_json entry = {{"level", log_level_name(line.level)}};
    put_bytes(entry, "text", line.text);
    object["logs"].push_back(std::move(entry));
  }
  put_bytes(object, "response", report.response);
  fmt::print("{}\n", object.dump(-1, ' ', false, ordered_json::error_handler_t::replace));
}

}  // namespace shardmill::app
