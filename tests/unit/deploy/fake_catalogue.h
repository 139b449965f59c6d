// A catalogue of streams that are just there.
#pragma once

#include <map>
#include <utility>

#include "api/streams.h"

namespace shardmill::test {

class FakeCatalogue final : public Catalogue {
 public:
  explicit FakeCatalogue(std::vector<std::string> names = {}) {
    for (std::string& name : names) add(std::move(name));
  }

  // Adds a stream and tells those who listen.
  void add(std::string name) {
    auto info = std::make_shared<StreamInfo>();
    info->name = name;
    streams_[name] = info;
    if (changed_) changed_(name);
  }

  StreamRef find(std::string_view name) const override {
    auto at = streams_.find(name);
    return at == streams_.end() ? nullptr : at->second;
  }
  std::vector<StreamRef> list() const override {
    std::vector<StreamRef> all;
    for (const auto& [name, stream] : streams_) all.push_back(stream);
    return all;
  }
  void create(NewStream, Callback<Result<StreamRef>>) override {}
  void remove(std::string, Callback<Result<void>>) override {}
  void change(std::string, StreamChange, Callback<Result<StreamRef>>) override {}
  void reshard(std::string, std::vector<std::variant<SplitAt, MergeOf>>, Callback<Result<StreamRef>>) override {}
  std::unique_ptr<Interface> on_change(std::function<void(const std::string& name)> changed) override {
    changed_ = std::move(changed);
    return nullptr;
  }

 private:
  std::map<std::string, StreamRef, std::less<>> streams_;
  std::function<void(const std::string&)> changed_;
};

}  // namespace shardmill::test
