#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/time.h"
#include "store/call_row.h"
#include "store/database.h"

namespace ringback::store {

struct InsertCall {
  CallRow row;
  bool operator==(const InsertCall&) const = default;
};
struct UpdateCall {
  CallId id;
  CallChange change;
  bool operator==(const UpdateCall&) const = default;
};
struct DeleteSipObject {
  std::string id;
  bool operator==(const DeleteSipObject&) const = default;
};

/// One change of the database as a value, so that it can wait, be tried again, and outlive the process.
struct Write {
  base::WallMillis at = 0;  ///< when it was asked for; what the row's times tell, however late it is written
  std::variant<InsertCall, UpdateCall, TrunkRow, SipObject, DeleteSipObject> what;
  bool operator==(const Write&) const = default;
};

/// A call that a write was about, and its state after it.
struct WrittenCall {
  CallId id;
  CallStatus status;
};

/// With `again`, the write may have succeeded before. Doing a whole sequence of writes again ends in the same
/// rows.
[[nodiscard]] Outcome<std::optional<WrittenCall>> perform(const Write& write, Database& database, bool again);

/// One line of JSON without the line's end.
[[nodiscard]] std::string encode(const Write& write);
[[nodiscard]] std::optional<Write> decode_write(std::string_view line);

}  // namespace ringback::store
