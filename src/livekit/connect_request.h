#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "livekit/model.h"
#include "livekit/signal_request.h"

namespace ringback::livekit {

/// What a client asks for when it opens the signalling WebSocket. The query parameters of `/rtc` and the
/// `join_request` of `/rtc/v1` give the same value.
struct ConnectRequest {
  ClientInfo client;
  /// One peer connection that the client always offers; else a publisher and a subscriber connection.
  bool single_peer_connection = false;
  bool auto_subscribe = true;
  bool adaptive_stream = false;
  std::optional<bool> subscriber_allow_pause;
  bool disable_ice_lite = false;
  std::optional<bool> auto_subscribe_data_track;  ///< absent: as auto_subscribe

  bool reconnect = false;  ///< resume the session of `participant_sid`
  std::string participant_sid;
  ReconnectReason reconnect_reason = ReconnectReason::kUnknown;

  /// Both need the grant canUpdateOwnMetadata.
  std::string metadata;
  Attributes attributes;

  std::vector<AddTrack> add_tracks;      ///< to be served before the offer
  std::optional<Offer> publisher_offer;  ///< first offer of a single connection
  std::optional<SyncState> sync_state;
};

/// Why connect parameters are refused, as the server answers it.
struct ConnectError {
  int status = 400;     ///< HTTP
  std::string message;  ///< plain-text body
};

/// Inflated size of a join request that is still accepted.
inline constexpr std::size_t kMaxJoinRequest = 1024 * 1024;

/// Which endpoint the client called: `/rtc` (a `join_request` is optional) or `/rtc/v1` (it is required).
enum class SignalPath : std::uint8_t { kV0, kV1 };

/// `query` are the decoded parameters in order; of several with one name the first counts. Unknown ones are
/// ignored.
[[nodiscard]] base::Result<ConnectRequest, ConnectError> parse_connect_request(
    SignalPath path, std::span<const std::pair<std::string, std::string>> query);

}  // namespace ringback::livekit
