#include "dispatch/filter/explain.h"

#include "dispatch/filter/walk.h"

namespace shardmill::filter {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;

constexpr std::size_t kMostFound = 120;  // characters of a value that are shown

class Explainer {
 public:
  explicit Explainer(const element& event) : event_(event) {}

  void visit(const PatternNode& node) {
    if (!node.name.empty()) path_.push_back(node.name);
    if (node.is_leaf()) judge(node);
    for (const PatternNode& key : node.keys) visit(key);
    for (const auto& alternatives : node.any_of) {
      for (const PatternNode& alternative : alternatives) visit(alternative);
    }
    if (!node.name.empty()) path_.pop_back();
  }

  std::vector<KeyVerdict> take() { return std::move(verdicts_); }

 private:
  void judge(const PatternNode& leaf) {
    KeyVerdict verdict;
    PatternNode alone = leaf;
    for (auto step = path_.rbegin(); step != path_.rend(); ++step) {
      verdict.path = verdict.path.empty() ? *step : *step + "." + verdict.path;
      PatternNode above;
      alone.name = *step;
      above.keys.push_back(std::move(alone));
      alone = std::move(above);
    }
    verdict.matched = matches(alone, event_);
    verdict.found = found_at_path();
    verdict.wanted = leaf.text;
    verdicts_.push_back(std::move(verdict));
  }

  std::string found_at_path() const {
    Views views = {View{event_, {}}};
    for (const std::string& step : path_) {
      Views below;
      for (const View& view : views) descend_into_elements(view, step, below);
      views = std::move(below);
    }
    std::string text;
    for (const View& view : views) {
      if (!view.pending.empty()) continue;
      text += (text.empty() ? "" : ", ") + simdjson::minify(view.value);
    }
    if (text.size() > kMostFound) text = text.substr(0, kMostFound) + "...";
    return text.empty() ? "nothing" : text;
  }

  static void descend_into_elements(const View& view, const std::string& step, Views& out) {
    array items;
    if (view.pending.empty() && view.value.get(items) == simdjson::SUCCESS) {
      for (element item : items) descend_into_elements(View{item, {}}, step, out);
    } else {
      descend(view, step, out);
    }
  }

  const element& event_;
  std::vector<std::string> path_;
  std::vector<KeyVerdict> verdicts_;
};

}  // namespace

std::vector<KeyVerdict> explain(const EventPattern& pattern, const element& event) {
  Explainer explainer(event);
  explainer.visit(pattern.root());
  return explainer.take();
}

}  // namespace shardmill::filter
