#include "sdp/webrtc_profile.h"

#include <algorithm>
#include <charconv>

#include "sdp/writer.h"

namespace ringback::sdp {
namespace {

constexpr std::string_view kRtpProtocol = "UDP/TLS/RTP/SAVPF";
constexpr std::string_view kDataProtocol = "UDP/DTLS/SCTP";
constexpr std::string_view kDataFormat = "webrtc-datachannel";
constexpr std::size_t kMinUfrag = 4;  // RFC 8839 5.4
constexpr std::size_t kMinPassword = 22;
constexpr std::size_t kMaxIceText = 256;
// Bounds on what one section may make us keep; browsers stay far below.
constexpr std::size_t kMaxMid = 64;
constexpr std::size_t kMaxCandidates = 64;
constexpr std::size_t kMaxSsrcs = 64;
constexpr std::size_t kMaxFeedback = 16;
constexpr std::size_t kMaxExtensions = 64;
constexpr std::size_t kMaxLayers = 16;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

bool same_text(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

template <class T>
bool read_number(std::string_view text, T& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

/// Cuts the text before `separator` (or all) off the front of `rest`.
std::string_view cut(std::string_view& rest, char separator) {
  const std::size_t end = rest.find(separator);
  const std::string_view head = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  return head;
}

std::optional<SetupRole> parse_setup(std::string_view text) {
  if (text == "actpass") return SetupRole::kActPass;
  if (text == "active") return SetupRole::kActive;
  if (text == "passive") return SetupRole::kPassive;
  return std::nullopt;
}

std::optional<Fingerprint> parse_fingerprint(std::string_view value) {
  Fingerprint fingerprint;
  fingerprint.algorithm = cut(value, ' ');
  fingerprint.value = value;
  std::ranges::transform(fingerprint.algorithm, fingerprint.algorithm.begin(), lower);
  std::ranges::transform(fingerprint.value, fingerprint.value.begin(), upper);
  if (fingerprint.algorithm.empty() || fingerprint.value.empty()) return std::nullopt;
  return fingerprint;
}

void read_codecs(const Media& media, WebRtcSection& section) {
  for (const std::uint8_t payload_type : media.payload_types()) {
    const auto map = media.rtpmap(payload_type);
    if (!map || section.codec(payload_type) != nullptr) continue;
    WebRtcCodec codec;
    codec.payload_type = payload_type;
    codec.name = map->encoding;
    codec.clock_rate = map->clock_rate;
    codec.channels = map->channels;
    codec.fmtp = media.fmtp(payload_type).value_or("");
    section.codecs.push_back(std::move(codec));
  }
  for (std::string_view value : media.attributes.all("rtcp-fb")) {
    const std::string_view target = cut(value, ' ');
    for (WebRtcCodec& codec : section.codecs) {
      if (target != "*" && target != std::to_string(codec.payload_type)) continue;
      if (codec.feedback.size() < kMaxFeedback) codec.feedback.emplace_back(value);
    }
  }
}

void read_extensions(const Media& media, WebRtcSection& section) {
  for (std::string_view value : media.attributes.all("extmap")) {
    std::string_view id_text = cut(value, ' ');
    id_text = cut(id_text, '/');  // "3/sendonly"
    HeaderExtension extension;
    extension.uri = cut(value, ' ');
    if (!read_number(id_text, extension.id) || extension.id == 0 || extension.uri.empty()) continue;
    if (section.extensions.size() < kMaxExtensions) section.extensions.push_back(std::move(extension));
  }
}

std::optional<Msid> parse_msid(std::string_view value) {
  Msid msid;
  msid.stream = cut(value, ' ');
  msid.track = cut(value, ' ');
  if (msid.stream.empty()) return std::nullopt;
  return msid;
}

void read_sources(const Media& media, WebRtcSection& section) {
  if (const auto msid = media.attributes.find("msid")) section.msid = parse_msid(*msid);
  for (std::string_view value : media.attributes.all("ssrc")) {
    std::uint32_t ssrc = 0;
    if (!read_number(cut(value, ' '), ssrc)) continue;
    if (std::ranges::find(section.ssrcs, ssrc) == section.ssrcs.end()) {
      if (section.ssrcs.size() == kMaxSsrcs) break;
      section.ssrcs.push_back(ssrc);
    }
    const std::string_view name = cut(value, ':');
    if (name == "cname" && section.cname.empty()) section.cname = value;
    // Plan-B style, also written by LiveKit beside a=msid.
    if (name == "msid" && !section.msid) section.msid = parse_msid(value);
  }
  for (std::string_view value : media.attributes.all("ssrc-group")) {
    SsrcGroup group;
    group.semantics = cut(value, ' ');
    while (!value.empty() && group.ssrcs.size() < kMaxSsrcs) {
      std::uint32_t ssrc = 0;
      if (read_number(cut(value, ' '), ssrc)) group.ssrcs.push_back(ssrc);
    }
    if (section.ssrc_groups.size() < kMaxLayers) section.ssrc_groups.push_back(std::move(group));
  }
}

void read_layers(const Media& media, WebRtcSection& section) {
  for (std::string_view value : media.attributes.all("rid")) {
    const std::string_view id = cut(value, ' ');
    const std::string_view direction = cut(value, ' ');
    if (id.empty()) continue;
    if (direction == "send" && section.send_rids.size() < kMaxLayers) section.send_rids.emplace_back(id);
    if (direction == "recv" && section.recv_rids.size() < kMaxLayers) section.recv_rids.emplace_back(id);
  }
}

WebRtcSection read_section(const SessionDescription& description, const Media& media, std::string_view mid) {
  WebRtcSection section;
  section.mid = mid;
  section.rejected = media.port == 0 && !media.attributes.has("bundle-only");
  section.direction = description.direction_of(media);
  const bool rtp = media.protocol == kRtpProtocol;
  if (rtp && (media.kind == "audio" || media.kind == "video")) {
    section.kind = media.kind == "audio" ? SectionKind::kAudio : SectionKind::kVideo;
    read_codecs(media, section);
    read_extensions(media, section);
    read_sources(media, section);
    read_layers(media, section);
    return section;
  }
  const bool data = media.kind == "application" && !media.formats.empty() && media.formats[0] == kDataFormat;
  if (data) {
    if (const auto port = media.attributes.find("sctp-port")) read_number(*port, section.sctp_port);
    if (const auto size = media.attributes.find("max-message-size"))
      read_number(*size, section.max_message_size);
    return section;
  }
  section.rejected = true;
  section.foreign = {media.kind, media.protocol};
  section.foreign.insert(section.foreign.end(), media.formats.begin(), media.formats.end());
  return section;
}

/// A mid is a token (RFC 5888 4): with a blank in it the group line would name other sections.
bool good_mid(std::string_view mid) {
  return !mid.empty() && mid.size() <= kMaxMid &&
         std::ranges::all_of(mid, [](char c) { return c > ' ' && c < 0x7f; });
}

bool good_ice_text(std::string_view text, std::size_t least) {
  return text.size() >= least && text.size() <= kMaxIceText;
}

void read_fingerprints(const AttributeList& attributes, TransportDescription& transport) {
  for (const std::string_view value : attributes.all("fingerprint")) {
    if (auto fingerprint = parse_fingerprint(value))
      transport.fingerprints.push_back(std::move(*fingerprint));
  }
}

std::optional<WebRtcFault> read_transport(const SessionDescription& description, const Media& media,
                                          TransportDescription& transport) {
  transport.ice_ufrag = description.attribute_of(media, "ice-ufrag").value_or("");
  transport.ice_pwd = description.attribute_of(media, "ice-pwd").value_or("");
  if (!good_ice_text(transport.ice_ufrag, kMinUfrag) || !good_ice_text(transport.ice_pwd, kMinPassword)) {
    return WebRtcFault::kNoIce;
  }
  transport.ice_lite = description.attributes.has("ice-lite");
  read_fingerprints(media.attributes, transport);
  if (transport.fingerprints.empty()) read_fingerprints(description.attributes, transport);
  if (transport.fingerprints.empty()) return WebRtcFault::kNoFingerprint;
  const auto setup = description.attribute_of(media, "setup");
  transport.setup = (setup ? parse_setup(*setup) : std::nullopt).value_or(SetupRole::kActPass);
  for (const Media& section : description.media) {
    for (const std::string_view candidate : section.attributes.all("candidate")) {
      std::string line = "candidate:" + std::string(candidate);
      if (transport.candidates.size() == kMaxCandidates) break;
      if (std::ranges::find(transport.candidates, line) == transport.candidates.end()) {
        transport.candidates.push_back(std::move(line));
      }
    }
    transport.end_of_candidates |= section.attributes.has("end-of-candidates");
  }
  return std::nullopt;
}

/// Whether every section that is in use travels on one transport.
bool all_bundled(const SessionDescription& description, const std::vector<WebRtcSection>& sections) {
  std::vector<std::string_view> bundled;
  for (std::string_view group : description.attributes.all("group")) {
    if (cut(group, ' ') != "BUNDLE") continue;
    while (!group.empty()) bundled.push_back(cut(group, ' '));
    break;
  }
  const auto used = std::ranges::count_if(sections, [](const WebRtcSection& s) { return !s.rejected; });
  return used <= 1 || std::ranges::all_of(sections, [&](const WebRtcSection& s) {
           return s.rejected || std::ranges::find(bundled, s.mid) != bundled.end();
         });
}

// ---------------------------------------------------------------------------------------------------------------
// Writing.

void write_transport(const TransportDescription& transport, bool with_candidates, Media& media) {
  media.attributes.add("ice-ufrag", transport.ice_ufrag);
  media.attributes.add("ice-pwd", transport.ice_pwd);
  media.attributes.add("setup", std::string(to_string(transport.setup)));
  if (!with_candidates) return;
  for (std::string_view candidate : transport.candidates) {
    if (candidate.starts_with("candidate:")) candidate.remove_prefix(10);
    media.attributes.add("candidate", std::string(candidate));
  }
  if (transport.end_of_candidates) media.attributes.add("end-of-candidates");
}

void write_sources(const WebRtcSection& section, Media& media) {
  if (section.msid) media.attributes.add("msid", section.msid->stream + ' ' + section.msid->track);
  for (const SsrcGroup& group : section.ssrc_groups) {
    std::string value = group.semantics;
    for (const std::uint32_t ssrc : group.ssrcs) value += ' ' + std::to_string(ssrc);
    media.attributes.add("ssrc-group", value);
  }
  for (const std::uint32_t ssrc : section.ssrcs) {
    const std::string prefix = std::to_string(ssrc) + ' ';
    if (!section.cname.empty()) media.attributes.add("ssrc", prefix + "cname:" + section.cname);
    if (section.msid) {
      media.attributes.add("ssrc", prefix + "msid:" + section.msid->stream + ' ' + section.msid->track);
    }
  }
}

void write_layers(const std::vector<std::string>& rids, std::string_view direction, Media& media) {
  if (rids.empty()) return;
  std::string list(direction);
  for (std::size_t i = 0; i < rids.size(); ++i) {
    media.attributes.add("rid", rids[i] + ' ' + std::string(direction));
    list += (i == 0 ? ' ' : ';') + rids[i];
  }
  media.attributes.add("simulcast", list);
}

void write_rtp(const WebRtcSection& section, Media& media) {
  media.attributes.add("rtcp-mux");
  media.attributes.add("rtcp-rsize");
  for (const WebRtcCodec& codec : section.codecs) {
    media.add_codec({codec.payload_type, codec.name, codec.clock_rate, codec.channels}, codec.fmtp);
    for (const std::string& feedback : codec.feedback) {
      media.attributes.add("rtcp-fb", std::to_string(codec.payload_type) + ' ' + feedback);
    }
  }
  for (const HeaderExtension& extension : section.extensions) {
    media.attributes.add("extmap", std::to_string(extension.id) + ' ' + extension.uri);
  }
  write_sources(section, media);
  write_layers(section.send_rids, "send", media);
  write_layers(section.recv_rids, "recv", media);
}

Media write_section(const WebRtcSection& section, const TransportDescription& transport,
                    bool with_candidates) {
  Media media;
  media.port = section.rejected ? 0 : 9;
  media.connection = Connection{};
  media.connection->host = "0.0.0.0";
  media.attributes.add("mid", section.mid);
  if (section.foreign.size() >= 2) {
    media.kind = section.foreign[0];
    media.protocol = section.foreign[1];
    media.formats.assign(section.foreign.begin() + 2, section.foreign.end());
    media.set_direction(Direction::kInactive);
    return media;
  }
  const bool data = section.kind == SectionKind::kApplication;
  media.kind = data ? "application" : section.kind == SectionKind::kAudio ? "audio" : "video";
  media.protocol = data ? kDataProtocol : kRtpProtocol;
  if (section.rejected) {
    media.set_direction(Direction::kInactive);
  } else {
    write_transport(transport, with_candidates, media);
    media.set_direction(section.direction);
  }
  if (data) {
    media.formats = {std::string(kDataFormat)};
    media.attributes.add("sctp-port", std::to_string(section.sctp_port));
    media.attributes.add("max-message-size", std::to_string(section.max_message_size));
  } else {
    write_rtp(section, media);
    // A section without a codec is a rejected one, but its m= line needs a format all the same.
    if (media.formats.empty()) media.formats = {"0"};
  }
  return media;
}

}  // namespace

std::string_view to_string(SetupRole role) {
  switch (role) {
    case SetupRole::kActPass:
      return "actpass";
    case SetupRole::kActive:
      return "active";
    case SetupRole::kPassive:
      return "passive";
  }
  return "actpass";
}

std::string_view to_string(WebRtcFault fault) {
  switch (fault) {
    case WebRtcFault::kNotSdp:
      return "not a session description";
    case WebRtcFault::kNoSections:
      return "a session description without media sections";
    case WebRtcFault::kBadMid:
      return "a media section without its own mid";
    case WebRtcFault::kNoIce:
      return "no usable ice-ufrag and ice-pwd";
    case WebRtcFault::kNoFingerprint:
      return "no DTLS fingerprint";
    case WebRtcFault::kNotBundled:
      return "media sections on different transports";
  }
  return "unknown";
}

bool WebRtcCodec::is(std::string_view codec_name) const {
  return same_text(name, codec_name);
}

const WebRtcCodec* WebRtcSection::codec(std::string_view name) const {
  const auto found = std::ranges::find_if(codecs, [&](const WebRtcCodec& c) { return c.is(name); });
  return found == codecs.end() ? nullptr : &*found;
}

const WebRtcCodec* WebRtcSection::codec(std::uint8_t payload_type) const {
  const auto found = std::ranges::find(codecs, payload_type, &WebRtcCodec::payload_type);
  return found == codecs.end() ? nullptr : &*found;
}

std::optional<std::uint8_t> WebRtcSection::rtx_of(std::uint8_t payload_type) const {
  const std::string apt = std::to_string(payload_type);
  for (const WebRtcCodec& codec : codecs) {
    if (codec.is("rtx") && fmtp_parameter(codec.fmtp, "apt") == apt) return codec.payload_type;
  }
  return std::nullopt;
}

std::uint8_t WebRtcSection::extension_id(std::string_view uri) const {
  const auto found = std::ranges::find(extensions, uri, &HeaderExtension::uri);
  return found == extensions.end() ? std::uint8_t{0} : found->id;
}

const WebRtcSection* WebRtcDescription::section(std::string_view mid) const {
  const auto found = std::ranges::find(sections, mid, &WebRtcSection::mid);
  return found == sections.end() ? nullptr : &*found;
}

WebRtcSection* WebRtcDescription::section(std::string_view mid) {
  const auto found = std::ranges::find(sections, mid, &WebRtcSection::mid);
  return found == sections.end() ? nullptr : &*found;
}

base::Result<WebRtcDescription, WebRtcFault> read_webrtc(std::string_view text) {
  const auto parsed = parse(text);
  if (!parsed) return base::Failure{WebRtcFault::kNotSdp};
  if (parsed->media.empty()) return base::Failure{WebRtcFault::kNoSections};

  WebRtcDescription description;
  read_number(std::string_view(parsed->origin.session_id), description.session_id);
  read_number(std::string_view(parsed->origin.session_version), description.session_version);
  const Media* carrier = nullptr;  ///< the section whose transport all share
  for (const Media& media : parsed->media) {
    const auto mid = media.attributes.find("mid");
    if (!mid || !good_mid(*mid) || description.section(*mid) != nullptr)
      return base::Failure{WebRtcFault::kBadMid};
    description.sections.push_back(read_section(*parsed, media, *mid));
    if (carrier == nullptr && !description.sections.back().rejected) carrier = &media;
  }
  if (!all_bundled(*parsed, description.sections)) return base::Failure{WebRtcFault::kNotBundled};
  if (carrier == nullptr) carrier = &parsed->media.front();
  if (const auto fault = read_transport(*parsed, *carrier, description.transport))
    return base::Failure{*fault};
  return description;
}

std::string write_webrtc(const WebRtcDescription& description) {
  const TransportDescription& transport = description.transport;
  SessionDescription out;
  out.origin.session_id = std::to_string(description.session_id);
  out.origin.session_version = std::to_string(description.session_version);
  out.origin.host = "127.0.0.1";  // RFC 8829 5.2.1: no address of ours
  std::string group = "BUNDLE";
  for (const WebRtcSection& section : description.sections) {
    if (!section.rejected) group += ' ' + section.mid;
  }
  out.attributes.add("group", group);
  out.attributes.add("msid-semantic", "WMS *");
  for (const Fingerprint& fingerprint : transport.fingerprints) {
    out.attributes.add("fingerprint", fingerprint.algorithm + ' ' + fingerprint.value);
  }
  if (transport.ice_lite) out.attributes.add("ice-lite");
  out.attributes.add("extmap-allow-mixed");

  bool with_candidates = true;
  for (const WebRtcSection& section : description.sections) {
    out.media.push_back(write_section(section, transport, with_candidates));
    if (!section.rejected) with_candidates = false;
  }
  return write(out);
}

}  // namespace ringback::sdp
