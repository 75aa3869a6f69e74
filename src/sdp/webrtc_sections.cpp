#include <algorithm>
#include <array>

#include "sdp/webrtc_profile.h"

/// The sections that a room server writes: what it offers to subscribers, and how it answers publishers.
namespace ringback::sdp {
namespace {

constexpr std::string_view kOpusFmtp = "minptime=10;useinbandfec=1";

// What the room server forwards; everything else (RED, FEC schemes, telephone-event) is answered away.
constexpr std::array<std::string_view, 5> kVideoCodecs = {"VP8", "VP9", "H264", "AV1", "H265"};
constexpr std::array<std::string_view, 4> kVideoFeedback = {"ccm fir", "nack", "nack pli", "goog-remb"};
constexpr std::string_view kTransportCc = "transport-cc";

// The same whichever way a section goes: Chromium offers in later sections only what the earlier ones of the
// bundle have agreed to, and its first offer has nothing but sections to receive in.
constexpr std::array<std::string_view, 3> kAudioExtensions = {extension::kMid, extension::kAudioLevel,
                                                              extension::kAbsCaptureTime};
constexpr std::array<std::string_view, 5> kVideoExtensions = {
    extension::kMid, extension::kRid, extension::kRepairedRid, extension::kDependencyDescriptor,
    extension::kAbsCaptureTime};
/// Extension ids of our own offers; a browser keeps to what the offerer chose.
constexpr std::uint8_t kOfferedAbsCaptureTime = 2;
constexpr std::uint8_t kOfferedDependencyDescriptor = 8;

template <class List>
bool contains(const List& list, std::string_view value) {
  return std::ranges::find(list, value) != list.end();
}

void assign_track(const std::optional<SentTrack>& track, WebRtcSection& section) {
  if (!track) return;
  section.msid = track->msid;
  section.cname = track->cname;
  section.ssrcs = {track->ssrc};
  if (track->rtx_ssrc == 0 || section.codec("rtx") == nullptr) return;
  section.ssrcs.push_back(track->rtx_ssrc);
  section.ssrc_groups = {{"FID", {track->ssrc, track->rtx_ssrc}}};
}

void add_video_codec(WebRtcSection& section, std::uint8_t payload_type, std::uint8_t rtx_type,
                     std::string name, std::string fmtp) {
  WebRtcCodec codec;
  codec.payload_type = payload_type;
  codec.name = std::move(name);
  codec.clock_rate = 90000;
  codec.fmtp = std::move(fmtp);
  codec.feedback.assign(kVideoFeedback.begin(), kVideoFeedback.end());
  section.codecs.push_back(std::move(codec));
  WebRtcCodec rtx;
  rtx.payload_type = rtx_type;
  rtx.name = "rtx";
  rtx.clock_rate = 90000;
  rtx.fmtp = "apt=" + std::to_string(payload_type);
  section.codecs.push_back(std::move(rtx));
}

void add_audio_codec(WebRtcSection& section, std::uint8_t payload_type, std::string name,
                     std::uint32_t clock_rate, std::uint32_t channels, std::string_view fmtp) {
  WebRtcCodec codec;
  codec.payload_type = payload_type;
  codec.name = std::move(name);
  codec.clock_rate = clock_rate;
  codec.channels = channels;
  codec.fmtp = fmtp;
  section.codecs.push_back(std::move(codec));
}

void answer_audio_codecs(const WebRtcSection& offered, const AnswerChoice& choice, bool receiving,
                         WebRtcSection& section) {
  for (const WebRtcCodec& codec : offered.codecs) {
    const bool opus = codec.is("opus") && codec.clock_rate == 48000 && codec.channels == 2;
    const bool g711 = choice.g711 && (codec.is("PCMU") || codec.is("PCMA")) && codec.clock_rate == 8000;
    if (!opus && !g711) continue;
    WebRtcCodec& accepted = section.codecs.emplace_back(codec);
    accepted.feedback.clear();
    if (!opus || !receiving) continue;
    accepted.fmtp = kOpusFmtp;
    if (choice.audio_dtx) accepted.fmtp += ";usedtx=1";
    if (choice.audio_stereo) accepted.fmtp += ";stereo=1";
  }
  // Opus first: it is what a client should send when it may choose.
  std::ranges::stable_partition(section.codecs, [](const WebRtcCodec& c) { return c.is("opus"); });
}

void answer_video_codecs(const WebRtcSection& offered, const AnswerChoice& choice, WebRtcSection& section) {
  for (const WebRtcCodec& codec : offered.codecs) {
    const bool known =
        std::ranges::any_of(kVideoCodecs, [&](std::string_view name) { return codec.is(name); });
    if (!known) continue;
    WebRtcCodec& accepted = section.codecs.emplace_back(codec);
    std::erase_if(accepted.feedback, [&](const std::string& feedback) {
      return !contains(kVideoFeedback, feedback) && !(choice.transport_cc && feedback == kTransportCc);
    });
    const auto rtx = offered.rtx_of(codec.payload_type);
    if (!rtx) continue;
    WebRtcCodec repair = *offered.codec(*rtx);
    repair.feedback.clear();
    section.codecs.push_back(std::move(repair));
  }
}

void answer_extensions(const WebRtcSection& offered, const AnswerChoice& choice, WebRtcSection& section) {
  const bool video = offered.kind == SectionKind::kVideo;
  for (const HeaderExtension& extension : offered.extensions) {
    const bool wanted = video ? contains(kVideoExtensions, extension.uri) ||
                                    (choice.transport_cc && extension.uri == extension::kTransportWideCc)
                              : contains(kAudioExtensions, extension.uri);
    if (wanted) section.extensions.push_back(extension);
  }
}

/// Our direction. A section that the client only receives stays ours to send in, with or without a track, so
/// that assigning one later changes nothing but msid and ssrc.
Direction answer_direction(Direction offered, const AnswerChoice& choice) {
  switch (offered) {
    case Direction::kSendOnly:
      return choice.receive ? Direction::kRecvOnly : Direction::kInactive;
    case Direction::kRecvOnly:
      return Direction::kSendOnly;
    case Direction::kSendRecv:
      if (choice.send) return choice.receive ? Direction::kSendRecv : Direction::kSendOnly;
      return choice.receive ? Direction::kRecvOnly : Direction::kInactive;
    case Direction::kInactive:
      return Direction::kInactive;
  }
  return Direction::kInactive;
}

}  // namespace

WebRtcSection application_section(std::string mid) {
  WebRtcSection section;
  section.kind = SectionKind::kApplication;
  section.mid = std::move(mid);
  return section;
}

WebRtcSection offered_audio(std::string mid, const std::optional<SentTrack>& track) {
  WebRtcSection section;
  section.kind = SectionKind::kAudio;
  section.mid = std::move(mid);
  section.direction = track ? Direction::kSendOnly : Direction::kRecvOnly;
  add_audio_codec(section, 111, "opus", 48000, 2, kOpusFmtp);
  add_audio_codec(section, 0, "PCMU", 8000, 1, {});
  add_audio_codec(section, 8, "PCMA", 8000, 1, {});
  section.extensions = {{kOfferedAbsCaptureTime, std::string(extension::kAbsCaptureTime)}};
  assign_track(track, section);
  return section;
}

WebRtcSection offered_video(std::string mid, const std::optional<SentTrack>& track) {
  WebRtcSection section;
  section.kind = SectionKind::kVideo;
  section.mid = std::move(mid);
  section.direction = track ? Direction::kSendOnly : Direction::kRecvOnly;
  add_video_codec(section, 96, 97, "VP8", {});
  add_video_codec(section, 98, 99, "VP9", "profile-id=0");
  add_video_codec(section, 100, 101, "VP9", "profile-id=1");
  add_video_codec(section, 125, 126, "H264",
                  "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f");
  add_video_codec(section, 108, 109, "H264",
                  "level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f");
  add_video_codec(section, 35, 36, "AV1", {});
  section.extensions = {{kOfferedAbsCaptureTime, std::string(extension::kAbsCaptureTime)},
                        {kOfferedDependencyDescriptor, std::string(extension::kDependencyDescriptor)}};
  assign_track(track, section);
  return section;
}

WebRtcSection answered(const WebRtcSection& offered, const AnswerChoice& choice) {
  WebRtcSection section;
  section.kind = offered.kind;
  section.mid = offered.mid;
  section.rejected = offered.rejected;
  section.foreign = offered.foreign;
  if (offered.rejected || offered.kind == SectionKind::kApplication) {
    // The m= line of a rejected section still needs its formats.
    if (offered.rejected) section.codecs = offered.codecs;
    return section;
  }
  section.direction = answer_direction(offered.direction, choice);
  const bool receiving = receives(section.direction);
  if (offered.kind == SectionKind::kAudio) {
    answer_audio_codecs(offered, choice, receiving, section);
  } else {
    answer_video_codecs(offered, choice, section);
  }
  if (section.codecs.empty()) {
    section.rejected = true;
    section.direction = Direction::kInactive;
    section.codecs = offered.codecs;
    return section;
  }
  answer_extensions(offered, choice, section);
  if (receiving) section.recv_rids = offered.send_rids;
  if (sends(section.direction)) assign_track(choice.send, section);
  return section;
}

}  // namespace ringback::sdp
