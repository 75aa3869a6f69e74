#pragma once

#include <optional>
#include <span>
#include <string>

#include "store/call_row.h"

namespace ringback::store {

/// What a column holds, for a dialect to name its SQL type.
enum class ColumnType { kKey, kName, kText, kInteger, kTime };

/// NULL or the text of a value. Every value travels as text: all databases convert it to the column's type,
/// whatever type the author of an adopted table chose.
using SqlText = std::optional<std::string>;

/// One column of `calls` and its field in a CallRow. `id` is not among them.
struct CallColumn {
  const char* name;
  ColumnType type;
  bool required;  ///< NOT NULL
  SqlText (*get)(const CallRow& row);
  void (*set)(CallRow& row, const SqlText& value);
};

/// In the order of the table: the product's fixed columns first.
[[nodiscard]] std::span<const CallColumn> call_columns();

}  // namespace ringback::store
