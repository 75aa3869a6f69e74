#include "livekit/connect_request.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <nlohmann/json.hpp>

#include "crypto/base64.h"
#include "livekit/inflate.h"
#include "livekit/protobuf_json.h"
#include "livekit/wire_conversion.h"
#include "livekit_models.pb.h"
#include "livekit_rtc.pb.h"

namespace ringback::livekit {
namespace {

using Query = std::span<const std::pair<std::string, std::string>>;
using Outcome = base::Result<ConnectRequest, ConnectError>;

base::Failure<ConnectError> refuse(std::string message) {
  return {ConnectError{.status = 400, .message = std::move(message)}};
}

std::optional<std::string_view> find(Query query, std::string_view name) {
  const auto found =
      std::find_if(query.begin(), query.end(), [&](const auto& entry) { return entry.first == name; });
  if (found == query.end()) return std::nullopt;
  return found->second;
}

std::string text(Query query, std::string_view name) {
  return std::string(find(query, name).value_or(""));
}

/// Absent, empty and unreadable values give nullopt: old clients send odd things, and all of these are
/// optional.
std::optional<bool> flag(Query query, std::string_view name) {
  const std::string_view value = find(query, name).value_or("");
  if (value == "1" || value == "true" || value == "True" || value == "t") return true;
  if (value == "0" || value == "false" || value == "False" || value == "f") return false;
  return std::nullopt;
}

std::int32_t number(Query query, std::string_view name) {
  const std::string_view value = find(query, name).value_or("");
  std::int32_t result = 0;
  std::from_chars(value.data(), value.data() + value.size(), result);
  return result;
}

ClientInfo::Sdk sdk_of(std::string_view name) {
  using Sdk = ClientInfo::Sdk;
  static constexpr std::array<std::pair<std::string_view, Sdk>, 15> kSdks{{{"js", Sdk::kJs},
                                                                           {"ios", Sdk::kSwift},
                                                                           {"swift", Sdk::kSwift},
                                                                           {"android", Sdk::kAndroid},
                                                                           {"flutter", Sdk::kFlutter},
                                                                           {"go", Sdk::kGo},
                                                                           {"unity", Sdk::kUnity},
                                                                           {"reactnative", Sdk::kReactNative},
                                                                           {"rust", Sdk::kRust},
                                                                           {"python", Sdk::kPython},
                                                                           {"cpp", Sdk::kCpp},
                                                                           {"unityweb", Sdk::kUnityWeb},
                                                                           {"node", Sdk::kNode},
                                                                           {"esp32", Sdk::kEsp32},
                                                                           {"dotnet", Sdk::kDotnet}}};
  const auto* const found =
      std::find_if(kSdks.begin(), kSdks.end(), [&](const auto& entry) { return entry.first == name; });
  return found == kSdks.end() ? Sdk::kUnknown : found->second;
}

std::vector<ClientCapability> capabilities_of(std::string_view list) {
  std::vector<ClientCapability> result;
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    const std::string_view name = list.substr(0, comma);
    if (name == "CAP_PACKET_TRAILER") result.push_back(ClientCapability::kPacketTrailer);
    if (name == "CAP_COMPRESSION_DEFLATE_RAW") result.push_back(ClientCapability::kCompressionDeflateRaw);
    list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
  }
  return result;
}

/// base64url of a JSON object of strings.
std::optional<Attributes> attributes_of(std::string_view encoded) {
  const auto bytes = crypto::base64url_decode(encoded);
  if (!bytes) return std::nullopt;
  const auto json = nlohmann::json::parse(bytes->begin(), bytes->end(), nullptr, false);
  if (!json.is_object()) return std::nullopt;
  Attributes attributes;
  for (const auto& [key, value] : json.items()) {
    if (!value.is_string()) return std::nullopt;
    attributes[key] = value.get<std::string>();
  }
  return attributes;
}

Outcome from_parameters(Query query) {
  ConnectRequest request;
  request.client = {.sdk = sdk_of(text(query, "sdk")),
                    .version = text(query, "version"),
                    .protocol = number(query, "protocol"),
                    .os = text(query, "os"),
                    .os_version = text(query, "os_version"),
                    .device_model = text(query, "device_model"),
                    .browser = text(query, "browser"),
                    .browser_version = text(query, "browser_version"),
                    .address = {},
                    .network = text(query, "network"),
                    .other_sdks = {},
                    .client_protocol = number(query, "client_protocol"),
                    .capabilities = capabilities_of(find(query, "capabilities").value_or(""))};
  request.auto_subscribe = flag(query, "auto_subscribe").value_or(true);
  request.auto_subscribe_data_track = flag(query, "auto_subscribe_data_track");
  request.adaptive_stream = flag(query, "adaptive_stream").value_or(false);
  request.subscriber_allow_pause = flag(query, "subscriber_allow_pause");
  request.disable_ice_lite = flag(query, "disable_ice_lite").value_or(false);
  request.reconnect = flag(query, "reconnect").value_or(false);
  request.participant_sid = text(query, "sid");
  request.reconnect_reason = static_cast<ReconnectReason>(number(query, "reconnect_reason"));
  if (const auto encoded = find(query, "attributes"); encoded && !encoded->empty()) {
    auto attributes = attributes_of(*encoded);
    if (!attributes) return refuse("cannot decode attributes");
    request.attributes = std::move(*attributes);
  }
  return request;
}

Outcome from_join_request(std::string_view encoded) {
  // Base64 makes four characters of three bytes: what is longer cannot fit.
  if (encoded.size() / 4 * 3 > kMaxJoinRequest + 64) return refuse("join request too large");
  const auto bytes = crypto::base64url_decode(encoded);
  if (!bytes) return refuse("cannot base64 decode wrapped join request");
  wire::WrappedJoinRequest wrapped;
  if (!read_binary({reinterpret_cast<const char*>(bytes->data()), bytes->size()}, &wrapped))
    return refuse("cannot unmarshal wrapped join request");

  std::string inner;
  if (wrapped.compression() == wire::WrappedJoinRequest::GZIP) {
    auto inflated = gunzip(wrapped.join_request(), kMaxJoinRequest);
    if (!inflated)
      return refuse(inflated.error() == WireError::kTooLarge ? "join request too large"
                                                             : "cannot read decompressed join request");
    inner = std::move(*inflated);
  } else {
    if (wrapped.join_request().size() > kMaxJoinRequest) return refuse("join request too large");
    inner = std::move(*wrapped.mutable_join_request());
  }
  wire::JoinRequest join;
  if (!read_binary(inner, &join)) return refuse("cannot unmarshal join request");

  ConnectRequest request;
  request.client = from_wire(join.client_info());
  request.single_peer_connection = true;
  const wire::ConnectionSettings& settings = join.connection_settings();
  request.auto_subscribe = settings.auto_subscribe();
  request.adaptive_stream = settings.adaptive_stream();
  if (settings.has_subscriber_allow_pause())
    request.subscriber_allow_pause = settings.subscriber_allow_pause();
  request.disable_ice_lite = settings.disable_ice_lite();
  if (settings.has_auto_subscribe_data_track())
    request.auto_subscribe_data_track = settings.auto_subscribe_data_track();
  request.reconnect = join.reconnect();
  request.participant_sid = join.participant_sid();
  request.reconnect_reason = static_cast<ReconnectReason>(join.reconnect_reason());
  request.metadata = join.metadata();
  request.attributes = from_wire_map(join.participant_attributes());
  request.add_tracks = from_wire_list(join.add_track_requests());
  if (join.has_publisher_offer()) request.publisher_offer = Offer{from_wire(join.publisher_offer())};
  if (join.has_sync_state()) request.sync_state = from_wire(join.sync_state());
  return request;
}

}  // namespace

Outcome parse_connect_request(SignalPath path, Query query) {
  const auto join_request = find(query, "join_request");
  if (join_request && !join_request->empty()) return from_join_request(*join_request);
  if (path == SignalPath::kV1) return refuse("join_request is required");
  return from_parameters(query);
}

}  // namespace ringback::livekit
