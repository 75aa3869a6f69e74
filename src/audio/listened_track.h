#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "audio/codec.h"
#include "audio/concealment.h"
#include "audio/opus.h"
#include "base/error.h"
#include "base/time.h"
#include "rtp/jitter_buffer.h"
#include "rtp/packet.h"

namespace ringback::audio {

/// Names one subscribed track of the room; the owner chooses the numbers.
using TrackId = std::uint32_t;

/// One track of the room as a phone hears it: packets in, 20 ms frames at 8 kHz out.
///
/// A jitter buffer decides when each packet is due; what is due is decoded, or concealed, into a short queue
/// of samples from which the owner takes whole frames. Owner: RoomToPhone. Allocates at creation only.
class ListenedTrack {
 public:
  struct Counters {
    std::uint64_t concealed = 0;  ///< frames
    std::uint64_t recovered = 0;  ///< frames, from in-band FEC
    std::uint64_t malformed = 0;  ///< packets that did not decode
    std::uint64_t dropped = 0;    ///< frames taken out because the queue grew
  };

  static base::ErrorOr<std::unique_ptr<ListenedTrack>> create(TrackId id, Codec codec,
                                                              base::Duration max_delay);

  [[nodiscard]] TrackId id() const { return id_; }
  [[nodiscard]] Codec codec() const { return codec_; }

  void receive(base::TimePoint now, const rtp::PacketView& packet);
  /// Decodes everything that is due.
  void advance(base::TimePoint now);
  /// Never while the track is silent and nothing of it has arrived: a muted track must not wake the thread.
  [[nodiscard]] base::TimePoint next_deadline() const {
    return active_ || jitter_.buffered_packets() > 0 ? jitter_.next_deadline() : base::kNever;
  }

  /// True between the first and the last packet of a talk spurt (losses included).
  [[nodiscard]] bool active() const { return active_; }
  [[nodiscard]] bool has_frame() const { return queued_ >= kPhoneFrameSamples; }
  /// When the first queued frame should leave; only meaningful while has_frame().
  [[nodiscard]] base::TimePoint frame_due() const { return frame_due_; }

  /// The payload of the one queued frame if it can go on without decoding (same codec, 20 ms), else empty.
  [[nodiscard]] std::span<const std::uint8_t> raw_frame(Codec wanted) const;
  /// The first queued frame; requires has_frame(). Valid until the next non-const call.
  [[nodiscard]] std::span<const Sample> frame();
  /// Removes the first queued frame.
  void pop_frame();
  /// Keeps a follower's queue short: call once per frame time after taking (or not finding) a frame. Frames
  /// that have been superfluous for five seconds are dropped, so that different clocks do not add up to
  /// delay.
  void trim();
  /// Makes one frame up because the owner must send and nothing is due yet.
  void conceal_frame(base::TimePoint now);
  void clear_queue();

  [[nodiscard]] base::Duration delay() const { return jitter_.current_delay(); }
  [[nodiscard]] const Counters& counters() const { return counters_; }
  [[nodiscard]] const rtp::JitterBufferStats& jitter_stats() const { return jitter_.stats(); }

 private:
  ListenedTrack(TrackId id, Codec codec, const rtp::JitterBufferSettings& jitter,
                std::optional<OpusFrameDecoder> decoder);

  /// Goes on with `frame` and what is due after it.
  void advance(base::TimePoint now, rtp::JitterFrame frame);
  void end_spurt();
  void keep_raw(std::span<const std::uint8_t> payload);
  /// Gives what was passed on undecoded to the concealment, and to the queue what is still in it.
  void decode_raw();
  void play(base::TimePoint now, const rtp::JitterFrame& frame);
  void conceal(base::TimePoint now, const rtp::JitterFrame& frame);
  /// Free space behind the queue, made by giving up the oldest frames when there is none.
  std::span<Sample> space(std::size_t samples);
  void pushed(base::TimePoint now, std::size_t samples);

  /// The longest packet (120 ms) behind a queue that already holds 120 ms.
  static constexpr std::size_t kQueueSamples = kPhoneRate * 240 / 1000;

  TrackId id_;
  Codec codec_;
  bool active_ = false;
  std::optional<std::uint32_t> ssrc_;
  std::size_t queued_ = 0;
  base::TimePoint frame_due_{};

  /// G.711 frames that came in order, decoded only when somebody needs their samples: the mixer, or the
  /// concealment of a later loss, which looks back no further than these.
  static constexpr std::size_t kRawFrames = 3;
  static_assert(kRawFrames * kPhoneFrameSamples >= Concealment::kHistory);
  std::size_t raw_newest_ = 0;
  std::size_t undecoded_ = 0;  ///< how many of raw_ nobody has decoded, the newest included
  bool raw_valid_ = false;     ///< the newest of raw_ is the queue's only frame

  std::size_t least_queued_ = kQueueSamples;  ///< in the running window of trim()
  unsigned window_frames_ = 0;

  rtp::JitterBuffer jitter_;
  Counters counters_;
  std::optional<OpusFrameDecoder> decoder_;
  Concealment concealment_;  ///< for G.711; Opus conceals by itself
  std::array<std::array<std::uint8_t, kPhoneFrameSamples>, kRawFrames> raw_{};
  std::array<Sample, kQueueSamples> queue_{};
};

}  // namespace ringback::audio
