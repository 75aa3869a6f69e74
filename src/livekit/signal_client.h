#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "livekit/signal_request.h"
#include "livekit/signal_response.h"

/// The client's side of the signalling WebSocket: SignalRequest is written, SignalResponse read.
namespace ringback::livekit {

/// What a client that publishes and hears audio sends.
using ClientMessage = std::variant<Offer, Answer, Trickle, AddTrack, MuteTrack, UpdateSubscription, Leave,
                                   SubscriptionPermission, SyncState, PingRequest, UpdateMetadata>;

/// One binary WebSocket frame.
[[nodiscard]] std::string encode_request(const ClientMessage& message);

/// One binary frame of the server. nullopt: well-formed, but of a kind that only concerns video, quality
/// displays or newer features.
[[nodiscard]] base::Result<std::optional<SignalResponse>, WireError> parse_signal_response(
    std::string_view frame);

/// The addresses in LiveKit Cloud's answer to `GET /settings/regions`, best first; none when it is no such
/// answer.
[[nodiscard]] std::vector<std::string> parse_region_urls(std::string_view json);

/// How a client introduces itself on `/rtc`.
struct SignalQuery {
  std::int32_t protocol = 0;
  std::string version = {};  ///< of the client
  bool auto_subscribe = false;
  /// Resume the session of this participant; empty: a new session.
  std::string participant_sid = {};
  ReconnectReason reconnect_reason = ReconnectReason::kUnknown;
};

/// "/rtc?protocol=...": path and query for a WebSocket with two peer connections. The token goes into the
/// Authorization header, which no log of a proxy shows.
[[nodiscard]] std::string signal_target(const SignalQuery& query);

}  // namespace ringback::livekit
