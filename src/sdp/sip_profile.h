#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/endpoint.h"
#include "base/result.h"
#include "sdp/session_description.h"

namespace ringback::sdp {

/// The audio codecs that a phone leg speaks.
enum class AudioCodec : std::uint8_t { kPcmu, kPcma, kG722 };

[[nodiscard]] std::string_view to_string(AudioCodec codec);  ///< "PCMU", "PCMA", "G722"
/// Samples per second of the sound itself: 16000 for G.722, whose RTP clock runs at 8000 all the same.
[[nodiscard]] std::uint32_t sample_rate(AudioCodec codec);
/// The static payload type of RFC 3551.
[[nodiscard]] std::uint8_t static_payload_type(AudioCodec codec);

/// Our side of a phone leg's audio stream.
struct LocalAudio {
  base::IpAddress address;  ///< what the peer must send to (the public address behind a NAT)
  std::uint16_t rtp_port = 0;
  std::uint16_t rtcp_port = 0;  ///< 0 or rtp_port + 1: RTCP goes to the next port and is not mentioned
  std::vector<AudioCodec> codecs = {AudioCodec::kPcmu, AudioCodec::kPcma};  ///< most wanted first
  bool telephone_event = true;  ///< RFC 4733 at 8000 Hz, events 0-16
  std::uint8_t telephone_event_payload_type = 101;
  std::uint16_t ptime = 20;  ///< milliseconds
  bool rtcp_mux = false;     ///< offer and accept RTP and RTCP on one port (RFC 5761)
};

/// Where the peer wants media.
struct RemoteTransport {
  std::string host;                        ///< as signalled; may be a name
  std::optional<base::IpAddress> address;  ///< empty when the host is a name
  std::uint16_t port = 0;

  /// Empty when the host still has to be resolved.
  [[nodiscard]] std::optional<base::Endpoint> endpoint() const;
  bool operator==(const RemoteTransport&) const = default;
};

/// What offer and answer agreed on, from our point of view.
struct NegotiatedAudio {
  RemoteTransport rtp;
  RemoteTransport rtcp;  ///< from a=rtcp, else the port after RTP's; equal to rtp with rtcp-mux
  bool rtcp_mux = false;
  AudioCodec codec = AudioCodec::kPcmu;
  std::uint8_t send_payload_type = 0;                   ///< what the peer expects
  std::uint8_t receive_payload_type = 0;                ///< what the peer will send
  std::optional<std::uint8_t> send_event_payload_type;  ///< telephone-event
  std::optional<std::uint8_t> receive_event_payload_type;
  Direction direction = Direction::kSendRecv;  ///< ours: kRecvOnly means that we must not send
  bool held = false;         ///< the peer put us on hold (it does not want our audio, or signalled 0.0.0.0)
  std::uint16_t ptime = 20;  ///< milliseconds per packet that we should send

  bool operator==(const NegotiatedAudio&) const = default;
};

enum class NegotiationFault {
  kBadDescription,  ///< no valid SDP
  kNoAudio,         ///< no audio stream, or one without a usable address
  kStreamRejected,  ///< the peer answered our audio stream with port 0
  kNoCommonCodec,
  kEncryptionRequired,  ///< the peer demands SRTP (RTP/SAVP), which this leg does not speak
  kUnexpected,          ///< an answer without an offer, or two offers at once
};

struct NegotiationError {
  NegotiationFault fault;
  std::string sentence;  ///< for people; names the codecs or the transport that did not match
};

/// Offer/answer (RFC 3264) of one phone leg with one audio stream in the SIP dialect. Owned by the call leg,
/// lives as long as the dialog, no clock, no thread of its own.
///
/// Use: `make_offer()` then `receive_answer()`, or `receive_offer()` which answers at once. Both may repeat
/// (re-INVITE). A forked or early answer may arrive several times for one offer: each call evaluates the
/// newest one. A failed exchange leaves what was agreed before in force.
class SipNegotiation {
 public:
  /// `session_id` is a random number of our choice that names the session in o=.
  SipNegotiation(LocalAudio local, std::uint64_t session_id);

  /// A new offer; later ones keep the payload types and raise the session version only when something
  /// changed.
  [[nodiscard]] std::string make_offer(Direction direction = Direction::kSendRecv);
  /// Gives up the outstanding offer (the re-INVITE failed): what was agreed before stays.
  void withdraw_offer() { exchange_ = Exchange::kNone; }

  base::Result<NegotiatedAudio, NegotiationError> receive_answer(std::string_view text);

  struct Answer {
    std::string text;
    NegotiatedAudio audio;
  };
  /// Evaluates the peer's offer and writes our answer. `wanted` limits the direction from our side (hold by
  /// us).
  base::Result<Answer, NegotiationError> receive_offer(std::string_view text,
                                                       Direction wanted = Direction::kSendRecv);

  [[nodiscard]] const LocalAudio& local() const { return local_; }
  /// New address or ports for the next offer or answer.
  void set_local(LocalAudio local) { local_ = std::move(local); }
  /// What is in force; empty before the first agreement.
  [[nodiscard]] const std::optional<NegotiatedAudio>& agreed() const { return agreed_; }

 private:
  enum class Exchange : std::uint8_t { kNone, kOurOfferOpen, kOurOfferAnswered, kTheirOfferAnswered };
  struct Match;

  [[nodiscard]] Media our_stream(Direction direction) const;
  void add_transport(Media& media, Direction direction, bool mux) const;
  [[nodiscard]] base::Result<Match, NegotiationError> match(const SessionDescription& theirs,
                                                            const Media& stream) const;
  [[nodiscard]] std::string publish(std::vector<Media> sections);

  LocalAudio local_;
  std::uint64_t session_id_;
  std::uint64_t session_version_ = 0;
  std::string last_body_;            ///< our last description from s= on: the version rises when it changes
  std::vector<Media> layout_;        ///< our sections so far: RFC 3264 8 forbids to remove or reorder them
  std::size_t audio_index_ = 0;      ///< of layout_
  std::uint8_t event_payload_type_;  ///< the peer's choice, once its offer made one
  Direction offered_ = Direction::kSendRecv;
  Exchange exchange_ = Exchange::kNone;
  std::optional<NegotiatedAudio> agreed_;
};

}  // namespace ringback::sdp
