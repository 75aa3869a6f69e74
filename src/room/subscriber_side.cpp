#include "room/subscriber_side.h"

#include <algorithm>
#include <array>

#include "crypto/random.h"
#include "room/client_participant.h"
#include "room/codec_match.h"
#include "room/room.h"
#include "webrtc_transport/transport.h"

namespace ringback::room {
namespace {

/// Wishes for tracks that may never come are kept up to this number.
constexpr std::size_t kMaxWishes = 4096;
constexpr std::string_view kDataMid = "0";

sdp::SectionKind kind_of(const UpTrack& track) {
  return track.is_video() ? sdp::SectionKind::kVideo : sdp::SectionKind::kAudio;
}

}  // namespace

SubscriberSide::SubscriberSide(ClientParticipant& owner, Transport& transport, bool offers,
                               bool auto_subscribe)
    : owner_(owner),
      transport_(transport),
      offers_(offers),
      auto_subscribe_(auto_subscribe),
      negotiation_(owner.room().context().timers(), [this](base::TimePoint) { negotiate(); }),
      session_id_(crypto::random_u64() >> 2),
      offer_id_(crypto::random_below(256)) {}

SubscriberSide::~SubscriberSide() = default;

bool SubscriberSide::wanted(const UpTrack& track) const {
  if (!owner_.permission().can_subscribe || !track.publisher().allows(owner_, track)) return false;
  const auto wish = wishes_.find(track.sid());
  return wish != wishes_.end() ? wish->second : auto_subscribe_;
}

void SubscriberSide::update(const livekit::UpdateSubscription& wish) {
  std::vector<std::string> sids = wish.track_sids;
  for (const auto& tracks : wish.participant_tracks) {
    sids.insert(sids.end(), tracks.track_sids.begin(), tracks.track_sids.end());
  }
  for (const auto& sid : sids) {
    if (wishes_.size() < kMaxWishes || wishes_.contains(sid)) wishes_[sid] = wish.subscribe;
    for (const auto& participant : owner_.room().participants()) {
      if (participant.get() == &owner_) continue;
      if (UpTrack* track = participant->find_track(sid)) evaluate(*track);
    }
  }
}

void SubscriberSide::set_track_settings(const livekit::UpdateTrackSettings& settings) {
  for (const auto& subscription : subscriptions_) {
    const auto& sid = subscription->down->source().sid();
    if (std::ranges::find(settings.track_sids, sid) == settings.track_sids.end()) continue;
    subscription->down->set_enabled(owner_.room().context().now(), !settings.disabled);
  }
}

void SubscriberSide::evaluate(UpTrack& track) {
  const bool subscribed = find(track) != nullptr;
  const bool want = wanted(track);
  if (want == subscribed) return;
  if (want) {
    subscribe(track);
    return;
  }
  if (!track.publisher().allows(owner_, track)) {
    owner_.send(livekit::SubscriptionPermissionUpdate{
        .participant_sid = track.publisher().sid(), .track_sid = track.sid(), .allowed = false});
  }
  remove(track);
}

void SubscriberSide::subscribe(UpTrack& track) {
  auto subscription = std::make_unique<Subscription>();
  subscription->down = std::make_unique<DownTrack>(track, transport_.peer());
  subscriptions_.push_back(std::move(subscription));
  owner_.send(livekit::SubscriptionPermissionUpdate{
      .participant_sid = track.publisher().sid(), .track_sid = track.sid(), .allowed = true});
  need_negotiation();
}

void SubscriberSide::remove(UpTrack& track) {
  Subscription* subscription = find(track);
  if (subscription == nullptr) return;
  if (Section* section = section_of(subscription->mid)) {
    section->track = nullptr;
    section->usable = false;
    released_ = true;
  }
  std::erase_if(subscriptions_, [&](const auto& candidate) { return candidate.get() == subscription; });
  need_negotiation();
}

void SubscriberSide::remove_all() {
  subscriptions_.clear();
  for (Section& section : sections_) section.track = nullptr;
  negotiation_.cancel();
}

bool SubscriberSide::has(const Participant& publisher) const {
  return std::ranges::any_of(subscriptions_,
                             [&](const auto& s) { return &s->down->source().publisher() == &publisher; });
}

bool SubscriberSide::takes(AudioCodec codec) const {
  if (!audio_codecs_) return true;
  const std::string_view name = livekit::encoding_name(codec);
  return std::ranges::any_of(*audio_codecs_, [&](const sdp::WebRtcCodec& agreed) { return agreed.is(name); });
}

SubscriberSide::Subscription* SubscriberSide::find(const UpTrack& track) {
  const auto found =
      std::ranges::find_if(subscriptions_, [&](const auto& s) { return &s->down->source() == &track; });
  return found == subscriptions_.end() ? nullptr : found->get();
}

DownTrack* SubscriberSide::find_by_ssrc(std::uint32_t ssrc) const {
  for (const auto& subscription : subscriptions_) {
    if (subscription->down->ssrc() == ssrc) return subscription->down.get();
  }
  return nullptr;
}

SubscriberSide::Section* SubscriberSide::section_of(std::string_view mid) {
  const auto found = std::ranges::find(sections_, mid, &Section::mid);
  return found == sections_.end() ? nullptr : &*found;
}

bool SubscriberSide::place(Subscription& subscription) {
  const sdp::SectionKind kind = kind_of(subscription.down->source());
  for (Section& section : sections_) {
    if (section.kind != kind || section.track != nullptr || !section.usable) continue;
    section.track = subscription.down.get();
    subscription.mid = section.mid;
    return true;
  }
  return false;
}

void SubscriberSide::need_negotiation() {
  negotiation_.set_by(owner_.room().context().now());
}

void SubscriberSide::begin() {
  began_ = true;
  negotiate();
}

void SubscriberSide::negotiate() {
  negotiation_.cancel();
  if (!offers_) {
    ask_for_sections();
    return;
  }
  if (!began_ && subscriptions_.empty()) return;
  began_ = true;
  if (awaiting_answer_) {
    again_ = true;
    return;
  }
  offer();
}

// --- Our sections
// -----------------------------------------------------------------------------------------------

void SubscriberSide::offer() {
  again_ = false;
  for (const auto& subscription : subscriptions_) {
    if (!subscription->mid.empty() || place(*subscription)) continue;
    sections_.push_back({.mid = std::to_string(sections_.size() + 1),
                         .kind = kind_of(subscription->down->source()),
                         .track = nullptr});
    place(*subscription);
  }

  sdp::WebRtcDescription description;
  description.session_id = session_id_;
  description.session_version = ++session_version_;
  description.transport = transport_.local();
  // An offer leaves the choice of the DTLS role to the client, also when it only repeats what stands (RFC
  // 8842).
  description.transport.setup = sdp::SetupRole::kActPass;
  description.sections.push_back(sdp::application_section(std::string(kDataMid)));
  for (Section& section : sections_) {
    section.told_empty = section.track == nullptr;
    std::optional<sdp::SentTrack> track;
    if (section.track != nullptr) track = section.track->description();
    description.sections.push_back(section.kind == sdp::SectionKind::kVideo
                                       ? sdp::offered_video(section.mid, track)
                                       : sdp::offered_audio(section.mid, track));
  }
  livekit::ServerOffer message;
  message.type = "offer";
  message.sdp = sdp::write_webrtc(description);
  message.id = ++offer_id_;
  message.mid_to_track_id = mid_to_track_id();
  awaiting_answer_ = true;
  owner_.send(message);
}

bool SubscriberSide::on_answer(const livekit::Answer& answer) {
  // Id 0: the client does not number its descriptions.
  if (!awaiting_answer_ || (answer.id != 0 && answer.id != offer_id_)) return true;
  const auto description = sdp::read_webrtc(answer.sdp);
  if (!description || !transport_.set_remote(description->transport)) return false;
  awaiting_answer_ = false;
  for (const auto& agreed : description->sections) {
    if (agreed.kind == sdp::SectionKind::kApplication) {
      if (!agreed.rejected) transport_.want_data(agreed, true);
      continue;
    }
    bind(agreed);
  }
  if (again_) offer();
  return true;
}

void SubscriberSide::bind(const sdp::WebRtcSection& agreed) {
  Section* section = section_of(agreed.mid);
  if (section == nullptr) return;
  if (section->track == nullptr) {
    section->usable = section->told_empty;
    return;
  }
  if (section->kind == sdp::SectionKind::kAudio && !agreed.codecs.empty()) audio_codecs_ = agreed.codecs;
  UpTrack& source = section->track->source();
  if (agreed.rejected || !section->track->bind(owner_.room().context().now(), agreed)) {
    owner_.send(livekit::SubscriptionResponse{.track_sid = source.sid(),
                                              .err = livekit::SubscriptionError::kCodecUnsupported});
    return;
  }
  owner_.room().subscribed(source);
}

// --- The client's sections
// --------------------------------------------------------------------------------------

void SubscriberSide::ask_for_sections() {
  std::uint32_t wanted_audios = 0;
  std::uint32_t wanted_videos = 0;
  for (const auto& subscription : subscriptions_) {
    if (!subscription->mid.empty()) continue;
    ++(subscription->down->source().is_video() ? wanted_videos : wanted_audios);
  }
  if (wanted_audios + wanted_videos == 0 && !released_) return;
  const auto free_sections = [this](sdp::SectionKind kind) {
    return static_cast<std::uint32_t>(std::ranges::count_if(sections_, [&](const Section& section) {
      return section.kind == kind && section.track == nullptr && section.usable;
    }));
  };
  const auto missing = [](std::uint32_t wanted, std::uint32_t have) {
    return wanted > have ? wanted - have : 0;
  };
  const std::uint32_t audios =
      missing(wanted_audios, free_sections(sdp::SectionKind::kAudio) + asked_audios_);
  const std::uint32_t videos =
      missing(wanted_videos, free_sections(sdp::SectionKind::kVideo) + asked_videos_);
  asked_audios_ += audios;
  asked_videos_ += videos;
  released_ = false;
  owner_.send(livekit::MediaSectionsRequirement{.num_audios = audios, .num_videos = videos});
}

void SubscriberSide::on_offer(const sdp::WebRtcDescription& offer) {
  asked_audios_ = asked_videos_ = 0;
  for (const auto& offered : offer.sections) {
    const bool receives = !offered.rejected && offered.kind != sdp::SectionKind::kApplication &&
                          offered.direction == sdp::Direction::kRecvOnly;
    if (!receives) continue;
    if (section_of(offered.mid) == nullptr) sections_.push_back({.mid = offered.mid, .kind = offered.kind});
    if (offered.kind == sdp::SectionKind::kAudio && !offered.codecs.empty()) audio_codecs_ = offered.codecs;
  }
  // Assigned while the whole offer is in view: a section that comes late in it serves as well as the first.
  for (const auto& subscription : subscriptions_) {
    if (subscription->mid.empty()) place(*subscription);
  }
}

std::optional<sdp::SentTrack> SubscriberSide::assign(const sdp::WebRtcSection& offered) {
  Section* section = section_of(offered.mid);
  if (section == nullptr) return std::nullopt;
  section->told_empty = section->track == nullptr;
  if (section->told_empty) return std::nullopt;
  return section->track->description();
}

void SubscriberSide::on_answered(const sdp::WebRtcDescription& answer) {
  for (const auto& agreed : answer.sections) {
    if (section_of(agreed.mid) != nullptr) bind(agreed);
  }
  const bool waiting = std::ranges::any_of(subscriptions_, [](const auto& s) { return s->mid.empty(); });
  if (waiting) need_negotiation();
}

std::map<std::string, std::string> SubscriberSide::mid_to_track_id() const {
  std::map<std::string, std::string> map;
  for (const Section& section : sections_) {
    if (section.track != nullptr) map[section.mid] = section.track->source().sid();
  }
  return map;
}

void SubscriberSide::resume() {
  asked_audios_ = asked_videos_ = 0;
  if (!offers_) {
    if (released_ || std::ranges::any_of(subscriptions_, [](const auto& s) { return s->mid.empty(); })) {
      need_negotiation();
    }
    return;
  }
  if (!began_) return;
  awaiting_answer_ = false;
  transport_.restart_ice();
  offer();
}

// --- Media
// ------------------------------------------------------------------------------------------------------

void SubscriberSide::on_rtcp(base::TimePoint now, const rtp::RtcpPacket& packet) {
  const auto take_blocks = [this](const rtp::ReportBlocks& blocks) {
    for (const auto& block : blocks) {
      if (DownTrack* track = find_by_ssrc(block.ssrc)) track->on_report(block);
    }
  };
  if (packet.type == rtp::RtcpType::kReceiverReport) {
    if (const auto report = rtp::parse_receiver_report(packet)) take_blocks(report->blocks);
  } else if (packet.type == rtp::RtcpType::kSenderReport) {
    if (const auto report = rtp::parse_sender_report(packet)) take_blocks(report->blocks);
  } else if (packet.type == rtp::RtcpType::kTransportFeedback && packet.count == rtp::kFormatNack) {
    const auto nack = rtp::parse_nack(packet);
    if (!nack) return;
    if (DownTrack* track = find_by_ssrc(nack->media_ssrc)) {
      track->on_nack(now, {nack->sequences.begin(), nack->sequences.end()});
    }
  } else if (packet.type == rtp::RtcpType::kPayloadFeedback && packet.count == rtp::kFormatPli) {
    const auto pli = rtp::parse_pli(packet);
    if (!pli) return;
    if (DownTrack* track = find_by_ssrc(pli->media_ssrc)) track->on_keyframe_request(now);
  } else if (packet.type == rtp::RtcpType::kPayloadFeedback && packet.count == rtp::kFormatFir) {
    const auto fir = rtp::parse_fir(packet);
    if (!fir) return;
    for (const auto& entry : fir->entries) {
      if (DownTrack* track = find_by_ssrc(entry.ssrc)) track->on_keyframe_request(now);
    }
  }
}

void SubscriberSide::send_reports(base::TimePoint now) {
  const std::uint64_t ntp = owner_.room().context().ntp(now);
  for (const auto& subscription : subscriptions_) {
    std::array<std::uint8_t, 512> buffer;
    rtp::RtcpWriter writer(buffer);
    if (subscription->down->add_report(now, ntp, writer)) transport_.peer().send_rtcp(writer.bytes());
  }
}

double SubscriberSide::loss() const {
  double worst = -1;
  for (const auto& subscription : subscriptions_) {
    if (subscription->down->bound()) worst = std::max(worst, subscription->down->fraction_lost() / 256.0);
  }
  return worst;
}

}  // namespace ringback::room
