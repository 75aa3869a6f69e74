#include "store/connection.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>
#include <sqlite3.h>

#include "base/log.h"

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

/// what() would add the statement with its values, and these are phone numbers; the message alone may begin
/// with the name of the function inside SOCI.
DatabaseError explain(const soci::soci_error& error) {
  std::string message = error.get_error_message();
  const auto name = message.find("::");
  if (const auto end = message.find(": ", name + 2); name != std::string::npos && end != std::string::npos) {
    message.erase(0, end + 2);
  }
  const auto* const sqlite = dynamic_cast<const soci::sqlite3_soci_error*>(&error);
  return {sqlite == nullptr || !is_permanent(sqlite->result()), message};
}

base::Failure<DatabaseError> refuse(std::string message) {
  return {DatabaseError{false, std::move(message)}};
}

/// "sqlite:PATH", "sqlite://PATH".
std::optional<std::string> sqlite_path(std::string_view url) {
  constexpr std::string_view kScheme = "sqlite:";
  if (!url.starts_with(kScheme)) return std::nullopt;
  url.remove_prefix(kScheme.size());
  if (url.starts_with("//")) url.remove_prefix(2);
  return std::string(url);
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

}  // namespace

struct Connection::Impl {
  soci::session session;
};

Connection::Connection(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Connection::~Connection() = default;

template <class T, class Work>
Outcome<T> Connection::guarded(Work work) {
  try {
    return work(impl_->session);
  } catch (const soci::soci_error& error) {
    return base::Failure{explain(error)};
  } catch (const std::exception& error) {  // of the standard library, inside SOCI
    return base::Failure{DatabaseError{true, error.what()}};
  }
}

Outcome<std::unique_ptr<Connection>> Connection::open(const std::string& url) {
  const auto path = sqlite_path(url);
  if (!path) {
    const std::string scheme = url.substr(0, url.find(':'));
    return refuse("DATABASE_URL: no driver for \"" + scheme + "\"; use sqlite:PATH");
  }
  if (path->empty()) return refuse("DATABASE_URL: sqlite: needs a path, such as sqlite:data/ringback.db");
  if (!is_memory(*path)) {
    const int fd = ::open(path->c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) return refuse("cannot open the database " + *path + ": " + std::strerror(errno));
    close(fd);
  }
  std::unique_ptr<Connection> connection(new Connection(std::make_unique<Impl>()));
  auto opened = connection->guarded<std::string>([&](soci::session& session) -> Outcome<std::string> {
    // A second program may hold the lock for a moment; longer than a second, the store's own retry takes
    // over.
    session.open(soci::sqlite3, "dbname=" + quoted(*path) + " timeout=1");
    std::string journal;
    session << "PRAGMA journal_mode=WAL", soci::into(journal);
    // With WAL, NORMAL survives the death of the process at any point; only a power cut may lose the last
    // moments.
    session << "PRAGMA synchronous=NORMAL";
    return journal;
  });
  if (!opened) return refuse("cannot open the database " + *path + ": " + opened.error().message);
  if (*opened != "wal" && !is_memory(*path)) {
    base::log(base::LogLevel::kWarn, "store", "",
              "{} does not support write-ahead logging; writes will be slower", *path);
  }
  return connection;
}

Outcome<long long> Connection::execute(const std::string& sql, const TextRow& values) {
  return guarded<long long>([&](soci::session& session) -> Outcome<long long> {
    std::vector<std::string> texts(values.size());
    std::vector<soci::indicator> indicators(values.size(), soci::i_null);
    soci::statement statement(session);
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (values[i]) {
        texts[i] = *values[i];
        indicators[i] = soci::i_ok;
      }
      statement.exchange(soci::use(texts[i], indicators[i]));
    }
    statement.alloc();
    statement.prepare(sql);
    statement.define_and_bind();
    statement.execute(true);
    return statement.get_affected_rows();
  });
}

Outcome<std::vector<TextRow>> Connection::query(const std::string& sql, std::size_t columns,
                                                const TextRow& values) {
  return guarded<std::vector<TextRow>>([&](soci::session& session) -> Outcome<std::vector<TextRow>> {
    std::vector<std::string> bound(values.size());
    std::vector<soci::indicator> bound_indicators(values.size(), soci::i_null);
    std::vector<std::string> fetched(columns);
    std::vector<soci::indicator> fetched_indicators(columns, soci::i_null);
    soci::statement statement(session);
    for (std::size_t i = 0; i < columns; ++i)
      statement.exchange(soci::into(fetched[i], fetched_indicators[i]));
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (values[i]) {
        bound[i] = *values[i];
        bound_indicators[i] = soci::i_ok;
      }
      statement.exchange(soci::use(bound[i], bound_indicators[i]));
    }
    statement.alloc();
    statement.prepare(sql);
    statement.define_and_bind();
    statement.execute();
    std::vector<TextRow> rows;
    while (statement.fetch()) {
      TextRow row(columns);
      for (std::size_t i = 0; i < columns; ++i) {
        if (fetched_indicators[i] != soci::i_null) row[i] = fetched[i];
      }
      rows.push_back(std::move(row));
    }
    return rows;
  });
}

Outcome<std::string> Connection::last_insert_id(const std::string& table) {
  return guarded<std::string>([&](soci::session& session) -> Outcome<std::string> {
    long long id = 0;
    if (!session.get_last_insert_id(table, id))
      return refuse("the database does not tell the id of the new row");
    return std::to_string(id);
  });
}

Outcome<> Connection::begin() {
  return guarded<void>([](soci::session& session) -> Outcome<> { return session.begin(), Outcome<>(); });
}

Outcome<> Connection::commit() {
  return guarded<void>([](soci::session& session) -> Outcome<> { return session.commit(), Outcome<>(); });
}

void Connection::rollback() {
  // Fails when the database has rolled back by itself, which is what was wanted.
  [[maybe_unused]] const auto ignored =
      guarded<void>([](soci::session& session) -> Outcome<> { return session.rollback(), Outcome<>(); });
}

Outcome<std::vector<Connection::Column>> Connection::columns_of(const std::string& table) {
  auto rows = query("SELECT name, type FROM pragma_table_info(:va)", 2, {table});
  if (!rows) return base::Failure{rows.error()};
  std::vector<Column> columns;
  for (const TextRow& row : *rows) {
    Column column{row[0].value_or(""), row[1].value_or("")};
    std::transform(column.type.begin(), column.type.end(), column.type.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    columns.push_back(std::move(column));
  }
  return columns;
}

std::string Connection::type_name(ColumnType type) const {
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

std::string placeholder(std::size_t index) {
  std::string name(1, static_cast<char>('a' + index % 26));
  if (index >= 26) name.insert(name.begin(), static_cast<char>('a' + index / 26 - 1));
  return ":v" + name;
}

}  // namespace ringback::store
