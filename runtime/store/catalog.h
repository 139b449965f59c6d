// The streams that there are, as immutable snapshots. Readers take a reference and keep it; the writer thread replaces
// a snapshot as a whole after its change is durable.
#pragma once

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <vector>

#include "api/streams.h"

namespace shardmill::store {

class Catalog {
 public:
  // Any thread.
  [[nodiscard]] StreamRef find(std::string_view name) const;
  [[nodiscard]] std::vector<StreamRef> list() const;
  std::unique_ptr<Interface> on_change(std::function<void(const std::string& name)> changed);

  // Writer thread. Both tell the listeners.
  void put(StreamRef stream);
  void erase(const std::string& name);

  // At open, before there are other threads.
  void load(StreamRef stream) { streams_.insert_or_assign(stream->name, stream); }

 private:
  struct Listeners {
    std::mutex mutex;
    std::list<std::function<void(const std::string& name)>> all;  // guarded by mutex
  };
  class ListenerHandle;

  void tell(const std::string& name);

  mutable std::shared_mutex mutex_;
  std::map<std::string, StreamRef, std::less<>> streams_;  // guarded by mutex_
  // shared: a handle may outlive the catalogue
  const std::shared_ptr<Listeners> listeners_ = std::make_shared<Listeners>();
};

// Puts open_by_hash in order after `stream.shards` has changed.
void index_open_shards(StreamInfo& stream);

}  // namespace shardmill::store
