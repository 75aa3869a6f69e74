#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "livekit/access_token.h"
#include "livekit/model.h"

namespace ringback::livekit {

/// An event that the room server tells the outside world about.
struct WebhookEvent {
  std::string event;  ///< "room_started", "participant_joined", ...
  std::string id;     ///< "EV_...", the same in each retry
  UnixSeconds created_at = 0;
  std::optional<Room> room;
  std::optional<ParticipantInfo> participant;
  std::optional<TrackInfo> track;
};

inline constexpr std::string_view kWebhookContentType = "application/webhook+json";

/// What is sent: POST `body` with `authorization` as the whole Authorization header (there is no "Bearer ").
struct SignedWebhook {
  std::string body;
  std::string authorization;
};

[[nodiscard]] SignedWebhook sign_webhook(const WebhookEvent& event, const ApiKey& api_key, UnixSeconds now);

/// Reads a webhook that was sent to us. `authorization` is the whole header; the token's signature and times
/// are checked, and that it was made for exactly this body.
[[nodiscard]] base::Result<WebhookEvent, TokenError> verify_webhook(std::string_view body,
                                                                    std::string_view authorization,
                                                                    const KeyLookup& secret_of,
                                                                    UnixSeconds now);

}  // namespace ringback::livekit
