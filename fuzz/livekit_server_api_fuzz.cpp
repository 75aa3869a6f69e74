// modules: livekit crypto
//
// Bodies of the server API in both encodings, and the rules of the SIP API on what they hold; what other
// servers answer to us, and the webhooks that they send.

#include "crypto/base64.h"
#include "crypto/digest.h"
#include "input.h"
#include "livekit/room_api.h"
#include "livekit/sip_api.h"
#include "livekit/webhook.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ringback::livekit;
  const auto body = ringback::fuzz::as_text(data, size);
  for (const TwirpFormat format : {TwirpFormat::kJson, TwirpFormat::kProtobuf}) {
    (void)decode_create_room(body, format);
    (void)decode_update_participant(body, format);
    (void)decode_update_subscriptions(body, format);
    (void)decode_send_data(body, format);
    if (const auto call = decode_create_sip_participant(body, format)) (void)validate(*call);
    if (const auto transfer = decode_transfer_sip_participant(body, format)) (void)validate(*transfer);
    if (const auto create = decode_create_sip_outbound_trunk(body, format); create && validate(*create))
      (void)encode(*create->trunk, TwirpFormat::kJson);
    if (const auto update = decode_update_sip_outbound_trunk(body, format)) (void)apply(*update, {});
  }
  for (const TwirpFormat format : {TwirpFormat::kJson, TwirpFormat::kProtobuf}) {
    (void)decode_room(body, format);
    (void)decode_participant_list(body, format);
    (void)decode_sip_participant(body, format);
    (void)decode_sip_outbound_trunk(body, format);
  }
  (void)sip_status_of(decode_twirp_error(500, body));
  Claims claims;
  claims.sha256 = ringback::crypto::base64_encode(ringback::crypto::sha256(body));
  const ApiKey key{"key", "secret"};
  (void)verify_webhook(
      body, mint_token(claims, key), [&](std::string_view) { return std::optional(key.secret); }, 0);
  (void)route_twirp("POST", body, "application/json");
  return 0;
}
