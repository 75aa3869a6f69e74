#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.h"
#include "base/time.h"

namespace ringback::store {

/// The id of a row of `calls` as the API shows it. See Store for what it is in an adopted database.
using CallId = base::Id<struct CallIdTag>;

/// In the order of a call's life. kEnded and kFailed are final.
enum class CallStatus : std::uint8_t { kInitiated, kRinging, kConnected, kEnded, kFailed };
/// "initiated", "ringing", ...: what the database and the API hold.
[[nodiscard]] std::string_view to_string(CallStatus status);
[[nodiscard]] std::optional<CallStatus> parse_call_status(std::string_view text);
[[nodiscard]] constexpr bool is_final(CallStatus status) {
  return status >= CallStatus::kEnded;
}

/// One row of `calls`. Empty strings and absent optionals are NULL in the database.
struct CallRow {
  CallId id;  ///< minted by the caller for insert_call(); the row's id in what the store gives back
  CallId minted_id = {};       ///< where `id` is a number of the database (see Store); empty elsewhere
  std::string room_name = {};  ///< required
  std::string caller_id = {};
  std::string phone_number = {};
  std::string prospect_id = {};
  CallStatus status = CallStatus::kInitiated;
  std::optional<base::WallMillis> started_at = {};
  std::optional<base::WallMillis> connected_at = {};
  std::optional<base::WallMillis> ended_at = {};
  std::optional<std::int64_t> duration_seconds = {};  ///< from answer to end; 0 when never answered
  std::optional<base::WallMillis> created_at = {};    ///< set by insert_call() when absent
  std::optional<base::WallMillis> updated_at = {};    ///< set by every write

  // Columns beyond the fixed ones.
  std::string caller_name = {};
  std::string direction = {};             ///< "outbound", "inbound"
  std::string participant_identity = {};  ///< of the SIP participant
  std::string trunk_id = {};
  std::string sip_call_id = {};
  std::string node = {};          ///< that the call runs on; set by the store
  std::string warning = {};       ///< e.g. the numbering plan calls the number impossible
  std::string ended_by = {};      ///< "phone", "room", "api", "interrupted", ...
  std::string failure_code = {};  ///< the error object of the API, piece by piece
  std::string failure_message = {};
  std::string failure_stage = {};
  std::string failure_action = {};
  std::optional<int> sip_status = {};
  std::string sip_reason = {};

  bool operator==(const CallRow&) const = default;
};

/// What changes in a row; absent fields stay as they are. The status never goes backwards: an earlier one is
/// ignored and the rest of the change applies; a change that brings a status to a row in a final state is
/// ignored as a whole.
struct CallChange {
  std::optional<CallStatus> status = {};
  /// When it happened. Becomes connected_at or ended_at with the status that it brings, and the duration is
  /// computed.
  std::optional<base::WallMillis> at = {};

  std::optional<std::string> participant_identity = {};
  std::optional<std::string> trunk_id = {};
  std::optional<std::string> sip_call_id = {};
  std::optional<std::string> warning = {};
  std::optional<std::string> ended_by = {};
  std::optional<std::string> failure_code = {};
  std::optional<std::string> failure_message = {};
  std::optional<std::string> failure_stage = {};
  std::optional<std::string> failure_action = {};
  std::optional<int> sip_status = {};
  std::optional<std::string> sip_reason = {};

  bool operator==(const CallChange&) const = default;
};

/// Applies the change to the row by the rules above: the one place that knows them. `now` becomes updated_at
/// and stands in for an absent `at`. Returns false when nothing changed.
bool apply(const CallChange& change, base::WallMillis now, CallRow& row);

/// The reason and the author of an end that was not seen: the call's node was gone.
inline constexpr std::string_view kInterrupted = "interrupted";

/// Ends the row of a call whose node is gone, at its last sign of life: `alive`, of the node, or its own.
void interrupt(std::optional<base::WallMillis> alive, base::WallMillis now, CallRow& row);
/// Takes back what interrupt() wrote: the node has only been out of sight.
void resume(CallRow& row);

struct CallFilter {
  std::optional<CallStatus> status = {};
  unsigned limit = 50;      ///< 1..500; what lies outside is taken as the nearest of both
  std::string cursor = {};  ///< CallPage::next_cursor of the page before; empty: the newest calls
};

/// Newest first.
struct CallPage {
  std::vector<CallRow> calls;
  std::string next_cursor = {};  ///< empty: no more
};

/// One row of `livekit_sip_trunks`.
struct TrunkRow {
  std::string id = {};  ///< the row's id; in an adopted table with numbers as ids, the database chooses it
  std::string name = {};
  std::string sip_trunk_id = {};  ///< required; what the SIP API calls the trunk; unique for upsert_trunk()
  std::string provider = {};
  std::optional<base::WallMillis> created_at = {};

  bool operator==(const TrunkRow&) const = default;
};

/// An object of the SIP API (trunk, dispatch rule), kept as the text that the API module serialised.
struct SipObject {
  std::string id = {};    ///< "ST_...", "SDR_..."
  std::string kind = {};  ///< "outbound_trunk", "inbound_trunk", "dispatch_rule"
  std::string body = {};  ///< UTF-8 text, usually JSON
  bool operator==(const SipObject&) const = default;
};

}  // namespace ringback::store
