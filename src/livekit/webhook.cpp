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

}  // namespace ringback::livekit
