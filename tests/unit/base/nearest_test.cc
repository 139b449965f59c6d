#include "base/nearest.h"

#include <catch2/catch.hpp>

using shardmill::did_you_mean;
using shardmill::edit_distance;
using shardmill::nearest;

namespace {
const std::vector<std::string> kKeys = {"BatchSize", "Enabled", "StartingPosition", "StartingPositionTimestamp",
                                        "Stream"};
}

TEST_CASE("edit distance counts inserted, removed, replaced and swapped letters") {
  CHECK(edit_distance("", "") == 0);
  CHECK(edit_distance("abc", "abc") == 0);
  CHECK(edit_distance("abc", "ABC") == 0);
  CHECK(edit_distance("abc", "ab") == 1);
  CHECK(edit_distance("abc", "abxc") == 1);
  CHECK(edit_distance("abc", "axc") == 1);
  CHECK(edit_distance("abc", "acb") == 1);
  CHECK(edit_distance("", "four") == 4);
  CHECK(edit_distance("kitten", "sitting") == 3);
}

TEST_CASE("edit distance of endless words stays bounded") {
  std::string endless(100'000, 'a');
  CHECK(edit_distance(endless, "b") == 64);
}

TEST_CASE("a slip of the finger finds the key that was meant") {
  CHECK(nearest("BatchSiz", kKeys) == "BatchSize");
  CHECK(nearest("batchsize", kKeys) == "BatchSize");
  CHECK(nearest("BacthSize", kKeys) == "BatchSize");
  CHECK(nearest("Straem", kKeys) == "Stream");
  CHECK(nearest("StartingPositon", kKeys) == "StartingPosition");
}

TEST_CASE("a beginning is enough of a hint") {
  CHECK(nearest("Batch", kKeys) == "BatchSize");
  CHECK(nearest("StreamName", kKeys) == "Stream");
}

TEST_CASE("a word unlike all others has no nearest one") {
  CHECK_FALSE(nearest("Retries", kKeys));
  CHECK_FALSE(nearest("x", kKeys));
  CHECK_FALSE(nearest("", kKeys));
  CHECK_FALSE(nearest("Stream", {}));
}

TEST_CASE("the hint is an end of a sentence") {
  CHECK(did_you_mean("Enabld", kKeys) == "; did you mean \"Enabled\"?");
  CHECK(did_you_mean("Retries", kKeys).empty());
}
