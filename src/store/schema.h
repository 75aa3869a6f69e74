#pragma once

#include "store/connection.h"

namespace ringback::store {

/// How the tables at hand are keyed: decided by whoever made them.
struct Schema {
  /// `calls.id` is a number that the database chooses; the minted id stands in `calls.call_id`.
  bool calls_numbered = false;
  /// `livekit_sip_trunks.id` is a number that the database chooses.
  bool trunks_numbered = false;
};

/// Creates the tables, or adopts existing ones by adding the missing columns, and brings an older schema up
/// to date. A database of a newer version is refused. All of it in one transaction.
[[nodiscard]] Outcome<Schema> migrate(Connection& connection);

}  // namespace ringback::store
