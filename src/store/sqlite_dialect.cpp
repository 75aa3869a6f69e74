#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include <soci/sqlite3/soci-sqlite3.h>
#include <sqlite3.h>

#include "base/log.h"
#include "store/dialect.h"

namespace ringback::store {
namespace {

/// Errors of the statement itself; everything else (disk, locks, memory) may pass.
bool is_permanent(int sqlite_code) {
  switch (sqlite_code & 0xff) {
    case SQLITE_ERROR:
    case SQLITE_TOOBIG:
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_MISUSE:
    case SQLITE_RANGE:
      return true;
    default:
      return false;
  }
}

std::string quoted(std::string_view value) {
  std::string result = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + '"';
}

bool is_memory(const std::string& path) {
  return path == ":memory:";
}

class SqliteDialect final : public Dialect {
 public:
  Outcome<> open(soci::session& session, const DatabaseUrl& url) const override {
    if (!is_memory(url.path)) {
      const int fd = ::open(url.path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
      if (fd < 0) return base::Failure{DatabaseError{false, std::strerror(errno)}};
      close(fd);
    }
    // A second program may hold the lock for a moment; longer than a second, the store's own retry takes
    // over.
    session.open(soci::sqlite3, "dbname=" + quoted(url.path) + " timeout=1");
    std::string journal;
    session << "PRAGMA journal_mode=WAL", soci::into(journal);
    // With WAL, NORMAL survives the death of the process at any point; only a power cut may lose the last
    // moments.
    session << "PRAGMA synchronous=NORMAL";
    if (journal != "wal" && !is_memory(url.path)) {
      base::log(base::LogLevel::kWarn, "store", "",
                "{} does not support write-ahead logging; writes will be slower", url.path);
    }
    return {};
  }

  [[nodiscard]] DatabaseError explain(const soci::soci_error& error) const override {
    const auto* const sqlite = dynamic_cast<const soci::sqlite3_soci_error*>(&error);
    return {.transient = sqlite == nullptr || !is_permanent(sqlite->result()), .message = message_of(error)};
  }

  [[nodiscard]] int socket(soci::session&) const override { return -1; }
  [[nodiscard]] bool shared() const override { return false; }

  [[nodiscard]] std::string columns_query() const override {
    return "SELECT name, type, NULL, NULL FROM pragma_table_info(:va)";
  }
  [[nodiscard]] std::string indexes_query() const override {
    return "SELECT name FROM pragma_index_list(:va)";
  }

  [[nodiscard]] std::string type_name(ColumnType type) const override {
    switch (type) {
      case ColumnType::kKey:
        return "VARCHAR(64)";
      case ColumnType::kName:
        return "VARCHAR(255)";
      case ColumnType::kText:
        return "TEXT";
      case ColumnType::kInteger:
        return "BIGINT";
      case ColumnType::kTime:
        return "TIMESTAMP";
    }
    return "TEXT";
  }

  Outcome<> begin_alone(soci::session& session) const override {
    session << "BEGIN IMMEDIATE";
    return {};
  }
};

}  // namespace

std::unique_ptr<Dialect> make_sqlite_dialect() {
  return std::make_unique<SqliteDialect>();
}

}  // namespace ringback::store
