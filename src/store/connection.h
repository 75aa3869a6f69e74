#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/call_columns.h"
#include "store/database_url.h"
#include "store/lifeline.h"

namespace ringback::store {

struct DatabaseError {
  /// True when the same statement may succeed later: disk full, database locked or away.
  bool transient = false;
  std::string message = {};
  /// The connection is of no use any more; a new one may be.
  bool lost = false;
};
template <class T = void>
using Outcome = base::Result<T, DatabaseError>;

/// One row of text values; NULL is absent.
using TextRow = std::vector<SqlText>;

/// A column as the database at hand has it, whoever made the table.
struct Column {
  std::string name;
  std::string type;                                ///< upper case
  std::optional<std::size_t> max_characters = {};  ///< absent: no limit that could matter
  bool set_on_update = false;  ///< the database writes the time into it at every change of the row
};

class Dialect;

/// A connection to one database. The place where SOCI's exceptions end. Owner: one thread.
class Connection {
 public:
  /// Connects; blocks for a few seconds at most. An SQLite file is created readable by its owner only: it
  /// holds phone numbers.
  [[nodiscard]] static Outcome<std::unique_ptr<Connection>> open(
      const DatabaseUrl& url, std::shared_ptr<Lifeline> lifeline = nullptr);
  ~Connection();

  /// Runs a statement with placeholder(0), placeholder(1), ... bound to the values. Returns the number of
  /// rows that it found.
  Outcome<long long> execute(const std::string& sql, const TextRow& values = {});
  /// The rows of a query with `columns` columns.
  Outcome<std::vector<TextRow>> query(const std::string& sql, std::size_t columns,
                                      const TextRow& values = {});

  Outcome<> begin();
  /// Same, and no other program's begin_alone() on this database goes on before ours has ended. For what
  /// several nodes must not do at once.
  Outcome<> begin_alone();
  Outcome<> commit();
  void rollback();

  /// Empty when there is no such table.
  Outcome<std::vector<Column>> columns_of(const std::string& table);
  Outcome<bool> has_index(const std::string& table, const std::string& index);
  [[nodiscard]] std::string type_name(ColumnType type) const;
  /// What CREATE TABLE ends with.
  [[nodiscard]] std::string table_options() const;
  /// True for a server that other nodes may use at the same time.
  [[nodiscard]] bool shared() const;

 private:
  struct Impl;
  explicit Connection(std::unique_ptr<Impl> impl);
  template <class T, class Work>
  Outcome<T> guarded(Work work);
  void release_alone();
  std::unique_ptr<Impl> impl_;
};

/// The name of the n-th bound value: ":va", ":vb", ... Letters only, which all databases accept.
[[nodiscard]] std::string placeholder(std::size_t index);

}  // namespace ringback::store
