#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "audio/audio_sink.h"
#include "audio/codec.h"
#include "audio/dtmf_event.h"
#include "audio/listened_track.h"
#include "audio/mixer.h"
#include "audio/tone.h"
#include "base/error.h"
#include "base/time.h"

namespace ringback::audio {

struct RoomToPhoneSettings {
  Codec codec = Codec::kPcmu;  ///< of the phone: kPcmu or kPcma
  /// The most a frame is held back to smooth arrival jitter. More survives worse networks at the price of
  /// delay.
  base::Duration max_delay = std::chrono::milliseconds(200);
  std::size_t max_tracks = 32;  ///< add_track() refuses more
};

/// Everything the phone hears: the room's tracks in, one continuous G.711 stream out.
///
/// The stream has one frame per 20 ms from start() to stop(), whatever the room does: packet loss is
/// concealed, gaps (DTX, mute, nobody there) are filled with silence by timer.
///
/// Latency: while somebody speaks there is no tick of our own. The active track that has spoken longest
/// *leads*: its frame goes out as soon as its jitter buffer calls it due (some 5 ms after arrival while
/// packets come evenly) and takes with it whatever the other active tracks have ready. With a single active
/// track nothing is mixed, and if that track carries the phone's own codec in 20 ms packets, its payload
/// passes through untouched. A mixer with a tick of its own would add 10 ms on average and 20 ms at worst.
/// Timers only fill gaps.
///
/// Owner: one phone leg, on its worker. Allocates in add_track() only. Drive it with receive(), advance() and
/// next_deadline(); a sink call must not re-enter it.
class RoomToPhone {
 public:
  struct Counters {
    std::uint64_t frames = 0;     ///< sent to the phone
    std::uint64_t passed = 0;     ///< of these, unchanged payloads of a track
    std::uint64_t mixed = 0;      ///< of these, sums of two or more tracks
    std::uint64_t filled = 0;     ///< of these, silence because nobody spoke
    std::uint64_t concealed = 0;  ///< frames of a track that were lost or late
    std::uint64_t recovered = 0;  ///< lost frames rebuilt from in-band FEC
    std::uint64_t late = 0;       ///< packets that came after their frame had been concealed
    std::uint64_t malformed = 0;  ///< packets that did not decode
    std::uint64_t dropped = 0;    ///< frames taken out to keep a track's delay short
  };

  RoomToPhone(const RoomToPhoneSettings& settings, AudioSink& sink);
  ~RoomToPhone();
  RoomToPhone(const RoomToPhone&) = delete;
  RoomToPhone& operator=(const RoomToPhone&) = delete;

  /// The phone changed its law by re-INVITE (kPcmu or kPcma).
  void set_codec(Codec codec) { settings_.codec = codec; }

  /// The track that receive() is to be called with, until remove_track().
  base::ErrorOr<ListenedTrack*> add_track(TrackId id, Codec codec);
  void remove_track(TrackId id);

  /// The stream begins: from now on there is a frame every 20 ms.
  void start(base::TimePoint now);
  void stop();
  [[nodiscard]] bool started() const { return started_; }

  void receive(base::TimePoint now, ListenedTrack& track, const rtp::PacketView& packet);
  void advance(base::TimePoint now);
  [[nodiscard]] base::TimePoint next_deadline() const;

  /// Digits to press at the phone's side, as telephone-events in the same stream. Audio pauses while an event
  /// lasts.
  std::size_t send_dtmf(std::string_view digits) { return dtmf_.queue(digits); }
  void clear_dtmf() { dtmf_.clear(); }
  [[nodiscard]] bool sending_dtmf() const { return dtmf_.busy(); }

  /// Plays a tone in place of the room (ringing during a transfer), until stop_tone().
  void play_tone(const ToneSpec& tone);
  void stop_tone();

  /// Since construction, over all tracks, those removed included.
  [[nodiscard]] Counters counters() const;
  /// What the leading track's frames are held back for jitter at present.
  [[nodiscard]] base::Duration jitter_delay() const;

 private:
  void choose_leader();
  /// When the leader's next frame may leave, or the gap in front of it must be filled.
  [[nodiscard]] base::TimePoint frame_time() const;
  void run(base::TimePoint now);
  void emit_leader();
  void emit_filler(base::TimePoint now);
  /// Starts a mix of the waiting frames of all tracks but the leader; how many there were.
  std::size_t mix_followers();
  void emit_samples(std::span<const Sample> frame);
  void emit_payload(std::span<const std::uint8_t> payload);
  static void add(Counters& total, const ListenedTrack& track);

  // In the order of use: a worker with hundreds of legs finds none of this in its caches, so every line
  // counts.
  RoomToPhoneSettings settings_;
  AudioSink& sink_;
  std::vector<std::unique_ptr<ListenedTrack>> tracks_;
  ListenedTrack* leader_ = nullptr;
  bool started_ = false;
  bool marker_ = true;
  std::uint16_t sequence_ = 0;
  std::uint32_t timestamp_ = 0;
  /// When the next frame is nominally due. Real frames may leave up to one frame earlier; fillers wait for
  /// it, which pays back what was taken early, so that the RTP clock never runs away from real time.
  base::TimePoint slot_{};
  Counters counters_;  ///< own and of removed tracks
  DtmfSender dtmf_;
  std::optional<ToneGenerator> tone_;
  Mixer mixer_{kPhoneFrameSamples};
};

}  // namespace ringback::audio
