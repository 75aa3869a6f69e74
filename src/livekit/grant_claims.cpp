#include "livekit/grant_claims.h"

#include <algorithm>
#include <array>
#include <utility>

#include <nlohmann/json.hpp>

namespace ringback::livekit {
namespace {

using Json = nlohmann::json;

template <class Enum, std::size_t N>
using Names = std::array<std::pair<std::string_view, Enum>, N>;

constexpr Names<ParticipantKind, 7> kKinds{{{"standard", ParticipantKind::kStandard},
                                            {"ingress", ParticipantKind::kIngress},
                                            {"egress", ParticipantKind::kEgress},
                                            {"sip", ParticipantKind::kSip},
                                            {"agent", ParticipantKind::kAgent},
                                            {"connector", ParticipantKind::kConnector},
                                            {"bridge", ParticipantKind::kBridge}}};

constexpr Names<ParticipantKindDetail, 6> kKindDetails{
    {{"cloud_agent", ParticipantKindDetail::kCloudAgent},
     {"forwarded", ParticipantKindDetail::kForwarded},
     {"connector_whatsapp", ParticipantKindDetail::kConnectorWhatsapp},
     {"connector_twilio", ParticipantKindDetail::kConnectorTwilio},
     {"bridge_rtsp", ParticipantKindDetail::kBridgeRtsp},
     {"simulation", ParticipantKindDetail::kSimulation}}};

constexpr Names<TrackSource, 5> kSources{{{"unknown", TrackSource::kUnknown},
                                          {"camera", TrackSource::kCamera},
                                          {"microphone", TrackSource::kMicrophone},
                                          {"screen_share", TrackSource::kScreenShare},
                                          {"screen_share_audio", TrackSource::kScreenShareAudio}}};

template <class Table, class Enum>
std::string_view name_of(const Table& table, Enum value) {
  const auto* found =
      std::find_if(table.begin(), table.end(), [&](const auto& entry) { return entry.second == value; });
  return found == table.end() ? std::string_view{} : found->first;
}

template <class Table>
auto value_of(const Table& table, std::string_view name) -> std::optional<decltype(table[0].second)> {
  const auto* found =
      std::find_if(table.begin(), table.end(), [&](const auto& entry) { return entry.first == name; });
  if (found == table.end()) return std::nullopt;
  return found->second;
}

/// Reads members of one object and remembers whether one had the wrong type. Absent and null leave the
/// default.
class ObjectReader {
 public:
  explicit ObjectReader(const Json& object) : object_(object) {}

  void read(const char* name, bool& out) {
    if (const Json* value = find(name)) value->is_boolean() ? void(out = value->get<bool>()) : fail();
  }
  void read(const char* name, std::optional<bool>& out) {
    if (const Json* value = find(name)) value->is_boolean() ? void(out = value->get<bool>()) : fail();
  }
  void read(const char* name, std::string& out) {
    if (const Json* value = find(name)) value->is_string() ? void(out = value->get<std::string>()) : fail();
  }
  void read(const char* name, Attributes& out) {
    const Json* value = find(name);
    if (value == nullptr) return;
    if (!value->is_object()) return fail();
    for (const auto& [key, entry] : value->items()) {
      if (!entry.is_string()) return fail();
      out[key] = entry.get<std::string>();
    }
  }
  /// Names of a list; those that `table` does not know become `unknown`, or are left out when there is none.
  template <class Table, class Enum>
  void read(const char* name, const Table& table, std::optional<Enum> unknown, std::vector<Enum>& out) {
    const Json* value = find(name);
    if (value == nullptr) return;
    if (!value->is_array()) return fail();
    for (const Json& entry : *value) {
      if (!entry.is_string()) return fail();
      const auto known = value_of(table, entry.get_ref<const std::string&>());
      if (known || unknown) out.push_back(known ? *known : *unknown);
    }
  }
  [[nodiscard]] bool ok() const { return ok_; }

 private:
  const Json* find(const char* name) const {
    const auto found = object_.find(name);
    return found == object_.end() || found->is_null() ? nullptr : &*found;
  }
  void fail() { ok_ = false; }

  const Json& object_;
  bool ok_ = true;
};

bool read_video(const Json& json, VideoGrants& video) {
  if (!json.is_object()) return false;
  ObjectReader reader(json);
  reader.read("roomCreate", video.room_create);
  reader.read("roomList", video.room_list);
  reader.read("roomRecord", video.room_record);
  reader.read("roomAdmin", video.room_admin);
  reader.read("roomJoin", video.room_join);
  reader.read("room", video.room);
  reader.read("destinationRoom", video.destination_room);
  reader.read("canPublish", video.can_publish);
  reader.read("canSubscribe", video.can_subscribe);
  reader.read("canPublishData", video.can_publish_data);
  // A source of tomorrow must not read as "no restriction": it stays in the list as "unknown".
  reader.read("canPublishSources", kSources, std::optional(TrackSource::kUnknown), video.can_publish_sources);
  reader.read("canUpdateOwnMetadata", video.can_update_own_metadata);
  reader.read("ingressAdmin", video.ingress_admin);
  reader.read("hidden", video.hidden);
  reader.read("recorder", video.recorder);
  reader.read("agent", video.agent);
  reader.read("canSubscribeMetrics", video.can_subscribe_metrics);
  reader.read("canManageAgentSession", video.can_manage_agent_session);
  return reader.ok();
}

void write(Json& json, const char* name, bool value) {
  if (value) json[name] = true;
}
void write(Json& json, const char* name, const std::optional<bool>& value) {
  if (value) json[name] = *value;
}
void write(Json& json, const char* name, const std::string& value) {
  if (!value.empty()) json[name] = value;
}
template <class Table, class Enum>
void write(Json& json, const char* name, const Table& table, const std::vector<Enum>& values) {
  if (values.empty()) return;
  Json list = Json::array();
  for (const Enum value : values)
    if (const std::string_view text = name_of(table, value); !text.empty()) list.push_back(std::string(text));
  json[name] = std::move(list);
}

Json video_to_json(const VideoGrants& video) {
  Json json = Json::object();
  write(json, "roomCreate", video.room_create);
  write(json, "roomList", video.room_list);
  write(json, "roomRecord", video.room_record);
  write(json, "roomAdmin", video.room_admin);
  write(json, "roomJoin", video.room_join);
  write(json, "room", video.room);
  write(json, "destinationRoom", video.destination_room);
  write(json, "canPublish", video.can_publish);
  write(json, "canSubscribe", video.can_subscribe);
  write(json, "canPublishData", video.can_publish_data);
  write(json, "canPublishSources", kSources, video.can_publish_sources);
  write(json, "canUpdateOwnMetadata", video.can_update_own_metadata);
  write(json, "ingressAdmin", video.ingress_admin);
  write(json, "hidden", video.hidden);
  write(json, "recorder", video.recorder);
  write(json, "agent", video.agent);
  write(json, "canSubscribeMetrics", video.can_subscribe_metrics);
  write(json, "canManageAgentSession", video.can_manage_agent_session);
  return json;
}

}  // namespace

bool read_claims(const Json& payload, Claims& claims) {
  ObjectReader reader(payload);
  reader.read("sub", claims.identity);
  if (claims.identity.empty()) reader.read("jti", claims.identity);
  reader.read("name", claims.name);
  reader.read("metadata", claims.metadata);
  reader.read("attributes", claims.attributes);
  reader.read("roomPreset", claims.room_preset);
  reader.read("sha256", claims.sha256);
  reader.read("kindDetails", kKindDetails, std::optional<ParticipantKindDetail>(), claims.kind_details);
  std::string kind;
  reader.read("kind", kind);
  claims.kind = value_of(kKinds, kind).value_or(ParticipantKind::kStandard);
  if (!reader.ok()) return false;

  if (const auto video = payload.find("video"); video != payload.end() && !video->is_null()) {
    claims.video.emplace();
    if (!read_video(*video, *claims.video)) return false;
  }
  if (const auto sip = payload.find("sip"); sip != payload.end() && !sip->is_null()) {
    if (!sip->is_object()) return false;
    ObjectReader sip_reader(*sip);
    claims.sip.emplace();
    sip_reader.read("admin", claims.sip->admin);
    sip_reader.read("call", claims.sip->call);
    if (!sip_reader.ok()) return false;
  }
  return true;
}

Json write_claims(const Claims& claims) {
  Json json = Json::object();
  write(json, "sub", claims.identity);
  write(json, "name", claims.name);
  if (claims.kind != ParticipantKind::kStandard)
    write(json, "kind", std::string(name_of(kKinds, claims.kind)));
  write(json, "kindDetails", kKindDetails, claims.kind_details);
  write(json, "metadata", claims.metadata);
  if (!claims.attributes.empty()) json["attributes"] = claims.attributes;
  write(json, "roomPreset", claims.room_preset);
  write(json, "sha256", claims.sha256);
  if (claims.video) json["video"] = video_to_json(*claims.video);
  if (claims.sip) {
    json["sip"] = Json::object();
    write(json["sip"], "admin", claims.sip->admin);
    write(json["sip"], "call", claims.sip->call);
  }
  return json;
}

}  // namespace ringback::livekit
