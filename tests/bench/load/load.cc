// shardmill_load: puts load on a server that speaks the Kinesis API, and prints what it saw as one line of JSON.
#include <iostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "tests/bench/load/closed_loop.h"
#include "tests/bench/load/open_loop.h"
#include "tests/bench/load/requests.h"
#include "tests/bench/load/samples.h"

namespace shardmill::bench {
namespace {

struct Options {
  std::string endpoint;
  RequestShape shape;
  std::uint64_t total = 0;  // records
  std::size_t connections = 0;
  double rate = 0;  // a second
};

void add_common(CLI::App& command, Options& options) {
  command.add_option("--endpoint", options.endpoint, "http://IPV4:PORT")->required();
  command.add_option("--stream", options.shape.stream, "stream to put to")->required();
  command.add_option("--total", options.total, "records in all")->required();
  command.add_option("--size", options.shape.data_size, "bytes of each record")->capture_default_str();
  command.add_option("--connections", options.connections, "connections at once")->capture_default_str();
}

double us(std::int64_t ns) {
  return static_cast<double>(ns) * 1e-3;
}

Result<std::string> put_many(Options& options, const Target& target) {
  // A few megabytes of different requests: more than the caches next to the cores hold.
  std::size_t variants = 64;
  std::vector<std::string> requests = put_records_requests(options.shape, variants);
  std::uint64_t count = std::max<std::uint64_t>(options.total / options.shape.records, 1);
  double before = cpu_seconds();
  Result<ClosedLoopResult> ran = run_closed_loop(target, requests, count, options.connections);
  if (!ran) return std::unexpected(ran.error());
  std::uint64_t records = ran->requests * options.shape.records;
  return fmt::format(
      R"({{"records": {}, "seconds": {:.6f}, "records_per_s": {:.0f}, "requests": {}, "answer_p50_us": {:.0f}, )"
      R"("answer_p99_us": {:.0f}, "generator_cpu_s": {:.3f}}})",
      records, ran->seconds, static_cast<double>(records) / ran->seconds, ran->requests,
      us(quantile(ran->answer_ns, 0.5)), us(quantile(ran->answer_ns, 0.99)), cpu_seconds() - before);
}

Result<std::string> put_evenly(Options& options, const Target& target) {
  double before = cpu_seconds();
  Result<OpenLoopResult> ran =
      run_open_loop(target, options.shape, options.rate, options.total, options.connections);
  if (!ran) return std::unexpected(ran.error());
  return fmt::format(
      R"({{"records": {}, "seconds": {:.6f}, "records_per_s": {:.0f}, "answer_p50_us": {:.0f}, )"
      R"("answer_p99_us": {:.0f}, "late_p50_us": {:.0f}, "late_p99_us": {:.0f}, "generator_cpu_s": {:.3f}}})",
      ran->requests, ran->seconds, static_cast<double>(ran->requests) / ran->seconds,
      us(quantile(ran->answer_ns, 0.5)), us(quantile(ran->answer_ns, 0.99)), us(quantile(ran->late_ns, 0.5)),
      us(quantile(ran->late_ns, 0.99)), cpu_seconds() - before);
}

int report(const Result<std::string>& line) {
  if (!line) {
    std::cerr << "shardmill_load: " << line.error().text << "\n";
    return 1;
  }
  std::cout << *line << std::endl;
  return 0;
}

int run(int argc, char** argv) {
  CLI::App root{"Puts load on a server that speaks the Kinesis API."};
  root.require_subcommand(1);
  Options options;
  CLI::App* many = root.add_subcommand("many", "PutRecords in a closed loop, as fast as answers come");
  CLI::App* evenly =
      root.add_subcommand("evenly", "single PutRecord in an open loop; the data holds the send time");
  options.connections = 8;
  add_common(*many, options);
  many->add_option("--batch", options.shape.records, "records of one PutRecords")->capture_default_str();
  add_common(*evenly, options);
  evenly->add_option("--rate", options.rate, "puts a second")->required();
  CLI11_PARSE(root, argc, argv);

  Result<Target> target = parse_target(options.endpoint);
  if (!target) return report(std::unexpected(target.error()));
  options.shape.host = fmt::format("{}:{}", target->address, target->port);
  return report(many->parsed() ? put_many(options, *target) : put_evenly(options, *target));
}

}  // namespace
}  // namespace shardmill::bench

int main(int argc, char** argv) {
  return shardmill::bench::run(argc, argv);
}
