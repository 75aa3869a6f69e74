#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ringback::store {

/// Where a page of calls ended.
struct Cursor {
  std::string created_at;  ///< as the database holds it; empty in numbered tables
  std::string id;
};

/// The text that clients hand back without looking into it.
[[nodiscard]] std::string encode_cursor(const Cursor& cursor);
/// Nothing when the text is not a cursor of ours.
[[nodiscard]] std::optional<Cursor> decode_cursor(std::string_view text);

}  // namespace ringback::store
