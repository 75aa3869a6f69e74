#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sdp/parser.h"
#include "sdp/session_description.h"

namespace ringback::sdp {

/// The WebRTC dialect of session descriptions (RFC 8829 with BUNDLE, rtcp-mux, DTLS-SRTP) as LiveKit's
/// clients speak it: plain values, and functions between them and text. Knows the offers and answers that a
/// room server writes, not who publishes what. Any thread.

/// Who opens the DTLS association (RFC 8842): active is the DTLS client.
enum class SetupRole : std::uint8_t { kActPass, kActive, kPassive };
[[nodiscard]] std::string_view to_string(SetupRole role);

/// `a=fingerprint:sha-256 AB:CD:...`
struct Fingerprint {
  std::string algorithm = "sha-256";  ///< lower case
  std::string value;                  ///< upper-case hexadecimal pairs with colons
  bool operator==(const Fingerprint&) const = default;
};

/// One bundled transport as a description tells it: what ICE and DTLS need to know of a side.
struct TransportDescription {
  std::string ice_ufrag;
  std::string ice_pwd;
  bool ice_lite = false;
  std::vector<Fingerprint> fingerprints;  ///< any one of them must match (RFC 8122)
  SetupRole setup = SetupRole::kActPass;
  std::vector<std::string>
      candidates;  ///< "candidate:1 1 udp 2130706431 192.0.2.1 7882 typ host", without `a=`
  bool end_of_candidates = false;
  bool operator==(const TransportDescription&) const = default;
};

struct WebRtcCodec {
  std::uint8_t payload_type = 0;
  std::string name;  ///< "opus", "red", "PCMU", "VP8", "rtx", ...; compare without case
  std::uint32_t clock_rate = 0;
  std::uint32_t channels = 1;
  std::string fmtp;                   ///< "minptime=10;useinbandfec=1"; empty for none
  std::vector<std::string> feedback;  ///< "nack", "nack pli", "ccm fir", "transport-cc", ...

  [[nodiscard]] bool is(std::string_view codec_name) const;
  bool operator==(const WebRtcCodec&) const = default;
};

/// `a=extmap:<id> <uri>` (RFC 8285).
struct HeaderExtension {
  std::uint8_t id = 0;
  std::string uri;
  bool operator==(const HeaderExtension&) const = default;
};

namespace extension {
inline constexpr std::string_view kAudioLevel = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";
inline constexpr std::string_view kMid = "urn:ietf:params:rtp-hdrext:sdes:mid";
inline constexpr std::string_view kRid = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id";
inline constexpr std::string_view kRepairedRid = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id";
inline constexpr std::string_view kAbsSendTime = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time";
inline constexpr std::string_view kAbsCaptureTime =
    "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time";
inline constexpr std::string_view kTransportWideCc =
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";
inline constexpr std::string_view kDependencyDescriptor =
    "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension";
}  // namespace extension

/// `a=msid:<stream> <track>` (RFC 8830). "-" is the stream of a track without one.
struct Msid {
  std::string stream;
  std::string track;
  bool operator==(const Msid&) const = default;
};

/// `a=ssrc-group:FID 1 2` (RFC 5576).
struct SsrcGroup {
  std::string semantics;
  std::vector<std::uint32_t> ssrcs;
  bool operator==(const SsrcGroup&) const = default;
};

enum class SectionKind : std::uint8_t { kAudio, kVideo, kApplication };

/// One m= section. Which members mean something depends on `kind`.
struct WebRtcSection {
  SectionKind kind = SectionKind::kApplication;
  std::string mid;
  bool rejected = false;                       ///< port 0 and not bundle-only
  Direction direction = Direction::kSendRecv;  ///< as seen by the side that wrote it
  // Audio and video.
  std::vector<WebRtcCodec> codecs;  ///< most wanted first
  std::vector<HeaderExtension> extensions;
  std::optional<Msid> msid;          ///< the first one when there are several
  std::vector<std::uint32_t> ssrcs;  ///< in order of appearance
  std::string cname;
  std::vector<SsrcGroup> ssrc_groups;
  std::vector<std::string> send_rids;  ///< simulcast layers that the writer sends (RFC 8851)
  std::vector<std::string> recv_rids;  ///< simulcast layers that the writer accepts
  /// A section of a kind that we do not know is always rejected; an answer must still repeat its m= line:
  /// kind, protocol, formats.
  std::vector<std::string> foreign;
  // Application (RFC 8841).
  std::uint16_t sctp_port = 5000;
  std::uint32_t max_message_size = 65535;

  [[nodiscard]] const WebRtcCodec* codec(std::string_view name) const;  ///< the first of that name
  [[nodiscard]] const WebRtcCodec* codec(std::uint8_t payload_type) const;
  /// The rtx payload type that repairs `payload_type` (RFC 4588), if any.
  [[nodiscard]] std::optional<std::uint8_t> rtx_of(std::uint8_t payload_type) const;
  /// The id of a header extension; 0 when the section has none of that uri.
  [[nodiscard]] std::uint8_t extension_id(std::string_view uri) const;
  bool operator==(const WebRtcSection&) const = default;
};

/// A whole offer or answer whose sections share one transport.
struct WebRtcDescription {
  std::uint64_t session_id = 0;
  std::uint64_t session_version = 0;
  TransportDescription transport;
  std::vector<WebRtcSection> sections;

  [[nodiscard]] const WebRtcSection* section(std::string_view mid) const;
  [[nodiscard]] WebRtcSection* section(std::string_view mid);
  bool operator==(const WebRtcDescription&) const = default;
};

enum class WebRtcFault : std::uint8_t {
  kNotSdp,         ///< sdp::parse refused the text
  kNoSections,     ///< nothing to negotiate
  kBadMid,         ///< a section without mid, or two with the same
  kNoIce,          ///< ice-ufrag or ice-pwd missing or of a forbidden length
  kNoFingerprint,  ///< no usable DTLS fingerprint: media would not be encrypted
  kNotBundled,     ///< sections on different transports
};
[[nodiscard]] std::string_view to_string(WebRtcFault fault);

/// Reads an offer or answer of a client. Looks for ICE and DTLS values in the sections first, then at session
/// level. Sections of unknown kind are kept as rejected ones, so that an answer keeps the order of sections;
/// codecs without rtpmap are left out.
[[nodiscard]] base::Result<WebRtcDescription, WebRtcFault> read_webrtc(std::string_view text);

/// The description as text; `transport` is written into every section, fingerprint at session level.
/// Rejected sections are written with port 0.
[[nodiscard]] std::string write_webrtc(const WebRtcDescription& description);

/// A track that we send in a section.
struct SentTrack {
  Msid msid;          ///< LiveKit: stream "<participant sid>|<track sid>", track "<track sid>"
  std::string cname;  ///< usually the stream id
  std::uint32_t ssrc = 0;
  std::uint32_t rtx_ssrc = 0;  ///< video only; 0: no retransmission stream
};

/// m=application for data channels.
[[nodiscard]] WebRtcSection application_section(std::string mid);

/// Sections that we offer (dual peer connection, subscriber side): Opus 111, PCMU 0, PCMA 8; VP8, VP9, H264,
/// AV1 each with rtx. Without a track the section stays in the description but sends nothing (recvonly, as
/// LiveKit has it).
[[nodiscard]] WebRtcSection offered_audio(std::string mid, const std::optional<SentTrack>& track);
[[nodiscard]] WebRtcSection offered_video(std::string mid, const std::optional<SentTrack>& track);

/// What we want of a section that a client offered.
struct AnswerChoice {
  bool receive = true;                 ///< accept what the client sends
  std::optional<SentTrack> send = {};  ///< a track assigned to a section that the client receives
  bool audio_dtx = true;               ///< invite discontinuous transmission (usedtx=1 in the Opus fmtp)
  bool transport_cc = false;           ///< video: we will send transport-wide feedback
  bool audio_stereo = false;           ///< stereo=1 in the Opus fmtp
  bool g711 = true;                    ///< also accept PCMU and PCMA
};

/// Our answer to one offered section: same mid, client's payload types and extension ids, codecs and
/// extensions that the room server handles (no RED), direction mirrored and limited by the choice; a section
/// that the client only receives is answered sendonly, with or without a track. Simulcast layers are accepted
/// as offered.
[[nodiscard]] WebRtcSection answered(const WebRtcSection& offered, const AnswerChoice& choice);

}  // namespace ringback::sdp
