// A thin owner of SQLite handles: connections, prepared statements, rows. Knows no table of ours; turns SQLite's
// result codes into errors as values. A connection and its statements belong to one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include <sqlite3.h>

#include "base/bytes.h"
#include "base/result.h"

namespace shardmill::store {

// Rows of one execution. Destroying it ends the execution, and with it the read transaction that it may hold.
class Cursor {
 public:
  explicit Cursor(sqlite3_stmt* statement) : statement_(statement) {}
  Cursor(Cursor&& other) noexcept : statement_(std::exchange(other.statement_, nullptr)) {}
  Cursor& operator=(Cursor&&) = delete;
  ~Cursor() {
    if (statement_ != nullptr) sqlite3_reset(statement_);
  }

  // True: a row is there. False: no more.
  Result<bool> next();

  // Columns of the current row, from 0. Borrowed bytes are valid until next().
  [[nodiscard]] std::int64_t integer(int column) const { return sqlite3_column_int64(statement_, column); }
  template <class T>
  [[nodiscard]] T as(int column) const {
    return static_cast<T>(integer(column));
  }
  [[nodiscard]] bool is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
  [[nodiscard]] std::string_view text(int column) const;
  [[nodiscard]] Bytes blob(int column) const;

 private:
  sqlite3_stmt* statement_;
};

// A prepared statement. Parameters are ?1, ?2, ... in the order of the arguments.
class Statement {
 public:
  Statement() = default;

  // Borrows text and bytes until the execution has ended.
  template <class... Args>
  Cursor query(const Args&... args) {
    int index = 0;
    (bind(++index, args), ...);
    return Cursor(handle_.get());
  }
  // For statements without rows.
  template <class... Args>
  Result<void> run(const Args&... args) {
    Cursor cursor = query(args...);
    Result<bool> row = cursor.next();
    if (!row) return std::unexpected(row.error());
    return {};
  }

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };

  template <class T>
  void bind(int index, const T& value) {
    if constexpr (std::is_enum_v<T>) {
      bind(index, std::to_underlying(value));
    } else {
      sqlite3_bind_int64(handle_.get(), index, static_cast<std::int64_t>(value));
    }
  }
  template <class T>
  void bind(int index, const std::optional<T>& value) {
    value ? bind(index, *value) : static_cast<void>(sqlite3_bind_null(handle_.get(), index));
  }
  void bind(int index, const std::string& value) { bind(index, std::string_view(value)); }
  void bind(int index, std::string_view value);
  void bind(int index, Bytes value);

  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
};

// Reads large blobs of one column straight into the caller's memory, past SQLite's own copy of the value. Holds a
// read transaction from the first read to its end.
class BlobReader {
 public:
  // All borrowed; names must be literals.
  BlobReader(sqlite3* db, const char* table, const char* column) : db_(db), table_(table), column_(column) {}

  // The blob of that row, which must have exactly the size of `into`.
  Result<void> read(std::int64_t rowid, std::span<std::byte> into);

 private:
  struct Close {
    void operator()(sqlite3_blob* blob) const { sqlite3_blob_close(blob); }
  };
  sqlite3* db_;
  const char* table_;
  const char* column_;
  std::unique_ptr<sqlite3_blob, Close> blob_;
};

class Database {
 public:
  enum class Mode { write, read };

  // `vfs`: name of a registered SQLite VFS, empty for the system's. Fails with io, corrupt.
  static Result<Database> open(const std::string& path, Mode mode, const std::string& vfs);

  // Kept statement: made once, used for the life of the connection.
  Result<Statement> prepare(std::string_view sql);
  // One or more statements whose rows nobody wants.
  Result<void> run(const std::string& sql);
  // The first column of the first row; nothing if there is no row.
  Result<std::optional<std::int64_t>> integer(std::string_view sql);

  // Writes the bytes of the write-ahead log over themselves, and syncs them. For the only connection, outside of
  // transactions.
  Result<void> rewrite_log();

  [[nodiscard]] bool in_transaction() const { return sqlite3_get_autocommit(handle_.get()) == 0; }
  [[nodiscard]] sqlite3* handle() { return handle_.get(); }
  [[nodiscard]] Error error(std::string_view doing) const;

 private:
  struct Close {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  };
  explicit Database(sqlite3* handle) : handle_(handle) {}

  std::unique_ptr<sqlite3, Close> handle_;
};

}  // namespace shardmill::store
