#pragma once

#include <string>
#include <utility>
#include <vector>

#include "store/connection.h"

namespace ringback::store {

/// Grows an SQL statement and its values together.
class Statement {
 public:
  explicit Statement(std::string start) : sql(std::move(start)) {}
  Statement& text(const std::string& part) {
    sql += part;
    return *this;
  }
  Statement& value(SqlText bound) {
    sql += placeholder(values.size());
    values.push_back(std::move(bound));
    return *this;
  }
  std::string sql;
  TextRow values;
};

/// INSERT INTO table (columns) VALUES (...). What is NULL is left to the column's default.
[[nodiscard]] inline Statement insert_into(const std::string& table,
                                           const std::vector<std::pair<std::string, SqlText>>& columns) {
  std::string names;
  Statement values(") VALUES (");
  for (const auto& [name, value] : columns) {
    if (!value) continue;
    names += (names.empty() ? "" : ", ") + name;
    values.text(values.values.empty() ? "" : ", ").value(value);
  }
  values.sql = "INSERT INTO " + table + " (" + names + values.sql + ")";
  return values;
}

template <class T>
base::Failure<DatabaseError> pass_on(const T& outcome) {
  return {outcome.error()};
}

[[nodiscard]] inline Outcome<> done(const Outcome<long long>& executed) {
  if (!executed) return pass_on(executed);
  return {};
}

}  // namespace ringback::store
