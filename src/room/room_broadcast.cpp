// What a room tells its participants by the clock or on their behalf: speakers, connection quality, data
// packets.

#include <algorithm>

#include "livekit/data_packet.h"
#include "livekit/signal_response.h"
#include "room/room.h"

namespace ringback::room {
namespace {

using namespace std::chrono_literals;

constexpr base::Duration kSpeakerInterval = 400ms;
constexpr base::Duration kQualityInterval = 5s;

struct Grade {
  livekit::ConnectionQuality quality;
  float score;  ///< like a mean opinion score, 1 to 5
};

Grade grade_of(double loss) {
  if (loss < 0.03) return {livekit::ConnectionQuality::kExcellent, 4.5F};
  if (loss < 0.10) return {livekit::ConnectionQuality::kGood, 3.5F};
  return {livekit::ConnectionQuality::kPoor, 2.0F};
}

bool contains(const std::vector<std::string>& list, const std::string& value) {
  return std::ranges::find(list, value) != list.end();
}

}  // namespace

void Room::update_speakers(base::TimePoint now) {
  std::vector<livekit::SpeakerInfo> changed;
  bool any_audio = false;
  for (const auto& participant : participants_) {
    float level = 0;
    for (const auto& track : participant->tracks()) {
      if (track->is_video()) continue;
      any_audio = true;
      level = std::max(level, track->audio_level(now));
    }
    float& told = speaking_[participant->sid()];
    if (told == level) continue;
    told = level;
    changed.push_back({.sid = participant->sid(), .level = level, .active = level > 0});
  }
  if (!changed.empty()) {
    std::ranges::sort(changed, std::greater<>{}, &livekit::SpeakerInfo::level);
    for (const auto& receiver : participants_) {
      if (!receiver->announced()) continue;
      std::vector<livekit::SpeakerInfo> visible;
      for (const auto& speaker : changed) {
        const Participant* who = find_by_sid(speaker.sid);
        const bool self = who == receiver.get();
        if (who == nullptr || (!self && (who->hidden() || !receiver->is_subscribed_to(*who)))) continue;
        visible.push_back(speaker);
      }
      if (!visible.empty()) receiver->on_speakers(visible);
    }
  }
  if (any_audio) speakers_.set(now + kSpeakerInterval);
}

void Room::update_quality() {
  if (closed_) return;
  quality_.set(context_.now() + kQualityInterval);
  for (const auto& participant : participants_) {
    const double loss = participant->take_loss();
    if (!participant->active()) continue;
    const Grade grade = grade_of(loss);
    if (participant->quality_told_ && participant->quality_ == grade.quality) continue;
    participant->quality_told_ = true;
    participant->quality_ = grade.quality;
    for (const auto& receiver : participants_) {
      if (!receiver->announced()) continue;
      const bool self = receiver.get() == participant.get();
      if (!self && (participant->hidden() || !receiver->is_subscribed_to(*participant))) continue;
      receiver->on_quality(*participant, grade.quality, grade.score);
    }
  }
}

void Room::relay(Participant& from, std::string_view packet, bool reliable) {
  if (!from.permission().can_publish_data || !from.announced()) return;
  const auto envelope = livekit::parse_data_envelope(packet);
  if (!envelope) return;
  // Speakers are the room's own word, and metrics are for the server.
  if (envelope->value == livekit::DataValue::kSpeaker || envelope->value == livekit::DataValue::kMetrics)
    return;
  const bool agent = from.info().kind == livekit::ParticipantKind::kAgent || from.permission().agent;
  if (envelope->value == livekit::DataValue::kTranscription && !agent) return;
  if (reliable && envelope->sequence != 0) {
    if (envelope->sequence <= from.last_data_sequence_) return;
    from.last_data_sequence_ = envelope->sequence;
  }
  const bool speaks_for_another = agent && !envelope->participant_identity.empty() &&
                                  (envelope->value == livekit::DataValue::kChatMessage ||
                                   envelope->value == livekit::DataValue::kStreamHeader ||
                                   envelope->value == livekit::DataValue::kStreamChunk ||
                                   envelope->value == livekit::DataValue::kStreamTrailer);
  const livekit::DataStamp stamp{
      .kind = reliable ? livekit::DataPacketKind::kReliable : livekit::DataPacketKind::kLossy,
      .participant_identity = speaks_for_another ? envelope->participant_identity : from.identity(),
      .participant_sid = from.sid(),
      .sequence = envelope->sequence};
  const auto stamped = livekit::stamp_data_packet(packet, stamp);
  if (!stamped) return;
  deliver(&from, *stamped, reliable, envelope->destination_identities, envelope->destination_sids);
}

void Room::send_data(const livekit::SendDataRequest& request) {
  if (!request.nonce.empty()) {
    if (std::ranges::find(nonces_, request.nonce, &Nonce::value) != nonces_.end()) return;
    nonces_.push_back({request.nonce, context_.now()});
  }
  livekit::UserPacket user;
  user.payload = request.data;
  user.topic = request.topic;
  user.nonce = request.nonce;
  user.destination_identities = request.destination_identities;
  const bool reliable = request.kind == livekit::DataPacketKind::kReliable;
  livekit::DataStamp nobody;
  nobody.kind = request.kind;
  const std::string packet = livekit::make_user_packet(user, nobody);
  deliver(nullptr, packet, reliable, request.destination_identities, request.destination_sids);
}

void Room::deliver(const Participant* from, const std::string& packet, bool reliable,
                   const std::vector<std::string>& identities, const std::vector<std::string>& sids) {
  const auto shared = std::make_shared<const std::string>(packet);
  const bool everybody = identities.empty() && sids.empty();
  for (const auto& receiver : participants_) {
    if (receiver.get() == from || !receiver->announced()) continue;
    if (!everybody && !contains(identities, receiver->identity()) && !contains(sids, receiver->sid()))
      continue;
    receiver->on_data(shared, reliable);
  }
}

}  // namespace ringback::room
