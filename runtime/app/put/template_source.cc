#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include "app/put/source.h"

namespace shardmill::app {
namespace {

using SystemClock = std::chrono::system_clock;

class TemplateSource : public RecordSource {
 public:
  TemplateSource(RecordTemplate record_template, RecordRules rules, TemplateLimits limits, std::uint64_t seed)
      : template_(std::move(record_template)), rules_(std::move(rules)), limits_(limits), dice_(seed) {}

  Result<Next> next() override {
    if (limits_.count && made_ >= *limits_.count) return Next{};
    if (limits_.duration && elapsed() >= *limits_.duration) return Next{};
    auto now = std::chrono::duration_cast<std::chrono::milliseconds>(SystemClock::now().time_since_epoch());
    std::string text = template_.fill(dice_, {.number = ++made_, .now = {now.count()}});
    Result<PutRecord> record = make_record(std::move(text), made_, rules_);
    if (!record) return fail(record.error().code, fmt::format("template: {}", record.error().text));
    return Next{State::ready, std::move(*record)};
  }

  // There is nothing to wait for: next() never says `waiting`.
  Task<> wait(std::optional<SteadyTime>) override { co_return; }

  [[nodiscard]] std::optional<double> fraction() const override {
    std::optional<double> done;
    if (limits_.count)
      done = static_cast<double>(made_) / static_cast<double>(std::max<std::uint64_t>(*limits_.count, 1));
    if (limits_.duration) {
      using Seconds = std::chrono::duration<double>;
      done = std::max(done.value_or(0), Seconds(elapsed()) / Seconds(*limits_.duration));
    }
    return done ? std::optional(std::min(*done, 1.0)) : std::nullopt;
  }

 private:
  [[nodiscard]] std::chrono::steady_clock::duration elapsed() const {
    return std::chrono::steady_clock::now() - started_;
  }

  RecordTemplate template_;
  RecordRules rules_;
  TemplateLimits limits_;
  Dice dice_;
  std::uint64_t made_ = 0;
  SteadyTime started_ = std::chrono::steady_clock::now();
};

}  // namespace

std::unique_ptr<RecordSource> template_source(RecordTemplate record_template, RecordRules rules,
                                              TemplateLimits limits, std::uint64_t seed) {
  return std::make_unique<TemplateSource>(std::move(record_template), std::move(rules), limits, seed);
}

}  // namespace shardmill::app
