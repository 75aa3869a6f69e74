#include "room/publisher_side.h"

#include <algorithm>
#include <utility>

#include "room/client_participant.h"
#include "room/codec_match.h"
#include "room/room.h"
#include "room/sid.h"
#include "webrtc_transport/transport.h"

namespace ringback::room {
namespace {

using livekit::AudioTrackFeature;
using livekit::TrackSource;
using livekit::TrackType;

/// A client that announces tracks and never offers them must not fill our memory.
constexpr std::size_t kMaxPending = 64;

bool has(const std::vector<AudioTrackFeature>& features, AudioTrackFeature feature) {
  return std::ranges::find(features, feature) != features.end();
}

bool is_screen(TrackSource source) {
  return source == TrackSource::kScreenShare || source == TrackSource::kScreenShareAudio;
}

livekit::TrackInfo info_of(const livekit::AddTrack& request) {
  livekit::TrackInfo info;
  info.sid = make_track_sid(request.type, request.source);
  info.type = request.type;
  info.name = request.name;
  info.muted = request.muted;
  info.width = request.width;
  info.height = request.height;
  info.disable_dtx = request.disable_dtx;
  info.source = request.source;
  info.layers = request.layers;
  info.simulcast = request.type == TrackType::kVideo && request.layers.size() > 1;
  info.stereo = request.stereo || has(request.audio_features, AudioTrackFeature::kStereo);
  info.disable_red = request.disable_red;
  info.encryption = request.encryption;
  info.stream = !request.stream.empty()     ? request.stream
                : is_screen(request.source) ? "screenshare"
                                            : "camera";
  info.audio_features = request.audio_features;
  info.backup_codec_policy = request.backup_codec_policy == livekit::BackupCodecPolicy::kPreferRegression
                                 ? livekit::BackupCodecPolicy::kSimulcast
                                 : request.backup_codec_policy;
  info.packet_trailer_features = request.packet_trailer_features;
  for (const auto& codec : request.simulcast_codecs) {
    livekit::SimulcastCodecInfo& known = info.codecs.emplace_back();
    if (!codec.codec.empty()) known.mime_type = "video/" + codec.codec;
    known.cid = codec.cid;
    known.layers = codec.layers;
    known.video_layer_mode = codec.video_layer_mode;
  }
  if (info.codecs.empty()) {
    livekit::SimulcastCodecInfo& only = info.codecs.emplace_back();
    only.cid = request.cid;
    only.video_layer_mode = livekit::VideoLayerMode::kOneSpatialLayerPerStream;
  }
  return info;
}

}  // namespace

void PublisherSide::add_track(const livekit::AddTrack& request) {
  using Reason = livekit::RequestResponse::Reason;
  const auto refuse = [&](Reason reason) {
    owner_.send(livekit::RequestResponse{.reason = reason, .message = {}, .request = request});
  };
  if (request.type == TrackType::kData) return refuse(Reason::kUnsupportedType);
  const auto& permission = owner_.permission();
  const auto& sources = permission.can_publish_sources;
  const bool source_allowed = sources.empty() || std::ranges::find(sources, request.source) != sources.end();
  if (!permission.can_publish || !source_allowed) return refuse(Reason::kNotAllowed);
  if (pending_.size() >= kMaxPending) return refuse(Reason::kLimitExceeded);

  if (!request.sid.empty()) {
    // A backup codec of a live track: it is known already, its second encoding is not taken.
    if (const UpTrack* track = owner_.find_track(request.sid)) {
      owner_.send(livekit::TrackPublished{.cid = request.cid, .track = track->info()});
    }
    return;
  }
  const auto known = std::ranges::find(pending_, request.cid, [](const Pending& p) { return p.request.cid; });
  if (known != pending_.end()) {
    owner_.send(livekit::TrackPublished{.cid = request.cid, .track = known->info});
    return;
  }
  pending_.push_back({request, info_of(request)});
  owner_.send(livekit::TrackPublished{.cid = request.cid, .track = pending_.back().info});
}

bool PublisherSide::knows(std::string_view track_sid) const {
  return owner_.find_track(track_sid) != nullptr ||
         std::ranges::find(pending_, track_sid, [](const Pending& p) { return p.info.sid; }) !=
             pending_.end();
}

void PublisherSide::mute_pending(std::string_view track_sid, bool muted) {
  for (auto& pending : pending_) {
    if (pending.info.sid == track_sid) pending.info.muted = muted;
  }
}

std::optional<PublisherSide::Pending> PublisherSide::take_pending(const sdp::WebRtcSection& offered) {
  const TrackType type = offered.kind == sdp::SectionKind::kVideo ? TrackType::kVideo : TrackType::kAudio;
  const std::string cid = offered.msid ? offered.msid->track : std::string();
  auto found = std::ranges::find_if(pending_, [&](const Pending& pending) {
    return pending.request.type == type && pending.request.cid == cid;
  });
  if (found == pending_.end()) {
    found = std::ranges::find_if(pending_, [&](const Pending& pending) {
      return pending.request.type == type && std::ranges::any_of(pending.request.simulcast_codecs,
                                                                 [&](const auto& c) { return c.cid == cid; });
    });
  }
  if (found == pending_.end()) {
    found =
        std::ranges::find_if(pending_, [&](const Pending& pending) { return pending.request.type == type; });
  }
  if (found == pending_.end()) return std::nullopt;
  Pending taken = std::move(*found);
  pending_.erase(found);
  return taken;
}

PublisherSide::Section* PublisherSide::section_of(std::string_view mid) {
  const auto found = std::ranges::find(sections_, mid, [](const auto& section) { return section->mid; });
  return found == sections_.end() ? nullptr : found->get();
}

void PublisherSide::drop_routes(const Section& section) {
  std::erase_if(routes_, [&](const Route& route) { return route.section == &section; });
}

void PublisherSide::end_section(Section& section) {
  UpTrack* track = section.track;
  drop_routes(section);
  std::erase_if(sections_, [&](const auto& candidate) { return candidate.get() == &section; });
  if (track != nullptr) owner_.room().unpublish(owner_, *track);
}

void PublisherSide::forget(const UpTrack& track) {
  for (const auto& section : sections_) {
    if (section->track != &track) continue;
    drop_routes(*section);
    section->track = nullptr;
  }
}

sdp::AnswerChoice PublisherSide::choose(const sdp::WebRtcSection& offered) {
  sdp::AnswerChoice choice;
  choice.receive = false;
  choice.transport_cc = true;
  const bool client_sends = !offered.rejected && sdp::sends(offered.direction);
  const std::string msid_track = offered.msid ? offered.msid->track : std::string();
  Section* section = section_of(offered.mid);
  if (section != nullptr) {
    const bool other_track =
        section->msid_track != msid_track && std::ranges::any_of(pending_, [&](const Pending& pending) {
          return pending.request.cid == msid_track;
        });
    if (!client_sends || other_track) {
      end_section(*section);
      section = nullptr;
    }
  }
  if (!client_sends) return choice;

  const livekit::TrackInfo* info = nullptr;
  if (section != nullptr) {
    if (section->track == nullptr) return choice;  // taken away by the server
    info = &section->track->info();
  } else {
    auto pending = take_pending(offered);
    if (!pending) return choice;
    chosen_.push_back(std::move(*pending));
    info = &chosen_.back().info;
  }
  choice.receive = true;
  choice.audio_dtx = !info->disable_dtx && !has(info->audio_features, AudioTrackFeature::kNoDtx);
  choice.audio_stereo = info->stereo || has(info->audio_features, AudioTrackFeature::kStereo);
  return choice;
}

void PublisherSide::agree(const sdp::WebRtcSection& offered, const sdp::WebRtcSection& answer) {
  const auto learn_id = [&](std::uint8_t& id, std::string_view uri) {
    if (const std::uint8_t agreed = answer.extension_id(uri); agreed != 0) id = agreed;
  };
  learn_id(audio_level_id_, sdp::extension::kAudioLevel);
  learn_id(mid_id_, sdp::extension::kMid);
  learn_id(rid_id_, sdp::extension::kRid);
  learn_id(repaired_rid_id_, sdp::extension::kRepairedRid);

  Section* section = section_of(offered.mid);
  UpTrack* track = section != nullptr ? section->track : nullptr;
  if (!chosen_.empty()) {
    Pending pending = std::move(chosen_.back());
    chosen_.clear();
    sections_.push_back(std::make_unique<Section>());
    section = sections_.back().get();
    section->mid = offered.mid;
    section->msid_track = offered.msid ? offered.msid->track : std::string();
    pending.info.mid = offered.mid;
    fresh_.push_back(std::make_unique<UpTrack>(owner_, std::move(pending.info), this));
    track = section->track = fresh_.back().get();
  }
  if (track == nullptr) return;

  std::vector<sdp::WebRtcCodec> formats;
  for (const auto& codec : answer.codecs) {
    if (is_media_codec(codec)) {
      formats.push_back(codec);
      for (const auto& feedback : codec.feedback) {
        if (feedback == "nack" && offered.kind == sdp::SectionKind::kVideo) section->nack = true;
        if (feedback == "transport-cc") learn_id(transport_cc_id_, sdp::extension::kTransportWideCc);
        if (feedback == "goog-remb") remb_ = true;
      }
    } else if (codec.is("rtx")) {
      if (const auto apt = sdp::fmtp_parameter(codec.fmtp, "apt")) {
        const int repaired = std::atoi(std::string(*apt).c_str());
        if (repaired > 0 && repaired < 128)
          rtx_of_[codec.payload_type & 0x7f] = static_cast<std::uint8_t>(repaired);
      }
    }
  }
  if (formats.empty()) return;
  livekit::TrackInfo& info = track->info();
  info.mime_type = mime_type_of(offered.kind, formats.front());
  info.codecs.front().mime_type = info.mime_type;
  info.codecs.front().mid = offered.mid;
  track->set_formats(std::move(formats));
  track->set_extension_ids(
      {.dependency_descriptor = answer.extension_id(sdp::extension::kDependencyDescriptor),
       .abs_capture_time = answer.extension_id(sdp::extension::kAbsCaptureTime)});

  if (!track->streams().empty()) return;
  if (!offered.send_rids.empty()) {
    // LiveKit's clients name their layers q, h and f, from small to large, and offer them in that order.
    for (const auto& rid : offered.send_rids) track->add_stream(0, 0, rid);
    info.simulcast = offered.send_rids.size() > 1;
    return;
  }
  const std::uint32_t ssrc = offered.ssrcs.empty() ? 0 : offered.ssrcs.front();
  std::uint32_t rtx_ssrc = 0;
  for (const auto& group : offered.ssrc_groups) {
    if (group.semantics == "FID" && group.ssrcs.size() == 2 && group.ssrcs[0] == ssrc)
      rtx_ssrc = group.ssrcs[1];
  }
  UpStream& stream = track->add_stream(ssrc, rtx_ssrc, {});
  if (ssrc != 0) routes_.push_back({ssrc, section, &stream, false});
  if (rtx_ssrc != 0) routes_.push_back({rtx_ssrc, section, &stream, true});
}

void PublisherSide::publish_agreed() {
  auto fresh = std::exchange(fresh_, {});
  for (auto& track : fresh) owner_.room().publish(owner_, std::move(track));
}

}  // namespace ringback::room
