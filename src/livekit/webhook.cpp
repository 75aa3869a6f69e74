#include "livekit/webhook.h"

#include "crypto/base64.h"
#include "crypto/digest.h"
#include "livekit/protobuf_json.h"
#include "livekit/wire_conversion.h"
#include "livekit_webhook.pb.h"

namespace ringback::livekit {

SignedWebhook sign_webhook(const WebhookEvent& event, const ApiKey& api_key, UnixSeconds now) {
  constexpr UnixSeconds kTokenLife = 300;
  wire::WebhookEvent message;
  message.set_event(event.event);
  message.set_id(event.id);
  message.set_created_at(event.created_at);
  if (event.room) to_wire(*event.room, message.mutable_room());
  if (event.participant) to_wire(*event.participant, message.mutable_participant());
  if (event.track) to_wire(*event.track, message.mutable_track());

  SignedWebhook webhook{.body = write_json(message, JsonDialect::kSignal), .authorization = {}};
  Claims claims;
  claims.sha256 = crypto::base64_encode(crypto::sha256(webhook.body));
  claims.not_before = now;
  claims.expires_at = now + kTokenLife;
  webhook.authorization = mint_token(claims, api_key);
  return webhook;
}

base::Result<WebhookEvent, TokenError> verify_webhook(std::string_view body, std::string_view authorization,
                                                      const KeyLookup& secret_of, UnixSeconds now) {
  const auto claims = verify_token(authorization, secret_of, now);
  if (!claims) return base::Failure{claims.error()};
  if (claims->sha256 != crypto::base64_encode(crypto::sha256(body)))
    return base::Failure{TokenError{TokenError::Kind::kInvalid, "the token was made for another body"}};
  wire::WebhookEvent message;
  if (!read_json(body, &message))
    return base::Failure{TokenError{TokenError::Kind::kNotAToken, "the body is no webhook"}};
  WebhookEvent event{.event = message.event(),
                     .id = message.id(),
                     .created_at = message.created_at(),
                     .room = {},
                     .participant = {},
                     .track = {}};
  if (message.has_room()) event.room = from_wire(message.room());
  if (message.has_participant()) event.participant = from_wire(message.participant());
  if (message.has_track()) event.track = from_wire(message.track());
  return event;
}

}  // namespace ringback::livekit
