#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/call_columns.h"

namespace ringback::store {

struct DatabaseError {
  /// True when the same statement may succeed later: disk full, database locked or away.
  bool transient = false;
  std::string message;
};
template <class T = void>
using Outcome = base::Result<T, DatabaseError>;

/// One row of text values; NULL is absent.
using TextRow = std::vector<SqlText>;

/// A connection to one database and what differs between databases. The only class that includes SOCI, and
/// the place where its exceptions end. Owner: one thread.
class Connection {
 public:
  /// "sqlite:PATH". The file is created readable by its owner only: it holds phone numbers.
  [[nodiscard]] static Outcome<std::unique_ptr<Connection>> open(const std::string& url);
  ~Connection();

  /// Runs a statement with placeholder(0), placeholder(1), ... bound to the values. Returns the number of
  /// rows that it changed.
  Outcome<long long> execute(const std::string& sql, const TextRow& values = {});
  /// The rows of a query with `columns` columns.
  Outcome<std::vector<TextRow>> query(const std::string& sql, std::size_t columns,
                                      const TextRow& values = {});
  /// The number that the database gave to the row last inserted into the table.
  Outcome<std::string> last_insert_id(const std::string& table);

  Outcome<> begin();
  Outcome<> commit();
  void rollback();

  struct Column {
    std::string name;
    std::string type;  ///< as its author wrote it, upper case
  };
  /// Empty when there is no such table.
  Outcome<std::vector<Column>> columns_of(const std::string& table);
  [[nodiscard]] std::string type_name(ColumnType type) const;

 private:
  struct Impl;
  explicit Connection(std::unique_ptr<Impl> impl);
  template <class T, class Work>
  Outcome<T> guarded(Work work);
  std::unique_ptr<Impl> impl_;
};

/// The name of the n-th bound value: ":va", ":vb", ... Letters only, which all databases accept.
[[nodiscard]] std::string placeholder(std::size_t index);

}  // namespace ringback::store
