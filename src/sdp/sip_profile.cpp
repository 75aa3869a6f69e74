#include "sdp/sip_profile.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "sdp/parser.h"
#include "sdp/writer.h"

namespace ringback::sdp {
namespace {

struct CodecFacts {
  AudioCodec codec;
  std::string_view name;
  std::uint8_t payload_type;
  std::uint32_t sample_rate;
};
constexpr std::array<CodecFacts, 3> kCodecs = {{{AudioCodec::kPcmu, "PCMU", 0, 8000},
                                                {AudioCodec::kPcma, "PCMA", 8, 8000},
                                                {AudioCodec::kG722, "G722", 9, 16000}}};
/// RTP clock of every codec above and of the telephone-event that goes with them.
constexpr std::uint32_t kRtpClock = 8000;
constexpr std::string_view kTelephoneEvent = "telephone-event";
/// What we may be asked to send; outside of it a packet is either wasteful or longer than jitter buffers
/// like.
constexpr std::uint16_t kLeastPtime = 10;
constexpr std::uint16_t kMostPtime = 100;

const CodecFacts& facts(AudioCodec codec) {
  return kCodecs[static_cast<std::size_t>(codec)];
}

std::optional<AudioCodec> codec_of(const RtpMap& map) {
  if (map.clock_rate != kRtpClock || map.channels != 1) return std::nullopt;
  for (const CodecFacts& known : kCodecs) {
    if (map.same_encoding(known.name)) return known.codec;
  }
  return std::nullopt;
}

bool is_telephone_event(const RtpMap& map) {
  return map.clock_rate == kRtpClock && map.same_encoding(kTelephoneEvent);
}

std::optional<std::uint16_t> milliseconds(std::optional<std::string_view> text) {
  std::uint16_t value = 0;
  if (!text) return std::nullopt;
  while (!text->empty() && text->front() == ' ') text->remove_prefix(1);
  // "20.0" has been seen; the fraction does not matter.
  const auto [end, fault] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (fault != std::errc{} || value == 0) return std::nullopt;
  return value;
}

std::uint16_t agreed_ptime(const Media& stream, std::uint16_t ours) {
  std::uint16_t ptime = milliseconds(stream.attributes.find("ptime")).value_or(ours);
  if (const auto most = milliseconds(stream.attributes.find("maxptime"))) ptime = std::min(ptime, *most);
  ptime = static_cast<std::uint16_t>(ptime / 10 * 10);  // frames of 10 ms are what every codec here can cut
  return ptime < kLeastPtime || ptime > kMostPtime ? ours : ptime;
}

RemoteTransport transport_of(std::string_view host, std::uint16_t port) {
  return {std::string(host), base::IpAddress::parse(host), port};
}

/// a=rtcp:<port> [IN IP4 <host>] (RFC 3605); without it the port after RTP's (RFC 3550 11).
RemoteTransport rtcp_of(const Media& stream, const RemoteTransport& rtp) {
  RemoteTransport rtcp = rtp;
  rtcp.port = rtp.port == 65535 ? std::uint16_t{0} : static_cast<std::uint16_t>(rtp.port + 1);
  const auto value = stream.attributes.find("rtcp");
  if (!value) return rtcp;
  std::uint16_t port = 0;
  const auto [end, fault] = std::from_chars(value->data(), value->data() + value->size(), port);
  if (fault != std::errc{} || port == 0) return rtcp;
  const auto last_blank = value->rfind(' ');
  if (last_blank != std::string_view::npos && value->find("IN IP") != std::string_view::npos) {
    const std::string_view host = value->substr(last_blank + 1);
    if (!host.empty()) return transport_of(host, port);
  }
  rtcp.port = port;
  return rtcp;
}

bool is_plain_audio(const Media& stream) {
  return stream.kind == "audio" && stream.port != 0 && stream.is_rtp() && !stream.is_secure();
}

bool is_secure_audio(const Media& stream) {
  return stream.kind == "audio" && stream.port != 0 && stream.is_secure();
}

/// A rejected section: port 0 and, as RFC 3264 6 wants it, the offered formats (the first is enough).
Media rejected(const Media& offered) {
  Media section;
  section.kind = offered.kind;
  section.protocol = offered.protocol;
  section.formats = {offered.formats.empty() ? "0" : offered.formats.front()};
  return section;
}

std::string names_of(const Media& stream) {
  std::string names;
  for (const std::uint8_t type : stream.payload_types()) {
    const auto map = stream.rtpmap(type);
    if (!map || is_telephone_event(*map)) continue;
    if (!names.empty()) names += ", ";
    names += map->encoding + '/' + std::to_string(map->clock_rate);
  }
  return names.empty() ? "no codec that we know" : names;
}

base::Failure<NegotiationError> fail(NegotiationFault fault, std::string sentence) {
  return base::Failure{NegotiationError{fault, std::move(sentence)}};
}

}  // namespace

std::string_view to_string(AudioCodec codec) {
  return facts(codec).name;
}
std::uint32_t sample_rate(AudioCodec codec) {
  return facts(codec).sample_rate;
}
std::uint8_t static_payload_type(AudioCodec codec) {
  return facts(codec).payload_type;
}

std::optional<base::Endpoint> RemoteTransport::endpoint() const {
  if (!address) return std::nullopt;
  return base::Endpoint{*address, port};
}

/// The part of an exchange that reads the same in an offer and in an answer.
struct SipNegotiation::Match {
  NegotiatedAudio audio;
  Direction theirs = Direction::kSendRecv;
  bool unspecified = false;  ///< c=0.0.0.0, the hold of RFC 2543
};

SipNegotiation::SipNegotiation(LocalAudio local, std::uint64_t session_id)
    : local_(std::move(local)),
      session_id_(session_id >> 1),  // peers that read it as a signed number exist
      event_payload_type_(local_.telephone_event_payload_type) {}

void SipNegotiation::add_transport(Media& media, Direction direction, bool mux) const {
  media.attributes.add("ptime", std::to_string(local_.ptime));
  if (mux) media.attributes.add("rtcp-mux");
  if (local_.rtcp_port != 0 && local_.rtcp_port != local_.rtp_port + 1) {
    media.attributes.add("rtcp", std::to_string(local_.rtcp_port));
  }
  media.set_direction(direction);
}

Media SipNegotiation::our_stream(Direction direction) const {
  Media media;
  media.kind = "audio";
  media.port = local_.rtp_port;
  media.protocol = "RTP/AVP";
  for (const AudioCodec codec : local_.codecs) {
    media.add_codec({static_payload_type(codec), std::string(to_string(codec)), kRtpClock, 1});
  }
  if (local_.telephone_event) {
    media.add_codec({event_payload_type_, std::string(kTelephoneEvent), kRtpClock, 1}, "0-16");
  }
  add_transport(media, direction, local_.rtcp_mux);
  return media;
}

std::string SipNegotiation::publish(std::vector<Media> sections) {
  SessionDescription description;
  description.origin.session_id = std::to_string(session_id_);
  const Connection connection = Connection::of(local_.address);
  description.origin.address_type = connection.address_type;
  description.origin.host = connection.host;
  description.connection = connection;
  description.media = std::move(sections);

  std::string body = write(description);
  body.erase(0, body.find("\r\ns="));
  if (body != last_body_) {
    ++session_version_;
    last_body_ = std::move(body);
  }
  description.origin.session_version = std::to_string(session_version_);
  std::string text = write(description);
  layout_ = std::move(description.media);
  return text;
}

std::string SipNegotiation::make_offer(Direction direction) {
  std::vector<Media> sections;
  for (const Media& section : layout_) sections.push_back(rejected(section));
  if (sections.empty()) {
    audio_index_ = 0;
    sections.emplace_back();
  }
  sections[audio_index_] = our_stream(direction);
  offered_ = direction;
  exchange_ = Exchange::kOurOfferOpen;
  return publish(std::move(sections));
}

base::Result<SipNegotiation::Match, NegotiationError> SipNegotiation::match(const SessionDescription& theirs,
                                                                            const Media& stream) const {
  Match match;
  NegotiatedAudio& audio = match.audio;
  bool found = false;
  for (const std::uint8_t type : stream.payload_types()) {
    const auto map = stream.rtpmap(type);
    if (!map) continue;
    if (is_telephone_event(*map) && local_.telephone_event && !audio.send_event_payload_type) {
      audio.send_event_payload_type = type;
    }
    const auto codec = codec_of(*map);
    if (found || !codec || std::ranges::find(local_.codecs, *codec) == local_.codecs.end()) continue;
    found = true;
    audio.codec = *codec;
    audio.send_payload_type = type;
  }
  if (!found) {
    std::string ours;
    for (const AudioCodec codec : local_.codecs) {
      if (!ours.empty()) ours += ", ";
      ours += to_string(codec);
    }
    return fail(NegotiationFault::kNoCommonCodec,
                "no common codec: the peer has " + names_of(stream) + "; we have " + ours);
  }
  const Connection* connection = theirs.connection_of(stream);
  if (!connection)
    return fail(NegotiationFault::kNoAudio, "the peer's audio stream has no address (no c= line)");
  audio.rtp = transport_of(connection->host, stream.port);
  audio.rtcp_mux = local_.rtcp_mux && stream.attributes.has("rtcp-mux");
  audio.rtcp = audio.rtcp_mux ? audio.rtp : rtcp_of(stream, audio.rtp);
  audio.ptime = agreed_ptime(stream, local_.ptime);
  match.theirs = theirs.direction_of(stream);
  match.unspecified = audio.rtp.address && audio.rtp.address->is_unspecified();
  if (match.unspecified) match.theirs = intersect(match.theirs, Direction::kSendOnly);
  return match;
}

base::Result<NegotiatedAudio, NegotiationError> SipNegotiation::receive_answer(std::string_view text) {
  if (exchange_ == Exchange::kNone) {
    return fail(NegotiationFault::kUnexpected, "an SDP answer came although we made no offer");
  }
  const auto parsed = parse(text);
  if (!parsed) return fail(NegotiationFault::kBadDescription, parsed.error().to_string());
  const SessionDescription& theirs = parsed.value();
  const Media* stream =
      audio_index_ < theirs.media.size() ? &theirs.media[audio_index_] : theirs.first("audio");
  if (!stream || stream->kind != "audio") {
    return fail(NegotiationFault::kNoAudio, "the peer's answer has no audio stream");
  }
  if (stream->port == 0) {
    return fail(NegotiationFault::kStreamRejected,
                "the peer rejected our audio stream (it answered with port 0)");
  }
  if (stream->is_secure()) {
    return fail(NegotiationFault::kEncryptionRequired,
                "the peer answered with encrypted media (" + stream->protocol + "), which we did not offer");
  }
  auto matched = match(theirs, *stream);
  if (!matched) return base::Failure{std::move(matched.error())};
  NegotiatedAudio audio = std::move(matched->audio);
  audio.receive_payload_type = static_payload_type(audio.codec);
  if (audio.send_event_payload_type) audio.receive_event_payload_type = event_payload_type_;
  audio.direction = intersect(offered_, reversed(matched->theirs));
  audio.held = sends(offered_) && !sends(audio.direction);
  exchange_ = Exchange::kOurOfferAnswered;
  agreed_ = audio;
  return audio;
}

base::Result<SipNegotiation::Answer, NegotiationError> SipNegotiation::receive_offer(std::string_view text,
                                                                                     Direction wanted) {
  if (exchange_ == Exchange::kOurOfferOpen) {
    return fail(NegotiationFault::kUnexpected, "an SDP offer came while ours was still unanswered");
  }
  const auto parsed = parse(text);
  if (!parsed) return fail(NegotiationFault::kBadDescription, parsed.error().to_string());
  const SessionDescription& theirs = parsed.value();

  // Of several audio streams we take the one that is ours already, else the first that we can speak.
  const auto& media = theirs.media;
  std::optional<std::size_t> index;
  if (agreed_ && audio_index_ < media.size() && is_plain_audio(media[audio_index_])) index = audio_index_;
  for (std::size_t i = 0; i < media.size() && !index; ++i) {
    if (is_plain_audio(media[i]) && match(theirs, media[i])) index = i;
  }
  if (!index) {
    const auto plain = std::ranges::find_if(media, is_plain_audio);
    if (plain != media.end()) return base::Failure{match(theirs, *plain).error()};
    const auto secure = std::ranges::find_if(media, is_secure_audio);
    if (secure != media.end()) {
      return fail(NegotiationFault::kEncryptionRequired,
                  "the peer demands encrypted media (" + secure->protocol + ")");
    }
    return fail(NegotiationFault::kNoAudio, "the peer's offer has no audio stream");
  }

  const Media& stream = media[*index];
  auto matched = match(theirs, stream);
  if (!matched) return base::Failure{std::move(matched.error())};
  NegotiatedAudio audio = std::move(matched->audio);
  audio.receive_payload_type = audio.send_payload_type;
  audio.receive_event_payload_type = audio.send_event_payload_type;
  audio.direction = intersect(wanted, reversed(matched->theirs));
  audio.held = sends(wanted) && !sends(audio.direction);
  if (audio.send_event_payload_type) event_payload_type_ = *audio.send_event_payload_type;

  std::vector<Media> sections;
  for (const Media& offered : media) sections.push_back(rejected(offered));
  Media& answer = sections[*index];
  answer.formats.clear();
  answer.port = local_.rtp_port;
  answer.add_codec({audio.receive_payload_type, std::string(to_string(audio.codec)), kRtpClock, 1});
  if (audio.receive_event_payload_type) {
    answer.add_codec({*audio.receive_event_payload_type, std::string(kTelephoneEvent), kRtpClock, 1}, "0-16");
  }
  add_transport(answer, audio.direction, audio.rtcp_mux);
  audio_index_ = *index;
  offered_ =
      audio.direction;  // an unchanged re-offer of this description (session refresh) may be answered later
  exchange_ = Exchange::kTheirOfferAnswered;
  agreed_ = audio;
  return Answer{publish(std::move(sections)), std::move(audio)};
}

}  // namespace ringback::sdp
