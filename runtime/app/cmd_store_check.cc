// shardmill store check: whether the data of a server that does not run is what was written.
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/sequence.h"
#include "app/cmd_store.h"
#include "app/serve/folder.h"
#include "app/table.h"
#include "store/check.h"

namespace shardmill::app {
namespace {

using nlohmann::json;
using store::CheckReport;
using store::Finding;

struct CheckOptions {
  std::string folder;
  bool json = false;
};

std::string next_step(const Finding& finding, const CheckOptions& options) {
  switch (finding.remedy) {
    case store::Remedy::accept_loss:
      return fmt::format("restore a copy, or go on without them: shardmill store accept-loss {} {} {}",
                         options.folder, finding.stream, shard_id(*finding.shard));
    case store::Remedy::accept_catalogue_loss:
      return fmt::format("restore a copy, or go on without them: shardmill store accept-loss {} --catalogue",
                         options.folder);
    case store::Remedy::restore:
      break;
  }
  return "restore a copy of the data folder";
}

// "stream clicks, shardId-000000000000, positions 5 to 9: records are damaged or gone"
std::string sentence(const Finding& finding) {
  std::string text;
  if (!finding.stream.empty()) text += "stream " + finding.stream;
  if (finding.shard) text += ", " + shard_id(*finding.shard);
  if (finding.positions) {
    text += fmt::format(", positions {} to {}", finding.positions->first.value, finding.positions->last.value);
  }
  return text.empty() ? finding.what : text + ": " + finding.what;
}

struct Sum {
  std::uint64_t shards = 0;
  std::uint64_t records = 0;
  std::uint64_t accepted_losses = 0;
  std::uint64_t missing = 0;

  void add(const store::CheckedStream& stream) {
    shards += stream.shards.size();
    for (const store::CheckedShard& shard : stream.shards) {
      records += shard.records;
      accepted_losses += shard.accepted_losses;
      missing += shard.missing;
    }
  }
};

std::string counted(std::uint64_t count, std::string_view of) {
  return fmt::format("{} {}{}", grouped(count), of, count == 1 ? "" : "s");
}

void print_text(const CheckReport& report, const CheckOptions& options) {
  Table table({{"STREAM"}, {"SHARDS", true}, {"RECORDS", true}, {"GIVEN UP", true}, {"MISSING", true}});
  Sum all;
  for (const store::CheckedStream& stream : report.streams) {
    Sum sum;
    sum.add(stream);
    all.add(stream);
    table.add({stream.name, grouped(sum.shards), grouped(sum.records), grouped(sum.accepted_losses),
               Cell(grouped(sum.missing), sum.missing > 0 ? Tone::bad : Tone::plain)});
  }
  if (!table.empty()) {
    table.print();
    fmt::print("\n");
  }
  for (const std::string& note : report.notes) fmt::print("note: {}\n", printable(note));
  for (const Finding& finding : report.findings) {
    fmt::print("{}\n  {}\n", paint(printable(sentence(finding)), Tone::bad, use_colour()),
               printable(next_step(finding, options)));
  }
  if (report.findings.empty()) {
    fmt::print("sound: {}, {}, {}\n", counted(report.streams.size(), "stream"), counted(all.shards, "shard"),
               counted(all.records, "record"));
  } else {
    fmt::print("damaged: {}, {} missing\n", counted(report.findings.size(), "finding"),
               counted(all.missing, "record"));
  }
}

json json_of(const store::CheckedStream& stream) {
  json shards = json::array();
  for (const store::CheckedShard& shard : stream.shards) {
    shards.push_back({{"shard", shard_id(shard.number)},
                      {"open", shard.is_open},
                      {"first", shard.first.value},
                      {"last", shard.last.value},
                      {"records", shard.records},
                      {"givenUp", shard.accepted_losses},
                      {"missing", shard.missing}});
  }
  return {{"name", stream.name}, {"shards", std::move(shards)}};
}

json json_of(const Finding& finding, const CheckOptions& options) {
  json object = {{"what", finding.what}, {"next", next_step(finding, options)}};
  if (!finding.stream.empty()) object["stream"] = finding.stream;
  if (finding.shard) object["shard"] = shard_id(*finding.shard);
  if (finding.positions) {
    object["first"] = finding.positions->first.value;
    object["last"] = finding.positions->last.value;
  }
  return object;
}

void print_json(const CheckReport& report, const CheckOptions& options) {
  json streams = json::array();
  for (const store::CheckedStream& stream : report.streams) streams.push_back(json_of(stream));
  json findings = json::array();
  for (const Finding& finding : report.findings) findings.push_back(json_of(finding, options));
  json whole = {
      {"sound", report.findings.empty()}, {"streams", streams}, {"findings", findings}, {"notes", report.notes}};
  fmt::print("{}\n", whole.dump(2, ' ', false, json::error_handler_t::replace));
}

int check(const CheckOptions& options) {
  Result<ServeFolder> folder = find_serve_folder(options.folder);
  if (!folder) return report(folder.error());
  Result<CheckReport> checked = store::check_store(folder->data());
  if (!checked) {
    report(checked.error());
    return kBadUsage;  // 1 says "damaged"
  }
  options.json ? print_json(*checked, options) : print_text(*checked, options);
  return checked->findings.empty() ? kOk : kFailed;
}

}  // namespace

void add_store_check(Cli& cli, CLI::App& group) {
  CLI::App& command = cli.add(group, "check", "Read everything and say whether it is what was written",
                              {"shardmill store check mymill", "shardmill store check mymill --json",
                               "shardmill store check /backup/mymill  # a copy is checked the same way"});
  auto options = std::make_shared<CheckOptions>();
  command.add_option("DIR", options->folder, "Folder of the server, which must not run")->required()->type_name("");
  command.add_flag("--json", options->json, "Print JSON");
  cli.on_run(command, [options] { return check(*options); });
}

}  // namespace shardmill::app
