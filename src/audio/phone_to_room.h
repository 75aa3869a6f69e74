#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "audio/audio_sink.h"
#include "audio/codec.h"
#include "audio/concealment.h"
#include "audio/opus.h"
#include "audio/tone.h"
#include "base/error.h"
#include "base/time.h"

namespace ringback::rtp {
class PacketView;
}

namespace ringback::audio {

struct PhoneToRoomSettings {
  Codec phone_codec = Codec::kPcmu;  ///< what the phone sends: kPcmu or kPcma
  /// What the room gets: kOpus (transcoded), or the phone's own codec (payloads pass unchanged).
  Codec room_codec = Codec::kOpus;
  OpusEncoderSettings opus;
};

/// Everything the room hears of the phone: G.711 in, one G.711 or Opus track out.
///
/// Passing through costs nothing and adds no delay: every packet goes on at arrival with its own sequence and
/// timestamp distances, so that listeners' jitter buffers see what was lost. Transcoding also works at
/// arrival; a missing packet is waited for while nothing newer has come, then concealed.
///
/// Before the phone's own sound arrives, play_tone() puts ringback into the same track by timer.
/// Owner: one phone leg, on its worker. Allocates at creation only. Drive it with receive(), advance() and
/// next_deadline(); a sink call must not re-enter it.
class PhoneToRoom {
 public:
  struct Counters {
    std::uint64_t packets = 0;    ///< sent to the room
    std::uint64_t passed = 0;     ///< of these, unchanged payloads
    std::uint64_t concealed = 0;  ///< 20 ms frames that were lost
    std::uint64_t discarded = 0;  ///< late, duplicate or malformed
  };

  static base::ErrorOr<std::unique_ptr<PhoneToRoom>> create(const PhoneToRoomSettings& settings,
                                                            AudioSink& sink);

  /// An audio packet of the phone (not a telephone-event). A new SSRC or a leap in its numbers starts over.
  void receive(base::TimePoint now, const rtp::PacketView& packet);
  void advance(base::TimePoint now);
  [[nodiscard]] base::TimePoint next_deadline() const;

  /// The phone's answer may change its codec (PCMU to PCMA by re-INVITE); false when the room's track cannot
  /// follow.
  [[nodiscard]] bool change_phone_codec(Codec codec);

  void play_tone(base::TimePoint now, const ToneSpec& tone);
  void stop_tone();
  [[nodiscard]] bool playing_tone() const { return tone_.has_value(); }

  /// What the room's listeners report (RTCP receiver reports); steers FEC. Percent.
  void set_expected_loss(int percent);

  [[nodiscard]] Codec room_codec() const { return settings_.room_codec; }
  [[nodiscard]] const Counters& counters() const { return counters_; }

 private:
  PhoneToRoom(const PhoneToRoomSettings& settings, AudioSink& sink, std::optional<OpusFrameEncoder> encoder);

  void pass(base::TimePoint now, const rtp::PacketView& packet);
  void transcode(base::TimePoint now, const rtp::PacketView& packet);
  void encode(std::span<const Sample> samples);
  /// Aligns the outgoing timestamp with the time that passed since the last packet.
  void resume(base::TimePoint now);

  PhoneToRoomSettings settings_;
  AudioSink& sink_;
  std::optional<OpusFrameEncoder> encoder_;
  std::optional<ToneGenerator> tone_;
  base::TimePoint tone_due_ = base::kNever;
  Counters counters_;
};

}  // namespace ringback::audio
