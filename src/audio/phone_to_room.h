#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "audio/audio_sink.h"
#include "audio/codec.h"
#include "audio/concealment.h"
#include "audio/opus.h"
#include "audio/reorder_queue.h"
#include "audio/tone.h"
#include "base/error.h"
#include "base/time.h"
#include "rtp/packet.h"

namespace ringback::audio {

struct PhoneToRoomSettings {
  Codec phone_codec = Codec::kPcmu;  ///< what the phone sends: kPcmu or kPcma
  /// What the room gets: kOpus (transcoded), or G.711; the phone's own law passes unchanged.
  Codec room_codec = Codec::kOpus;
  OpusEncoderSettings opus;  ///< its rate is ignored: the phone's 8 kHz is encoded as it is
};

/// Everything the room hears of the phone: G.711 in, one G.711 or Opus track out.
///
/// Into a G.711 track every packet goes on at arrival with its own sequence and timestamp distances: no
/// delay, and listeners' jitter buffers see what was lost. Into an Opus track packets are decoded and encoded
/// at arrival as long as they come in order; behind a missing one they wait up to 20 ms, then it is
/// concealed. Comfort noise and silence suppression of the phone become gaps in the timestamps.
///
/// Before the phone's own sound arrives, play_tone() puts ringback into the same track by timer. While a tone
/// plays, received audio is dropped; the owner decides what ends it (early media, answer).
///
/// Owner: one phone leg, on its worker. Allocates at creation only. Drive it with receive(), advance() and
/// next_deadline(); a sink call must not re-enter it.
class PhoneToRoom {
 public:
  struct Counters {
    std::uint64_t packets = 0;    ///< sent to the room
    std::uint64_t passed = 0;     ///< of these, unchanged payloads
    std::uint64_t concealed = 0;  ///< lost packets that were made up
    std::uint64_t late = 0;       ///< came after they had been concealed, or twice
    std::uint64_t malformed = 0;  ///< empty or too long
    std::uint64_t restarts = 0;   ///< new SSRC, or a leap in sequence or timestamp
  };

  static base::ErrorOr<std::unique_ptr<PhoneToRoom>> create(const PhoneToRoomSettings& settings,
                                                            AudioSink& sink);

  /// An audio packet of the phone. A new SSRC or a leap in its numbers starts over.
  void receive(base::TimePoint now, const rtp::PacketView& packet);
  /// A packet of the same stream that is not audio (telephone-event, comfort noise): it takes a sequence
  /// number that listeners must not take for a loss.
  void skip(base::TimePoint now, const rtp::PacketView& packet);
  void advance(base::TimePoint now);
  [[nodiscard]] base::TimePoint next_deadline() const;

  /// The phone's answer may change its law (PCMU to PCMA by re-INVITE); the room's track stays what it is.
  void set_phone_codec(Codec codec) { settings_.phone_codec = codec; }

  void play_tone(base::TimePoint now, const ToneSpec& tone);
  void stop_tone();
  [[nodiscard]] bool playing_tone() const { return tone_due_ != base::kNever; }

  /// What the room's listeners report (RTCP receiver reports), percent; steers FEC.
  void set_expected_loss(int percent);

  [[nodiscard]] Codec room_codec() const { return settings_.room_codec; }
  [[nodiscard]] const Counters& counters() const { return counters_; }

 private:
  PhoneToRoom(const PhoneToRoomSettings& settings, AudioSink& sink, std::optional<OpusFrameEncoder> encoder);

  [[nodiscard]] bool transcodes() const { return encoder_.has_value(); }
  /// Starts over when the packet does not continue the stream.
  void follow(base::TimePoint now, const rtp::PacketView& packet);
  /// Lets the outgoing timestamp catch up with the time that passed since the last packet.
  void resume(base::TimePoint now);
  void pass(const rtp::PacketView& packet);
  void transcode_ready();
  void decode(const ReorderQueue::Packet& packet);
  void conceal(std::size_t samples);
  void append(std::span<const Sample> samples);
  void send_samples(std::span<const Sample> frame);
  void send(std::span<const std::uint8_t> payload, std::uint16_t sequence, std::uint32_t timestamp,
            std::uint8_t level);

  PhoneToRoomSettings settings_;
  AudioSink& sink_;
  // In the order of use: a worker with hundreds of legs finds none of this in its caches, so every line
  // counts.
  std::optional<OpusFrameEncoder> encoder_;  ///< when the room gets Opus
  base::TimePoint now_{};

  // The incoming stream.
  bool flowing_ = false;
  std::uint32_t ssrc_ = 0;
  std::uint16_t newest_sequence_ = 0;
  std::uint32_t newest_timestamp_ = 0;
  base::TimePoint last_received_{};

  // The outgoing stream: the numbers of the packet that would follow the last one without a gap.
  std::uint16_t next_sequence_ = 0;
  std::uint32_t next_timestamp_ = 0;
  std::optional<base::TimePoint> last_sent_;
  bool marker_ = true;

  // Passing through: what is added to the incoming numbers.
  std::uint16_t sequence_offset_ = 0;
  std::uint32_t timestamp_offset_ = 0;

  base::TimePoint tone_due_ = base::kNever;  ///< kNever: no tone plays
  Counters counters_;

  // Transcoding: decoded samples that do not fill a frame yet.
  ReorderQueue order_;
  std::uint32_t expected_timestamp_ = 0;
  std::size_t pending_count_ = 0;
  std::array<Sample, ReorderQueue::kMaxPayload + kPhoneFrameSamples> pending_{};
  Concealment concealment_;

  std::optional<ToneGenerator> tone_;
};

}  // namespace ringback::audio
