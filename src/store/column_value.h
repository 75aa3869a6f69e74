#pragma once

#include <string>
#include <string_view>

#include "store/connection.h"

namespace ringback::store {

/// The value as the column can hold it. A row is worth more than a character of it: what is no UTF-8 becomes
/// "?", NUL is left out, a text that is too long is cut, and a text in a column for whole numbers becomes
/// NULL.
[[nodiscard]] SqlText fit(SqlText value, const Column& column);

/// True when the column holds whole numbers.
[[nodiscard]] bool is_whole_number(const Column& column);

}  // namespace ringback::store
