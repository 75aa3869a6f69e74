#pragma once

#include <vector>

#include "store/connection.h"

namespace ringback::store {

/// The tables at hand: how they are keyed, and what their columns hold, as decided by whoever made them.
struct Schema {
  /// `calls.id` is a number that the database chooses; the minted id stands in `calls.call_id`.
  bool calls_numbered = false;
  /// `livekit_sip_trunks.id` is a number that the database chooses.
  bool trunks_numbered = false;
  std::vector<Column> calls = {};  ///< in the order of call_columns()
};

/// Creates the tables, or adopts existing ones by adding the missing columns (nullable; no column that is
/// there changes), and brings an older schema up to date. A database of a newer version is refused. Nodes
/// that start at the same time wait for each other. A step that was cut off is done again by the next start.
[[nodiscard]] Outcome<Schema> migrate(Connection& connection);

}  // namespace ringback::store
