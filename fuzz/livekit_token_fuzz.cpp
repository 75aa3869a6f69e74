// modules: livekit
//
// Access tokens: as they come, and as the payload of a token that is signed rightly.

#include <optional>
#include <string>

#include "crypto/base64.h"
#include "crypto/hmac.h"
#include "input.h"
#include "livekit/access_token.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ringback;
  constexpr livekit::UnixSeconds kNow = 1'763'800'000;
  const auto text = fuzz::as_text(data, size);
  const livekit::KeyLookup secret_of = [](std::string_view) { return std::optional<std::string>("secret"); };
  (void)livekit::verify_token(text, secret_of, kNow);

  std::string token = crypto::base64url_encode(R"({"alg":"HS256"})") + "." + crypto::base64url_encode(text);
  token += "." + crypto::base64url_encode(crypto::hmac_sha256("secret", token));
  const auto claims = livekit::verify_token(token, secret_of, kNow);
  if (!claims) return 0;
  // What was accepted can be handed on: the refresh token of a session.
  const std::string refreshed =
      livekit::mint_refresh_token(*claims, {.key = "key", .secret = "secret"}, kNow);
  if (refreshed.size() <= livekit::kMaxToken) {
    const auto again = livekit::verify_token(refreshed, secret_of, kNow);
    fuzz::promise(again.ok());
    fuzz::promise(again->video_or_none().may_publish() == claims->video_or_none().may_publish());
  }
  return 0;
}
