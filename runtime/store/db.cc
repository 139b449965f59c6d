#include "store/db.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include <fmt/format.h>

namespace shardmill::store {
namespace {

// A quota and a limit on the size of files (EFBIG) are met as a full disk is: by waiting for space.
bool is_lack_of_space(int system_errno) {
  return system_errno == ENOSPC || system_errno == EDQUOT || system_errno == EFBIG;
}

// What a failure of SQLite means to us. A sync that failed must never be retried (the kernel may have dropped the
// dirty pages), so it has a code of its own.
Errc category(int extended, int system_errno) {
  switch (extended) {
    case SQLITE_IOERR_FSYNC:
    case SQLITE_IOERR_DIR_FSYNC:
      return Errc::unavailable;
    case SQLITE_FULL:
      return Errc::full;
    default:
      break;
  }
  switch (extended & 0xff) {
    case SQLITE_FULL:
      return Errc::full;
    case SQLITE_IOERR:
      return is_lack_of_space(system_errno) ? Errc::full : Errc::io;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Errc::corrupt;
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Errc::io;
    default:
      return Errc::internal;
  }
}

// `system_errno`: what errno was after the call that failed; SQLite's own note of it is lost in most of its ways out.
Error error_of(sqlite3* db, int system_errno, std::string_view doing) {
  int extended = sqlite3_extended_errcode(db);
  std::string what = sqlite3_errmsg(db);
  if ((extended & 0xff) == SQLITE_IOERR && system_errno != 0)
    what += fmt::format(": {}", std::strerror(system_errno));
  return {category(extended, system_errno), fmt::format("store: {} ({}), at: {}", what, extended, doing)};
}

}  // namespace

Result<bool> Cursor::next() {
  errno = 0;
  int rc = sqlite3_step(statement_);
  if (rc == SQLITE_ROW) return true;
  if (rc == SQLITE_DONE) return false;
  return std::unexpected(error_of(sqlite3_db_handle(statement_), errno, sqlite3_sql(statement_)));
}

std::string_view Cursor::text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  return text == nullptr
             ? std::string_view()
             : std::string_view(text, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)));
}

Bytes Cursor::blob(int column) const {
  const auto* data = static_cast<const std::byte*>(sqlite3_column_blob(statement_, column));
  if (data == nullptr) return {};
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

void Statement::bind(int index, std::string_view value) {
  sqlite3_bind_text64(handle_.get(), index, value.data() == nullptr ? "" : value.data(), value.size(),
                      SQLITE_STATIC, SQLITE_UTF8);
}

void Statement::bind(int index, Bytes value) {
  static constexpr char kEmpty = 0;
  const void* data = value.data() == nullptr ? static_cast<const void*>(&kEmpty) : value.data();
  sqlite3_bind_blob64(handle_.get(), index, data, value.size(), SQLITE_STATIC);
}

Result<void> BlobReader::read(std::int64_t rowid, std::span<std::byte> into) {
  errno = 0;
  int rc = SQLITE_OK;
  if (blob_ == nullptr) {
    sqlite3_blob* blob = nullptr;
    rc = sqlite3_blob_open(db_, "main", table_, column_, rowid, 0, &blob);
    blob_.reset(blob);
  } else {
    rc = sqlite3_blob_reopen(blob_.get(), rowid);
  }
  if (rc == SQLITE_OK) rc = sqlite3_blob_read(blob_.get(), into.data(), static_cast<int>(into.size()), 0);
  if (rc == SQLITE_OK) return {};
  Error error = error_of(db_, errno, column_);
  blob_.reset();  // SQLite gives up a handle that has failed once
  return std::unexpected(std::move(error));
}

Result<Database> Database::open(const std::string& path, Mode mode, const std::string& vfs) {
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
              (mode == Mode::write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY);
  sqlite3* handle = nullptr;
  int rc = sqlite3_open_v2(path.c_str(), &handle, flags, vfs.empty() ? nullptr : vfs.c_str());
  Database db(handle);
  if (rc != SQLITE_OK) {
    if (handle == nullptr) return fail(Errc::internal, "store: out of memory");
    return std::unexpected(db.error("open " + path));
  }
  sqlite3_busy_timeout(handle, 5000);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  // Whoever closes last must not checkpoint on its own: after a failed sync nothing may be written any more.
  sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  return db;
}

Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* handle = nullptr;
  int rc = sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                              &handle, nullptr);
  Statement statement;
  statement.handle_.reset(handle);
  if (rc != SQLITE_OK) return std::unexpected(error(sql));
  return statement;
}

Result<void> Database::run(const std::string& sql) {
  errno = 0;
  if (sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    return std::unexpected(error(sql));
  }
  return {};
}

Result<std::optional<std::int64_t>> Database::integer(std::string_view sql) {
  Result<Statement> statement = prepare(sql);
  if (!statement) return std::unexpected(statement.error());
  Cursor cursor = statement->query();
  Result<bool> row = cursor.next();
  if (!row) return std::unexpected(row.error());
  if (!*row) return std::nullopt;
  return cursor.integer(0);
}

Result<void> Database::rewrite_log() {
  constexpr sqlite3_int64 kStep = 1 << 20;
  sqlite3_file* log = nullptr;
  sqlite3_file_control(handle_.get(), "main", SQLITE_FCNTL_JOURNAL_POINTER, static_cast<void*>(&log));
  if (log == nullptr || log->pMethods == nullptr) return {};
  std::vector<std::byte> bytes(kStep);
  sqlite3_int64 size = 0;
  errno = 0;
  int rc = log->pMethods->xFileSize(log, &size);
  for (sqlite3_int64 at = 0; rc == SQLITE_OK && at < size; at += kStep) {
    auto step = static_cast<int>(std::min(kStep, size - at));
    rc = log->pMethods->xRead(log, bytes.data(), step, at);
    if (rc == SQLITE_OK) rc = log->pMethods->xWrite(log, bytes.data(), step, at);
  }
  if (rc == SQLITE_OK && size > 0) rc = log->pMethods->xSync(log, SQLITE_SYNC_NORMAL);
  if (rc == SQLITE_OK) return {};
  return fail(category(rc, errno), fmt::format("store: the write-ahead log cannot be written again: {}: {}",
                                               sqlite3_errstr(rc), std::strerror(errno)));
}

Error Database::error(std::string_view doing) const {
  return error_of(handle_.get(), errno, doing);
}

}  // namespace shardmill::store
