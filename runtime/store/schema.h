// The tables, and the ordered steps that bring a database of any older version to the newest one.
//
// Every row outside `chunks` ends with a check: row_crc(...) over its other columns, so that a flipped bit in a
// checkpoint or a shard's range is noticed when it is read. Chunks have their own seal (chunk_table.h).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "store/db.h"

namespace shardmill::store {

struct Migration {
  std::int64_t version;  // the database's version after it
  std::string sql;
};

// In order, from version 1. Only ever grown at the end.
const std::vector<Migration>& migrations();

// Adds the SQL function row_crc to the connection. Every connection that runs our SQL needs it.
Result<void> add_row_crc(Database& db);

// Sets what must be set before the first page is written, then brings the database up to `wanted` (the newest by
// default; an older one in tests), each step in a transaction of its own. Fails with invalid on a newer database.
Result<void> migrate(Database& db, std::int64_t wanted = migrations().back().version);

}  // namespace shardmill::store
