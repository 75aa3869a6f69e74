#include "store/connection.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <string_view>
#include <utility>

#include "store/dialect.h"

namespace ringback::store {
namespace {

std::unique_ptr<Dialect> make_dialect(DatabaseKind kind) {
  switch (kind) {
    case DatabaseKind::kSqlite:
      return make_sqlite_dialect();
    case DatabaseKind::kMysql:
      return make_mysql_dialect();
    case DatabaseKind::kPostgresql:
      return make_postgresql_dialect();
  }
  return make_sqlite_dialect();
}

/// "cannot open the database data/ringback.db", "cannot reach the database dialer at db.example.com:3306".
std::string cannot_open(const DatabaseUrl& url) {
  if (url.kind == DatabaseKind::kSqlite) return "cannot open the database " + url.path;
  return "cannot reach the database " + url.database + " at " + url.host + ":" + std::to_string(url.port);
}

}  // namespace

struct Connection::Impl {
  std::unique_ptr<Dialect> dialect;
  std::shared_ptr<Lifeline> lifeline;
  bool alone = false;  ///< inside begin_alone()
  soci::session session;
};

Connection::Connection(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Connection::~Connection() {
  if (impl_->lifeline) impl_->lifeline->detach();
}

template <class T, class Work>
Outcome<T> Connection::guarded(Work work) {
  try {
    return work(impl_->session);
  } catch (const soci::soci_error& error) {
    return base::Failure{impl_->dialect->explain(error)};
  } catch (const std::exception& error) {  // of the standard library, inside SOCI
    return base::Failure{DatabaseError{true, error.what()}};
  }
}

Outcome<std::unique_ptr<Connection>> Connection::open(const DatabaseUrl& url,
                                                      std::shared_ptr<Lifeline> lifeline) {
  auto impl = std::make_unique<Impl>();
  impl->dialect = make_dialect(url.kind);
  impl->lifeline = std::move(lifeline);
  std::unique_ptr<Connection> connection(new Connection(std::move(impl)));
  const auto opened = connection->guarded<void>(
      [&](soci::session& session) { return connection->impl_->dialect->open(session, url); });
  if (!opened) {
    const bool server = connection->shared();
    return base::Failure{DatabaseError{.transient = server && opened.error().transient,
                                       .message = cannot_open(url) + ": " + opened.error().message,
                                       .lost = true}};
  }
  if (connection->impl_->lifeline) {
    connection->impl_->lifeline->attach(connection->impl_->dialect->socket(connection->impl_->session));
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
    statement.prepare(sql, soci::details::st_one_time_query);
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
    statement.prepare(sql, soci::details::st_one_time_query);
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

Outcome<> Connection::begin() {
  return guarded<void>([](soci::session& session) -> Outcome<> { return session.begin(), Outcome<>(); });
}

Outcome<> Connection::begin_alone() {
  auto begun = guarded<void>([&](soci::session& session) { return impl_->dialect->begin_alone(session); });
  if (!begun) {
    rollback();
    return begun;
  }
  impl_->alone = true;
  return {};
}

Outcome<> Connection::commit() {
  auto committed =
      guarded<void>([](soci::session& session) -> Outcome<> { return session.commit(), Outcome<>(); });
  if (committed) release_alone();
  return committed;
}

void Connection::rollback() {
  // Fails when the database has rolled back by itself, which is what was wanted.
  [[maybe_unused]] const auto ignored =
      guarded<void>([](soci::session& session) -> Outcome<> { return session.rollback(), Outcome<>(); });
  release_alone();
}

void Connection::release_alone() {
  if (!std::exchange(impl_->alone, false)) return;
  // Fails with the connection, and then the server has released it.
  [[maybe_unused]] const auto ignored = guarded<void>([&](soci::session& session) -> Outcome<> {
    return impl_->dialect->release_alone(session), Outcome<>();
  });
}

Outcome<std::vector<Column>> Connection::columns_of(const std::string& table) {
  auto rows = query(impl_->dialect->columns_query(), 4, {table});
  if (!rows) return base::Failure{rows.error()};
  std::vector<Column> columns;
  for (const TextRow& row : *rows) {
    Column column{row[0].value_or(""), row[1].value_or(""), std::nullopt, row[3].value_or("0") == "1"};
    std::transform(column.type.begin(), column.type.end(), column.type.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    if (row[2]) {
      std::size_t most = 0;
      const auto [end, error] = std::from_chars(row[2]->data(), row[2]->data() + row[2]->size(), most);
      if (error == std::errc{}) column.max_characters = most;
    }
    columns.push_back(std::move(column));
  }
  return columns;
}

Outcome<bool> Connection::has_index(const std::string& table, const std::string& index) {
  const auto rows = query(impl_->dialect->indexes_query(), 1, {table});
  if (!rows) return base::Failure{rows.error()};
  return std::any_of(rows->begin(), rows->end(), [&](const TextRow& row) { return row[0] == index; });
}

std::string Connection::type_name(ColumnType type) const {
  return impl_->dialect->type_name(type);
}

std::string Connection::table_options() const {
  return impl_->dialect->table_options();
}

bool Connection::shared() const {
  return impl_->dialect->shared();
}

std::string message_of(const soci::soci_error& error) {
  std::string message = error.get_error_message();
  // "sqlite3_statement_backend::loadOne: database is locked"
  const auto name = message.find("::");
  const auto end = message.find(": ");
  if (name != std::string::npos && end != std::string::npos && name < end && message.find(' ') > end) {
    message.erase(0, end + 2);
  }
  return message.substr(0, message.find('\n'));
}

std::string connection_field(const std::string& key, const std::string& value) {
  std::string text = key + "='";
  for (const char c : value) {
    if (c == '\'' || c == '\\') text += '\\';
    text += c;
  }
  return text + "' ";
}

std::string placeholder(std::size_t index) {
  std::string name(1, static_cast<char>('a' + index % 26));
  if (index >= 26) name.insert(name.begin(), static_cast<char>('a' + index / 26 - 1));
  return ":v" + name;
}

}  // namespace ringback::store
