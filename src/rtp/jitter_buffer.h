#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/time.h"
#include "rtp/delay_estimator.h"
#include "rtp/packet.h"
#include "rtp/sequence.h"

namespace ringback::rtp {

/// How the owner asks for frames.
enum class PlayoutClock : std::uint8_t {
  /// The owner waits for next_deadline(). Each frame comes out whole, at its own moment; delay and clock
  /// drift are
  /// corrected by moving those moments a little, so nothing is ever cut or inserted for them. For sending on
  /// to a
  /// peer that has a jitter buffer of its own (one speaker to a phone).
  kSlewing,
  /// The owner pulls whenever it has played what it got last, on a clock of its own (a mixer's tick).
  /// Corrections
  /// are whole frames, reported as Adjustment, and made in silence when possible.
  kTick,
};

struct JitterBufferSettings {
  std::uint32_t clock_rate = 48000;  ///< RTP timestamp units per second (G.722: 8000)
  base::Duration frame{20'000};      ///< until the packets tell otherwise
  /// The least delay between the fastest packet's arrival and its frame. 5 ms covers the scheduling jitter of
  /// a clean path; less turns every late wake-up of a sender into a concealed frame.
  base::Duration min_delay{5'000};
  /// Above this, conversation suffers more from delay than from loss.
  base::Duration max_delay{400'000};
  std::size_t capacity = 32;    ///< packets, rounded up to a power of two; 640 ms of 20 ms frames
  std::size_t slot_size = 640;  ///< greatest payload in bytes; larger ones are dropped and counted
  PlayoutClock clock = PlayoutClock::kSlewing;
};

/// What pull() hands out.
enum class Playout : std::uint8_t {
  kWait,     ///< nothing is due yet
  kFrame,    ///< decode `payload`
  kConceal,  ///< play one frame of concealment; if `next_payload` is not empty, decode its in-band FEC
             ///< instead
  kSilence,  ///< the sender is silent (DTX, mute, gone): play comfort noise, silence or nothing
};

/// A correction of the delay, only under PlayoutClock::kTick.
enum class Adjustment : std::uint8_t {
  kNone,
  kAccelerate,  ///< with kFrame: decode it, pull again at once, and play both in the time of one (or drop
                ///< this one)
  kExpand,      ///< with kConceal: an inserted frame; nothing was lost
};

struct JitterFrame {
  Playout kind = Playout::kWait;
  Adjustment adjustment = Adjustment::kNone;
  bool starts_talk_spurt =
      false;  ///< first frame after silence: an RTP sender may re-anchor its timestamps here
  std::uint8_t payload_type = 0;
  std::uint16_t sequence = 0;
  std::uint32_t timestamp = 0;                 ///< of the frame, also of a concealed one
  base::Duration duration{};                   ///< how long it plays, as far as timestamps tell
  std::span<const std::uint8_t> payload;       ///< valid until the next insert(), pull() or reset()
  std::span<const std::uint8_t> next_payload;  ///< kConceal: the packet after the missing one, same validity
};

/// Counters since construction; packets unless said.
struct JitterBufferStats {
  std::uint64_t inserted = 0;
  std::uint64_t played = 0;
  std::uint64_t lost = 0;  ///< never came, or came too late: skipped over by playout
  std::uint64_t late = 0;  ///< came after their frame had been concealed, dropped
  std::uint64_t duplicates = 0;
  std::uint64_t overflowed = 0;  ///< dropped unplayed to keep to the capacity or the greatest delay
  std::uint64_t oversized = 0;
  std::uint64_t restarts = 0;  ///< sequence or timestamp jumps that started the stream anew
  std::uint64_t concealed_frames = 0;
  std::uint64_t fec_frames = 0;  ///< concealed frames with the next packet at hand
  std::uint64_t silent_frames = 0;
  std::uint64_t accelerated_frames = 0;
  std::uint64_t expanded_frames = 0;
};

/// Adaptive jitter buffer for one audio source: packets in at the network's pace, frames out at an even pace,
/// with as little delay as the measured jitter allows.
///
/// Delay grows at once when packets come late and shrinks slowly: at the start of a talk spurt at no cost,
/// otherwise as PlayoutClock says. On an even, ordered stream it adds `min_delay`, or under kSlewing, once
/// the stream is known to be even, nothing: its frames are due on arrival. Handles reordering,
/// duplicates, DTX gaps, sequence and timestamp restarts and drifting clocks. A change of SSRC is the owner's
/// to see: call reset().
///
/// Owned by one thread; the time is an argument and must not run backwards. All memory is taken at
/// construction.
class JitterBuffer {
 public:
  explicit JitterBuffer(const JitterBufferSettings& settings);

  /// Stores a packet of the stream; only its payload is copied.
  void insert(base::TimePoint now, const PacketView& packet);

  /// insert() and pull() in one, under kSlewing only: a packet that is due on arrival is handed out as it
  /// came, uncopied. Go on with pull() until kWait.
  [[nodiscard]] JitterFrame offer(base::TimePoint now, const PacketView& packet);

  /// The next frame if it is due. Under kSlewing pull after every insert() and at every deadline, until
  /// kWait. Under kTick each call means "one frame is needed now"; kWait is only returned before the first
  /// packet.
  [[nodiscard]] JitterFrame pull(base::TimePoint now);

  /// When pull() will have something; kNever before the first packet.
  [[nodiscard]] base::TimePoint next_deadline() const;

  /// Tells that the frame decoded last was quiet, so that a correction next to it will not be heard.
  void note_quiet(bool quiet) { quiet_ = quiet; }

  void set_clock(PlayoutClock clock) { settings_.clock = clock; }

  /// Forgets the stream (SSRC change, hold); keeps the counters.
  void reset();

  /// From the earliest moment the played packet could have come to its playout: as it is, and as it should
  /// be.
  [[nodiscard]] base::Duration current_delay() const { return current_delay_; }
  [[nodiscard]] base::Duration target_delay() const;
  [[nodiscard]] std::size_t buffered_packets() const { return buffered_; }
  [[nodiscard]] const JitterBufferStats& stats() const { return stats_; }

 private:
  struct Slot {
    bool used = false;
    std::uint8_t payload_type = 0;
    std::uint16_t size = 0;
    std::uint32_t buffer = 0;    ///< which part of bytes_ holds the payload, while used
    std::int64_t sequence = 0;   ///< unwrapped
    std::int64_t timestamp = 0;  ///< unwrapped
  };
  enum class State : std::uint8_t {
    kEmpty,    ///< no packet yet
    kSilent,   ///< between talk spurts: the next packet sets a new schedule
    kPlaying,  ///< frames follow each other
  };

  /// What a packet is that passed the checks of insert().
  struct Arrival {
    std::int64_t sequence = 0;   ///< unwrapped
    std::int64_t timestamp = 0;  ///< unwrapped
  };
  /// Checks and counts a packet and learns its delay; nothing when it must not be stored.
  std::optional<Arrival> admit(base::TimePoint now, const PacketView& packet);
  void keep(base::TimePoint now, const Arrival& arrival, const PacketView& packet);
  [[nodiscard]] bool due_on_arrival(const Arrival& arrival, const PacketView& packet) const;
  /// Whether the stream is known to come so evenly that holding frames back gains nothing.
  [[nodiscard]] bool even() const;

  bool confirms_restart(std::uint16_t sequence);
  void restart_at(base::TimePoint now, const PacketView& packet);
  void learn_frame_size(std::int64_t sequence, std::int64_t timestamp);
  void store(std::int64_t sequence, std::int64_t timestamp, const PacketView& packet);
  void release(Slot& slot);
  void drop_before(std::int64_t sequence);
  void enforce_max_delay(std::int64_t newest_timestamp);

  [[nodiscard]] Slot& slot_for(std::int64_t sequence) {
    return slots_[static_cast<std::size_t>(sequence) & mask_];
  }
  [[nodiscard]] const Slot* oldest() const;
  [[nodiscard]] std::span<const std::uint8_t> payload_of(const Slot& slot) const;
  [[nodiscard]] base::Duration media_time(std::int64_t timestamp) const;
  [[nodiscard]] base::TimePoint scheduled_time(const Slot& slot) const;
  [[nodiscard]] base::Duration frame_duration() const { return media_time(frame_ticks_); }
  [[nodiscard]] base::Duration grace() const;

  JitterFrame continue_playing(base::TimePoint now);
  JitterFrame continue_silence(base::TimePoint now);
  JitterFrame bridge_loss(base::TimePoint now, const Slot& next);
  JitterFrame play(const Slot& slot);
  JitterFrame play(const Slot& slot, std::span<const std::uint8_t> payload);
  JitterFrame conceal(const Slot* next);
  JitterFrame expand();
  JitterFrame silence();
  void slew_schedule(base::Duration excess);
  [[nodiscard]] bool should_accelerate(base::Duration excess) const;
  [[nodiscard]] bool should_expand(const Slot& next) const;

  JitterBufferSettings settings_;
  std::size_t mask_;
  std::vector<Slot> slots_;
  std::vector<std::uint8_t> bytes_;  ///< slots_.size() * slot_size
  /// The buffers that are free, the one used last on top: a stream in order writes to the same few cache
  /// lines again and again.
  std::vector<std::uint32_t> free_buffers_;
  std::size_t buffered_ = 0;

  SequenceUnwrapper sequences_;
  TimestampUnwrapper timestamps_;
  std::optional<std::uint16_t> jump_candidate_;  ///< the sequence number that would confirm a restart
  std::int64_t newest_sequence_ = 0;
  std::int64_t newest_timestamp_ = 0;
  std::int64_t last_step_ = 0;        ///< timestamp step between the last two neighbours
  std::int64_t frame_ticks_ = 0;      ///< timestamp units of one packet
  std::uint64_t played_history_ = 0;  ///< bit n: next_sequence_ - 1 - n was played

  State state_ = State::kEmpty;
  base::TimePoint due_{};
  std::int64_t next_sequence_ = 0;  ///< to be played next
  std::int64_t position_ = 0;       ///< timestamp to be played next
  unsigned starved_frames_ = 0;     ///< concealed in a row with nothing buffered; did not move the position
  unsigned frames_since_correction_ = 0;
  bool sender_paused_ = false;  ///< the last frame was a DTX marker: what follows is silence, not loss
  bool quiet_ = false;
  base::Duration current_delay_{};

  JitterBufferStats stats_;
  DelayEstimator delays_;
};

}  // namespace ringback::rtp
