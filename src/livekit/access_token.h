#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "livekit/model.h"

/// LiveKit's access token: a JSON Web Token signed with HS256 (RFC 7515, RFC 7519). No other algorithm is
/// accepted.
namespace ringback::livekit {

/// Seconds since the Unix epoch. The caller passes the time in.
using UnixSeconds = std::int64_t;

/// Claim `video`: what the bearer may do with rooms. An absent optional is not the same as false; ask the
/// functions.
struct VideoGrants {
  bool room_create = false;
  bool room_list = false;
  bool room_record = false;
  bool room_admin = false;
  bool room_join = false;
  std::string room;
  std::string destination_room;
  std::optional<bool> can_publish;
  std::optional<bool> can_subscribe;
  std::optional<bool> can_publish_data;
  std::vector<TrackSource> can_publish_sources;  ///< empty: every source
  std::optional<bool> can_update_own_metadata;
  bool ingress_admin = false;
  bool hidden = false;
  bool recorder = false;
  bool agent = false;
  std::optional<bool> can_subscribe_metrics;
  std::optional<bool> can_manage_agent_session;

  [[nodiscard]] bool may_publish() const { return can_publish.value_or(true); }
  [[nodiscard]] bool may_publish(TrackSource source) const;
  [[nodiscard]] bool may_subscribe() const { return can_subscribe.value_or(true); }
  /// Follows can_publish when absent.
  [[nodiscard]] bool may_publish_data() const { return can_publish_data.value_or(may_publish()); }
  [[nodiscard]] bool may_update_own_metadata() const { return can_update_own_metadata.value_or(false); }
  [[nodiscard]] bool is_admin_of(std::string_view room_name) const { return room_admin && room == room_name; }
};

/// Claim `sip`.
struct SipGrants {
  bool admin = false;  ///< trunks and dispatch rules
  bool call = false;   ///< CreateSIPParticipant, TransferSIPParticipant
};

/// What a token says about its bearer.
struct Claims {
  std::string identity;  ///< `sub`, else the legacy `jti`
  std::string name;
  ParticipantKind kind = ParticipantKind::kStandard;
  std::vector<ParticipantKindDetail> kind_details;
  std::string metadata;
  Attributes attributes;
  std::optional<VideoGrants> video;
  std::optional<SipGrants> sip;
  std::optional<RoomConfiguration> room_config;
  std::string room_preset;
  std::string sha256;  ///< only in webhook tokens

  std::string issuer;  ///< API key
  UnixSeconds not_before = 0;
  UnixSeconds expires_at = 0;  ///< 0: never

  /// Grants with everything refused when the claim is absent.
  [[nodiscard]] VideoGrants video_or_none() const;
};

/// The effective values that ParticipantInfo.permission shows.
[[nodiscard]] ParticipantPermission permission_of(const VideoGrants& grants);
/// Grants whose effective values are `permission`; room and administration stay as they are in `grants`.
[[nodiscard]] VideoGrants with_permission(VideoGrants grants, const ParticipantPermission& permission);

/// Refusal of a token: always HTTP 401 with `message` as the plain-text body (LiveKit's own wording).
struct TokenError {
  enum class Kind : std::uint8_t {
    kBadHeader,   ///< Authorization header without "Bearer "
    kNotAToken,   ///< not parseable
    kUnknownKey,  ///< issuer is no API key of ours
    kInvalid      ///< signature, algorithm, expired, not yet valid
  };
  Kind kind = Kind::kNotAToken;
  std::string message;
};

/// The secret of an API key, or nullopt for a key that is not ours.
using KeyLookup = std::function<std::optional<std::string>(std::string_view api_key)>;

/// Difference between our clock and the signer's that is forgiven.
inline constexpr UnixSeconds kClockSkew = 60;
/// Longer tokens are not looked at.
inline constexpr std::size_t kMaxToken = 64 * 1024;

/// Checks algorithm, signature (in constant time) and times. Like LiveKit, accepts a token without `exp`,
/// which never ends.
[[nodiscard]] base::Result<Claims, TokenError> verify_token(std::string_view token,
                                                            const KeyLookup& secret_of, UnixSeconds now);

/// Takes the token out of an HTTP request: the Authorization header when there is one, else the query
/// parameter `access_token`. Success with nullopt: the request carries no token at all.
[[nodiscard]] base::Result<std::optional<std::string>, TokenError> bearer_token(
    std::optional<std::string_view> authorization_header,
    std::optional<std::string_view> access_token_parameter);

struct ApiKey {
  std::string key;
  std::string secret;
};

/// Signs claims; `issuer` is taken from `api_key`, times from `not_before` and `expires_at` of the claims.
[[nodiscard]] std::string mint_token(const Claims& claims, const ApiKey& api_key);

/// Default validity of a token that somebody asks for without saying how long.
inline constexpr UnixSeconds kDefaultTokenLife = 6 * 60 * 60;

/// A token to reconnect with: `current` as it is now (the caller has put current name, metadata, attributes
/// and grants in), valid for what the join token has left, but at least ten minutes.
[[nodiscard]] std::string mint_refresh_token(Claims current, const ApiKey& api_key, UnixSeconds now);

}  // namespace ringback::livekit
