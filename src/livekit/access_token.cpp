#include "livekit/access_token.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <nlohmann/json.hpp>

#include "crypto/base64.h"
#include "crypto/hmac.h"
#include "livekit/grant_claims.h"
#include "livekit/protobuf_json.h"
#include "livekit/wire_conversion.h"
#include "livekit_room.pb.h"

namespace ringback::livekit {
namespace {

using Json = nlohmann::json;

/// Claims nest three or four deep; the limit keeps a hostile payload from deep recursion.
constexpr int kMaxNesting = 32;

bool nests_too_deep(std::string_view json) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > kMaxNesting) return true;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return false;
}

/// The JSON object in one base64url part of a token; nullopt when it is none.
std::optional<Json> decode_part(std::string_view part) {
  const auto bytes = crypto::base64url_decode(part);
  if (!bytes) return std::nullopt;
  const std::string_view text(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  if (nests_too_deep(text)) return std::nullopt;
  Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  return json;
}

struct Parts {
  std::string_view header, payload, signature;
  std::string_view signed_text;  ///< header "." payload
};

std::optional<Parts> split(std::string_view token) {
  const std::size_t first = token.find('.');
  if (first == std::string_view::npos) return std::nullopt;
  const std::size_t second = token.find('.', first + 1);
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos)
    return std::nullopt;
  return Parts{.header = token.substr(0, first),
               .payload = token.substr(first + 1, second - first - 1),
               .signature = token.substr(second + 1),
               .signed_text = token.substr(0, second)};
}

/// A NumericDate (RFC 7519 section 2): seconds, possibly with a fraction. nullopt when it is no usable
/// number.
std::optional<UnixSeconds> numeric_date(const Json& value) {
  constexpr double kFarFuture = 1e15;
  if (!value.is_number()) return std::nullopt;
  const double seconds = value.get<double>();
  if (!std::isfinite(seconds) || std::abs(seconds) > kFarFuture) return std::nullopt;
  return static_cast<UnixSeconds>(seconds);
}

/// Why the times of the payload do not fit `now`; "" when they do.
std::string_view time_problem(const Json& payload, UnixSeconds now, Claims& claims) {
  const auto read = [&](const char* name, std::optional<UnixSeconds>& out) {
    const auto found = payload.find(name);
    if (found == payload.end() || found->is_null()) return true;
    out = numeric_date(*found);
    return out.has_value();
  };
  std::optional<UnixSeconds> expires, not_before, issued;
  if (!read("exp", expires) || !read("nbf", not_before) || !read("iat", issued))
    return "validation failed, a time is not a number";
  if (not_before && *not_before > now + kClockSkew) return "validation failed, token not valid yet (nbf)";
  if (expires && *expires < now - kClockSkew) return "validation failed, token is expired (exp)";
  if (issued && *issued > now + kClockSkew) return "validation failed, token issued in the future (iat)";
  claims.not_before = not_before.value_or(0);
  claims.expires_at = expires.value_or(0);
  return "";
}

std::optional<RoomConfiguration> room_config_of(const Json& json) {
  if (!json.is_object()) return std::nullopt;
  wire::RoomConfiguration message;
  if (!read_json(json.dump(-1, ' ', false, Json::error_handler_t::replace), &message)) return std::nullopt;
  return from_wire(message);
}

std::string hmac_of(std::string_view text, std::string_view secret) {
  const auto digest = crypto::hmac_sha256(secret, text);
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

base::Failure<TokenError> refuse(TokenError::Kind kind, std::string message) {
  return {TokenError{.kind = kind, .message = std::move(message)}};
}

/// Bearers whose reconnect must not fail for want of a token get at least this much.
constexpr UnixSeconds kLeastRefreshLife = 10 * 60;

}  // namespace

bool VideoGrants::may_publish(TrackSource source) const {
  return may_publish() &&
         (can_publish_sources.empty() || std::find(can_publish_sources.begin(), can_publish_sources.end(),
                                                   source) != can_publish_sources.end());
}

VideoGrants Claims::video_or_none() const {
  if (video) return *video;
  VideoGrants none;
  none.can_publish = none.can_subscribe = none.can_publish_data = false;
  return none;
}

ParticipantPermission permission_of(const VideoGrants& grants) {
  return {.can_subscribe = grants.may_subscribe(),
          .can_publish = grants.may_publish(),
          .can_publish_data = grants.may_publish_data(),
          .can_publish_sources = grants.can_publish_sources,
          .hidden = grants.hidden,
          .recorder = grants.recorder,
          .can_update_metadata = grants.may_update_own_metadata(),
          .agent = grants.agent,
          .can_subscribe_metrics = grants.can_subscribe_metrics.value_or(false),
          .can_manage_agent_session = grants.can_manage_agent_session.value_or(false)};
}

VideoGrants with_permission(VideoGrants grants, const ParticipantPermission& permission) {
  grants.can_subscribe = permission.can_subscribe;
  grants.can_publish = permission.can_publish;
  grants.can_publish_data = permission.can_publish_data;
  grants.can_publish_sources = permission.can_publish_sources;
  grants.hidden = permission.hidden;
  grants.recorder = permission.recorder;
  grants.can_update_own_metadata = permission.can_update_metadata;
  grants.agent = permission.agent;
  grants.can_subscribe_metrics = permission.can_subscribe_metrics;
  grants.can_manage_agent_session = permission.can_manage_agent_session;
  return grants;
}

base::Result<Claims, TokenError> verify_token(std::string_view token, const KeyLookup& secret_of,
                                              UnixSeconds now) {
  const auto not_a_token = [] { return refuse(TokenError::Kind::kNotAToken, "invalid authorization token"); };
  const auto invalid = [&](std::string_view reason) {
    return refuse(TokenError::Kind::kInvalid,
                  "invalid token: " + std::string(token) + ", error: " + std::string(reason));
  };
  if (token.size() > kMaxToken) return not_a_token();
  const auto parts = split(token);
  if (!parts) return not_a_token();
  const auto header = decode_part(parts->header);
  const auto payload = decode_part(parts->payload);
  const auto signature = crypto::base64url_decode(parts->signature);
  if (!header || !payload || !signature) return not_a_token();
  // Only HS256: "none" and public-key algorithms would let a client choose how it is checked.
  const auto algorithm = header->find("alg");
  if (algorithm == header->end() || *algorithm != "HS256") return not_a_token();

  const auto issuer = payload->find("iss");
  if (issuer != payload->end() && !issuer->is_string()) return not_a_token();
  Claims claims;
  if (issuer != payload->end()) claims.issuer = issuer->get<std::string>();
  const auto secret = secret_of(claims.issuer);
  if (!secret) return refuse(TokenError::Kind::kUnknownKey, "invalid API key: " + claims.issuer);

  const std::string_view received(reinterpret_cast<const char*>(signature->data()), signature->size());
  if (!crypto::constant_time_equal(hmac_of(parts->signed_text, *secret), received))
    return invalid("the signature does not match");
  if (const std::string_view problem = time_problem(*payload, now, claims); !problem.empty())
    return invalid(problem);
  if (!read_claims(*payload, claims)) return invalid("a claim has the wrong type");
  if (const auto config = payload->find("roomConfig"); config != payload->end() && !config->is_null()) {
    claims.room_config = room_config_of(*config);
    if (!claims.room_config) return invalid("roomConfig cannot be read");
  }
  return claims;
}

base::Result<std::optional<std::string>, TokenError> bearer_token(
    std::optional<std::string_view> authorization_header,
    std::optional<std::string_view> access_token_parameter) {
  constexpr std::string_view kPrefix = "Bearer ";
  if (authorization_header && !authorization_header->empty()) {
    if (!authorization_header->starts_with(kPrefix))
      return refuse(TokenError::Kind::kBadHeader,
                    "invalid authorization header. Must start with " + std::string(kPrefix));
    return std::optional<std::string>(authorization_header->substr(kPrefix.size()));
  }
  if (access_token_parameter && !access_token_parameter->empty())
    return std::optional<std::string>(*access_token_parameter);
  return std::optional<std::string>();
}

std::string mint_token(const Claims& claims, const ApiKey& api_key) {
  Json payload = write_claims(claims);
  payload["iss"] = api_key.key;
  payload["nbf"] = claims.not_before;
  if (claims.expires_at != 0) payload["exp"] = claims.expires_at;
  if (claims.room_config) {
    wire::RoomConfiguration message;
    to_wire(*claims.room_config, &message);
    payload["roomConfig"] = Json::parse(write_json(message, JsonDialect::kSignal), nullptr, false);
  }
  std::string token = crypto::base64url_encode(R"({"alg":"HS256","typ":"JWT"})") + "." +
                      crypto::base64url_encode(payload.dump(-1, ' ', false, Json::error_handler_t::replace));
  token += "." + crypto::base64url_encode(hmac_of(token, api_key.secret));
  return token;
}

std::string mint_refresh_token(Claims current, const ApiKey& api_key, UnixSeconds now) {
  current.not_before = now;
  if (current.expires_at != 0) current.expires_at = std::max(current.expires_at, now + kLeastRefreshLife);
  return mint_token(current, api_key);
}

}  // namespace ringback::livekit
