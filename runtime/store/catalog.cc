#include "store/catalog.h"

#include <algorithm>
#include <mutex>

namespace shardmill::store {

StreamRef Catalog::find(std::string_view name) const {
  std::shared_lock lock(mutex_);
  auto at = streams_.find(name);
  return at == streams_.end() ? nullptr : at->second;
}

std::vector<StreamRef> Catalog::list() const {
  std::shared_lock lock(mutex_);
  std::vector<StreamRef> all;
  all.reserve(streams_.size());
  for (const auto& [name, stream] : streams_) all.push_back(stream);
  return all;
}

void Catalog::put(StreamRef stream) {
  std::string name = stream->name;
  {
    std::lock_guard lock(mutex_);
    streams_.insert_or_assign(name, std::move(stream));
  }
  tell(name);
}

void Catalog::erase(const std::string& name) {
  {
    std::lock_guard lock(mutex_);
    streams_.erase(name);
  }
  tell(name);
}

// Taking the listener out under the mutex under which listeners are called: none is called after its handle is gone.
class Catalog::ListenerHandle : public Interface {
 public:
  ListenerHandle(std::shared_ptr<Listeners> listeners, decltype(Listeners::all)::iterator at)
      : listeners_(std::move(listeners)), at_(at) {}
  ~ListenerHandle() override {
    std::lock_guard lock(listeners_->mutex);
    listeners_->all.erase(at_);
  }

 private:
  std::shared_ptr<Listeners> listeners_;
  decltype(Listeners::all)::iterator at_;
};

std::unique_ptr<Interface> Catalog::on_change(std::function<void(const std::string& name)> changed) {
  std::lock_guard lock(listeners_->mutex);
  listeners_->all.push_back(std::move(changed));
  return std::make_unique<ListenerHandle>(listeners_, std::prev(listeners_->all.end()));
}

void Catalog::tell(const std::string& name) {
  std::lock_guard lock(listeners_->mutex);
  for (auto& changed : listeners_->all) changed(name);
}

void index_open_shards(StreamInfo& stream) {
  stream.open_by_hash.clear();
  for (std::uint32_t i = 0; i < stream.shards.size(); ++i) {
    if (stream.shards[i].is_open()) stream.open_by_hash.push_back(i);
  }
  std::ranges::sort(stream.open_by_hash, {}, [&](std::uint32_t i) { return stream.shards[i].range.first; });
}

}  // namespace shardmill::store
