#include "dispatch/filter/event_pattern.h"

#include "dispatch/filter/walk.h"

namespace shardmill::filter {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;

struct LeafJudge {
  const PatternNode& leaf;
  bool present = false;

  bool judge(const element& value) {
    if (value.is_object()) return false;
    array items;
    if (value.get(items) == simdjson::SUCCESS) {
      for (element item : items) {
        if (judge(item)) return true;
      }
      return false;
    }
    present = true;
    for (const ValueMatcher& matcher : leaf.values) {
      if (matches(matcher, value)) return true;
    }
    return false;
  }
};

bool accepts_absence(const PatternNode& leaf) {
  for (const ValueMatcher& matcher : leaf.values) {
    if (const auto* exists = std::get_if<Exists>(&matcher); exists != nullptr && !exists->wanted) return true;
  }
  return false;
}

bool matches_leaf(const PatternNode& leaf, const Views& views) {
  LeafJudge judge{leaf};
  for (const View& view : views) {
    if (view.pending.empty() && judge.judge(view.value)) return true;
  }
  return !judge.present && accepts_absence(leaf);
}

bool matches_at(const PatternNode& node, const Views& views);

// All keys and alternatives of `node`, against objects only.
bool matches_objects(const PatternNode& node, const Views& objects) {
  Views below;
  for (const PatternNode& key : node.keys) {
    below.clear();
    for (const View& view : objects) descend(view, key.name, below);
    if (!matches_at(key, below)) return false;
  }
  for (const std::vector<PatternNode>& alternatives : node.any_of) {
    bool any = false;
    for (const PatternNode& alternative : alternatives) any = any || matches_objects(alternative, objects);
    if (!any) return false;
  }
  return true;
}

// Some element of the array, or of arrays within it, has everything that `node` asks for.
bool matches_some_element(const PatternNode& node, const array& items) {
  for (element item : items) {
    array inner;
    if (item.get(inner) == simdjson::SUCCESS) {
      if (matches_some_element(node, inner)) return true;
    } else if (item.is_object() && matches_objects(node, {View{item, {}}})) {
      return true;
    }
  }
  return false;
}

bool has_object(const array& items) {
  for (element item : items) {
    array inner;
    if (item.is_object() || (item.get(inner) == simdjson::SUCCESS && has_object(inner))) return true;
  }
  return false;
}

bool matches_at(const PatternNode& node, const Views& views) {
  if (node.is_leaf()) return matches_leaf(node, views);
  bool only_arrays_of_objects = false;
  Views objects;
  for (const View& view : views) {
    array items;
    if (view.pending.empty() && view.value.get(items) == simdjson::SUCCESS) {
      if (matches_some_element(node, items)) return true;
      only_arrays_of_objects = only_arrays_of_objects || has_object(items);
    } else {
      objects.push_back(view);
    }
  }
  if (objects.empty() && only_arrays_of_objects) return false;
  return matches_objects(node, objects);
}

}  // namespace

bool matches(const PatternNode& node, const element& event) {
  return matches_at(node, {View{event, {}}});
}

bool EventPattern::matches(const element& event) const {
  return filter::matches(root_, event);
}

}  // namespace shardmill::filter
