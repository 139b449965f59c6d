// The changes that Catalogue offers but for splits and merges (reshard.h).
#pragma once

#include <vector>

#include "store/change.h"

namespace shardmill::store {

inline constexpr std::uint32_t kMaxShards = 10'000;  // open ones, of one stream

class CreateStream : public Change {
 public:
  CreateStream(NewStream stream, Callback<Result<StreamRef>> done)
      : wanted_(std::move(stream)), done_(std::move(done)) {}
  Result<bool> write(Core& core) override;
  void publish(Core& core) override;
  void refuse(Error error) override { done_(std::unexpected(std::move(error))); }

 private:
  NewStream wanted_;
  Callback<Result<StreamRef>> done_;
  std::shared_ptr<StreamInfo> made_;
};

class RemoveStream : public Change {
 public:
  RemoveStream(std::string name, Callback<Result<void>> done) : name_(std::move(name)), done_(std::move(done)) {}
  Result<bool> write(Core& core) override;
  void publish(Core& core) override;
  void refuse(Error error) override { done_(std::unexpected(std::move(error))); }

 private:
  std::string name_;
  Callback<Result<void>> done_;
  StreamRef removed_;
};

class ChangeStream : public Change {
 public:
  ChangeStream(std::string name, StreamChange change, Callback<Result<StreamRef>> done)
      : name_(std::move(name)), change_(std::move(change)), done_(std::move(done)) {}
  Result<bool> write(Core& core) override;
  void publish(Core& core) override;
  void refuse(Error error) override { done_(std::unexpected(std::move(error))); }

 private:
  std::string name_;
  StreamChange change_;
  Callback<Result<StreamRef>> done_;
  std::shared_ptr<StreamInfo> changed_;
};

// The stream of that name, or not_found in words.
Result<StreamRef> existing(const Core& core, const std::string& name);

// Makes the live state of new shards and puts it into the table.
void add_shards(Core& core, const StreamInfo& stream, std::span<const ShardInfo> shards);

}  // namespace shardmill::store
