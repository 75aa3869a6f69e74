#pragma once

#include <memory>
#include <string>

#include <soci/soci.h>

#include "store/connection.h"

namespace ringback::store {

/// What differs between databases. Its functions may throw what SOCI throws; only Connection calls them.
class Dialect {
 public:
  Dialect() = default;
  virtual ~Dialect() = default;
  Dialect(const Dialect&) = delete;
  Dialect& operator=(const Dialect&) = delete;

  /// Connects, and sets what holds for the whole session: UTC, UTF-8, patience with locks.
  virtual Outcome<> open(soci::session& session, const DatabaseUrl& url) const = 0;
  /// The error without the statement and its values, which are phone numbers.
  [[nodiscard]] virtual DatabaseError explain(const soci::soci_error& error) const = 0;
  /// The connection's file descriptor; -1 when it has none.
  [[nodiscard]] virtual int socket(soci::session& session) const = 0;
  [[nodiscard]] virtual bool shared() const = 0;

  /// Statements with the table's name as the only value: name, type, most characters, and whether the
  /// database changes the column at every update ("1").
  [[nodiscard]] virtual std::string columns_query() const = 0;
  /// The names of the table's indexes.
  [[nodiscard]] virtual std::string indexes_query() const = 0;
  [[nodiscard]] virtual std::string type_name(ColumnType type) const = 0;
  [[nodiscard]] virtual std::string table_options() const { return ""; }

  /// See Connection::begin_alone().
  virtual Outcome<> begin_alone(soci::session& session) const = 0;
  /// After the transaction's end.
  virtual void release_alone(soci::session&) const {}
};

[[nodiscard]] std::unique_ptr<Dialect> make_sqlite_dialect();
[[nodiscard]] std::unique_ptr<Dialect> make_mysql_dialect();
[[nodiscard]] std::unique_ptr<Dialect> make_postgresql_dialect();

/// SOCI's message without the name of the function that it may begin with, first line only.
[[nodiscard]] std::string message_of(const soci::soci_error& error);
/// One `key=value` of SOCI's and libpq's connection strings.
[[nodiscard]] std::string connection_field(const std::string& key, const std::string& value);

}  // namespace ringback::store
