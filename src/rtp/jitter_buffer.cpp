#include "rtp/jitter_buffer.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <numeric>

namespace ringback::rtp {
namespace {

using base::Duration;
using base::TimePoint;

/// RFC 3550 appendix A.1: a packet this far behind or ahead is not reordering or loss but another stream.
constexpr std::int64_t kMaxMisorder = 100;
constexpr std::int64_t kMaxDropout = 3000;
/// A packet that seems to have travelled this much longer or shorter than the fastest one: the timestamps
/// jumped.
constexpr Duration kMaxPathChange{1'000'000};

/// Concealment that lasts longer is a drone; after it the sender is taken as silent.
constexpr Duration kMaxConcealment{120'000};
/// Comfort noise and Opus DTX frames; real speech needs more bytes in every codec of the field.
constexpr std::size_t kMaxPauseMarkerSize = 2;

/// A packet that missed its playout counts this often: two such in 10 s raise the target.
constexpr unsigned kLateWeight = 8;

constexpr Duration kMinFrame{2'000};
constexpr Duration kMaxFrame{120'000};

/// How far one frame's moment may move (kSlewing): 5 % to gain delay, 1.25 % to lose it; more beside quiet
/// frames.
constexpr Duration kGrowStep{1'000};
constexpr Duration kShrinkStep{250};
constexpr Duration kQuietStep{4'000};
constexpr Duration kSlewDeadBand{1'000};

/// Frames between two whole-frame corrections (kTick): each is slightly audible.
constexpr unsigned kCorrectionSpacing = 5;
constexpr Duration kAccelerateMargin{5'000};

}  // namespace

JitterBuffer::JitterBuffer(const JitterBufferSettings& settings)
    : settings_(settings),
      mask_(std::bit_ceil(std::max<std::size_t>(settings.capacity, 2)) - 1),
      slots_(mask_ + 1),
      bytes_((mask_ + 1) * settings.slot_size),
      free_buffers_(mask_ + 1) {
  std::iota(free_buffers_.rbegin(), free_buffers_.rend(), 0U);
  settings_.clock_rate = std::max<std::uint32_t>(settings.clock_rate, 1'000);
  reset();
}

void JitterBuffer::reset() {
  for (Slot& slot : slots_) {
    if (slot.used) release(slot);
  }
  sequences_.reset();
  timestamps_.reset();
  jump_candidate_.reset();
  last_step_ = 0;
  frame_ticks_ = settings_.frame.count() * settings_.clock_rate / 1'000'000;
  played_history_ = 0;
  state_ = State::kEmpty;
  starved_frames_ = 0;
  frames_since_correction_ = 0;
  sender_paused_ = false;
  quiet_ = false;
  current_delay_ = Duration::zero();
  delays_.reset();
}

// ---- packets in
// ------------------------------------------------------------------------------------------------

void JitterBuffer::insert(TimePoint now, const PacketView& packet) {
  if (const auto arrival = admit(now, packet)) keep(now, *arrival, packet);
}

JitterFrame JitterBuffer::offer(TimePoint now, const PacketView& packet) {
  const auto arrival = admit(now, packet);
  if (arrival && due_on_arrival(*arrival, packet)) {
    due_ = now;
    return play({.payload_type = packet.payload_type(),
                 .size = static_cast<std::uint16_t>(packet.payload().size()),
                 .sequence = arrival->sequence,
                 .timestamp = arrival->timestamp},
                packet.payload());
  }
  if (arrival) keep(now, *arrival, packet);
  return pull(now);
}

std::optional<JitterBuffer::Arrival> JitterBuffer::admit(TimePoint now, const PacketView& packet) {
  ++stats_.inserted;
  if (state_ == State::kEmpty) {
    restart_at(now, packet);
    return std::nullopt;
  }
  const std::int64_t sequence = sequences_.peek(packet.sequence());
  const std::int64_t ahead = sequence - next_sequence_;
  if (ahead < -kMaxMisorder || ahead > kMaxDropout) {
    if (confirms_restart(packet.sequence())) {
      ++stats_.restarts;
      restart_at(now, packet);
    }
    return std::nullopt;
  }
  jump_candidate_.reset();

  const std::int64_t timestamp = timestamps_.peek(packet.timestamp());
  const Duration change = now - media_time(timestamp) - delays_.fastest_path();
  if (!delays_.empty() && (change > kMaxPathChange || change < -kMaxPathChange)) {
    ++stats_.restarts;
    restart_at(now, packet);
    return std::nullopt;
  }
  if (ahead < 0) {
    if (ahead >= -64 && ((played_history_ >> (-ahead - 1)) & 1U) != 0) {
      ++stats_.duplicates;
      return std::nullopt;
    }
    ++stats_.late;
    delays_.record(now, media_time(timestamp), kLateWeight);
    return std::nullopt;
  }
  sequences_.unwrap(packet.sequence());
  timestamps_.unwrap(packet.timestamp());
  learn_frame_size(sequence, timestamp);
  if (ahead > static_cast<std::int64_t>(mask_)) drop_before(sequence - static_cast<std::int64_t>(mask_));
  if (buffered_ > 0 && slot_for(sequence).used) {
    ++stats_.duplicates;
    return std::nullopt;
  }
  delays_.record(now, media_time(timestamp));
  return Arrival{.sequence = sequence, .timestamp = timestamp};
}

bool JitterBuffer::even() const {
  return settings_.clock == PlayoutClock::kSlewing && delays_.even();
}

bool JitterBuffer::due_on_arrival(const Arrival& arrival, const PacketView& packet) const {
  return state_ == State::kPlaying && buffered_ == 0 && arrival.sequence == next_sequence_ &&
         std::abs(arrival.timestamp - position_) <= frame_ticks_ / 2 && starved_frames_ == 0 &&
         packet.payload().size() <= settings_.slot_size && even();
}

void JitterBuffer::keep(TimePoint now, const Arrival& arrival, const PacketView& packet) {
  store(arrival.sequence, arrival.timestamp, packet);
  enforce_max_delay(arrival.timestamp);
  if (state_ == State::kSilent && settings_.clock == PlayoutClock::kSlewing) {
    // A talk spurt need not wait for the next frame of silence.
    if (const Slot* first = oldest()) due_ = std::min(due_, std::max(scheduled_time(*first), now));
  }
}

bool JitterBuffer::confirms_restart(std::uint16_t sequence) {
  const bool confirmed = jump_candidate_ == sequence;
  jump_candidate_ = static_cast<std::uint16_t>(sequence + 1);
  return confirmed;
}

void JitterBuffer::restart_at(TimePoint now, const PacketView& packet) {
  if (state_ == State::kEmpty) due_ = now;
  for (Slot& slot : slots_) {
    if (!slot.used) continue;
    release(slot);
    ++stats_.overflowed;
  }
  jump_candidate_.reset();
  sequences_.reset();
  timestamps_.reset();
  delays_.restart_path();
  played_history_ = 0;
  state_ = State::kSilent;

  next_sequence_ = sequences_.unwrap(packet.sequence());
  position_ = timestamps_.unwrap(packet.timestamp());
  newest_sequence_ = next_sequence_;
  newest_timestamp_ = position_;
  delays_.record(now, media_time(position_));
  store(next_sequence_, position_, packet);
  if (settings_.clock == PlayoutClock::kSlewing) due_ = now + target_delay();
}

void JitterBuffer::learn_frame_size(std::int64_t sequence, std::int64_t timestamp) {
  if (sequence == newest_sequence_ + 1) {
    const std::int64_t step = timestamp - newest_timestamp_;
    const Duration length = media_time(step);
    // Twice the same: a DTX gap looks like one long frame.
    if (step == last_step_ && length >= kMinFrame && length <= kMaxFrame) frame_ticks_ = step;
    last_step_ = step;
  }
  if (sequence > newest_sequence_) {
    newest_sequence_ = sequence;
    newest_timestamp_ = timestamp;
  }
}

void JitterBuffer::store(std::int64_t sequence, std::int64_t timestamp, const PacketView& packet) {
  const auto payload = packet.payload();
  if (payload.size() > settings_.slot_size) {
    ++stats_.oversized;
    return;
  }
  Slot& slot = slot_for(sequence);
  slot = {.used = true,
          .payload_type = packet.payload_type(),
          .size = static_cast<std::uint16_t>(payload.size()),
          .buffer = free_buffers_.back(),
          .sequence = sequence,
          .timestamp = timestamp};
  free_buffers_.pop_back();
  std::copy(payload.begin(), payload.end(),
            bytes_.begin() + static_cast<std::ptrdiff_t>(slot.buffer * settings_.slot_size));
  ++buffered_;
}

void JitterBuffer::release(Slot& slot) {
  slot.used = false;
  free_buffers_.push_back(slot.buffer);
  --buffered_;
}

void JitterBuffer::drop_before(std::int64_t sequence) {
  const std::int64_t skipped = sequence - next_sequence_;
  for (Slot& slot : slots_) {
    if (!slot.used || slot.sequence >= sequence) continue;
    release(slot);
    ++stats_.overflowed;
  }
  played_history_ = skipped >= 64 ? 0 : played_history_ << skipped;
  next_sequence_ = sequence;
  starved_frames_ = 0;
  if (const Slot* first = oldest())
    position_ = first->timestamp - (first->sequence - sequence) * frame_ticks_;
}

void JitterBuffer::enforce_max_delay(std::int64_t newest_timestamp) {
  while (buffered_ > 1) {
    const Slot* first = oldest();
    if (media_time(newest_timestamp - first->timestamp) <= settings_.max_delay) return;
    drop_before(first->sequence + 1);
  }
}

// ---- frames out
// ------------------------------------------------------------------------------------------------

JitterFrame JitterBuffer::pull(TimePoint now) {
  if (state_ == State::kEmpty) return {};
  if (settings_.clock == PlayoutClock::kTick) {
    // The tick is the schedule; averaging keeps its scheduling jitter out of the measured delay.
    due_ = now - due_ > frame_duration() || due_ - now > frame_duration() ? now : due_ + (now - due_) / 8;
  } else {
    if (now < due_) return {};
    if (now - due_ > frame_duration()) due_ = now;  // the owner was held up: what is overdue stays late
  }
  return state_ == State::kSilent ? continue_silence(now) : continue_playing(now);
}

TimePoint JitterBuffer::next_deadline() const {
  if (state_ == State::kEmpty) return base::kNever;
  if (state_ == State::kSilent || settings_.clock == PlayoutClock::kTick) return due_;
  const Slot* first = oldest();
  return first != nullptr && first->sequence == next_sequence_ ? due_ : due_ + grace();
}

JitterFrame JitterBuffer::continue_silence(TimePoint now) {
  const Slot* first = oldest();
  if (first == nullptr) return silence();
  const TimePoint start = scheduled_time(*first);
  if (settings_.clock == PlayoutClock::kTick) {
    if (start > now) return silence();
  } else if (start - due_ > frame_duration() / 2) {
    return silence();
  } else if (start > now) {
    due_ = start;
    return {};
  }
  if (first->sequence > next_sequence_) {
    stats_.lost += static_cast<std::uint64_t>(first->sequence - next_sequence_);
    next_sequence_ = first->sequence;
    played_history_ = 0;
  }
  position_ = first->timestamp;
  state_ = State::kPlaying;
  starved_frames_ = 0;
  JitterFrame frame = play(*first);
  frame.starts_talk_spurt = true;
  return frame;
}

JitterFrame JitterBuffer::continue_playing(TimePoint now) {
  const Slot* first = oldest();
  const bool starved_long = starved_frames_ * frame_duration() >= kMaxConcealment;
  if (first == nullptr) {
    if (sender_paused_ || starved_long) {
      state_ = State::kSilent;
      return silence();
    }
    if (now < due_ + grace()) return {};
    ++starved_frames_;
    return conceal(nullptr);
  }
  if (first->sequence > next_sequence_) return bridge_loss(now, *first);
  if (first->timestamp - position_ - starved_frames_ * frame_ticks_ > frame_ticks_ / 2) {
    // Nothing is missing, yet time passed: the sender paused.
    state_ = State::kSilent;
    return continue_silence(now);
  }
  if (should_expand(*first)) return expand();
  return play(*first);
}

JitterFrame JitterBuffer::bridge_loss(TimePoint now, const Slot& next) {
  if (now < due_ + grace()) return {};
  const std::int64_t missing_ticks = next.timestamp - position_ - starved_frames_ * frame_ticks_;
  const std::int64_t frames = (missing_ticks + frame_ticks_ / 2) / std::max<std::int64_t>(frame_ticks_, 1);
  if (frames * frame_duration() > kMaxConcealment) {
    state_ = State::kSilent;
    return continue_silence(now);
  }
  if (frames <= 0) {
    // Concealment while the buffer was empty already stood in for what was lost.
    stats_.lost += static_cast<std::uint64_t>(next.sequence - next_sequence_);
    played_history_ = 0;
    next_sequence_ = next.sequence;
    return play(next);
  }
  if (next_sequence_ < next.sequence && frames <= next.sequence - next_sequence_) {
    ++next_sequence_;
    ++stats_.lost;
    played_history_ <<= 1;
  }
  JitterFrame frame = conceal(frames == 1 ? &next : nullptr);
  position_ += frame_ticks_;
  return frame;
}

JitterFrame JitterBuffer::play(const Slot& slot) {
  const Slot played = slot;
  release(slot_for(played.sequence));
  return play(played, payload_of(played));
}

JitterFrame JitterBuffer::play(const Slot& slot, std::span<const std::uint8_t> payload) {
  current_delay_ = due_ - media_time(slot.timestamp) - delays_.fastest_path();
  JitterFrame frame{.kind = Playout::kFrame,
                    .payload_type = slot.payload_type,
                    .sequence = static_cast<std::uint16_t>(slot.sequence),
                    .timestamp = static_cast<std::uint32_t>(slot.timestamp),
                    .duration = frame_duration(),
                    .payload = payload,
                    .next_payload = {}};
  ++stats_.played;
  ++frames_since_correction_;
  sender_paused_ = slot.size <= kMaxPauseMarkerSize;
  starved_frames_ = 0;
  position_ = slot.timestamp + frame_ticks_;
  next_sequence_ = slot.sequence + 1;
  played_history_ = (played_history_ << 1) | 1U;

  const Duration excess = current_delay_ - target_delay();
  if (settings_.clock == PlayoutClock::kSlewing) {
    slew_schedule(excess);
  } else if (should_accelerate(excess)) {
    frame.adjustment = Adjustment::kAccelerate;
    frames_since_correction_ = 0;
    ++stats_.accelerated_frames;
    return frame;  // the frame after it takes this one's place
  }
  due_ += frame.duration;
  return frame;
}

JitterFrame JitterBuffer::conceal(const Slot* next) {
  JitterFrame frame{.kind = Playout::kConceal,
                    .sequence = static_cast<std::uint16_t>(next_sequence_),
                    .timestamp = static_cast<std::uint32_t>(position_),
                    .duration = frame_duration(),
                    .payload = {},
                    .next_payload = {}};
  if (next != nullptr) {
    frame.payload_type = next->payload_type;
    frame.next_payload = payload_of(*next);
    ++stats_.fec_frames;
  }
  ++stats_.concealed_frames;
  due_ += frame.duration;
  return frame;
}

JitterFrame JitterBuffer::expand() {
  JitterFrame frame{.kind = Playout::kConceal,
                    .adjustment = Adjustment::kExpand,
                    .timestamp = static_cast<std::uint32_t>(position_),
                    .duration = frame_duration(),
                    .payload = {},
                    .next_payload = {}};
  frames_since_correction_ = 0;
  ++stats_.expanded_frames;
  due_ += frame.duration;
  return frame;
}

JitterFrame JitterBuffer::silence() {
  ++stats_.silent_frames;
  JitterFrame frame{
      .kind = Playout::kSilence, .duration = frame_duration(), .payload = {}, .next_payload = {}};
  due_ += frame.duration;
  return frame;
}

// ---- delay
// -----------------------------------------------------------------------------------------------------

void JitterBuffer::slew_schedule(Duration excess) {
  if (excess > kSlewDeadBand) {
    due_ -= std::min(excess, quiet_ ? kQuietStep : kShrinkStep);
  } else if (excess < -kSlewDeadBand) {
    due_ += std::min(-excess, quiet_ ? kQuietStep : kGrowStep);
  }
}

bool JitterBuffer::should_accelerate(Duration excess) const {
  if (buffered_ == 0 || oldest()->sequence != next_sequence_) return false;
  if (excess < frame_duration()) return false;
  if (quiet_) return true;
  return excess >= frame_duration() + kAccelerateMargin && frames_since_correction_ >= kCorrectionSpacing;
}

bool JitterBuffer::should_expand(const Slot& next) const {
  if (settings_.clock == PlayoutClock::kSlewing) return false;
  const Duration delay = due_ - media_time(next.timestamp) - delays_.fastest_path();
  const Duration missing = target_delay() - delay;
  if (quiet_) return frames_since_correction_ > 1 && missing >= target_delay() / 5;
  // Earlier than strictly needed: the measured path lags up to 2 ms behind a clock that drifts by 200 ppm.
  return frames_since_correction_ >= kCorrectionSpacing && missing >= target_delay() * 3 / 10;
}

Duration JitterBuffer::target_delay() const {
  if (even()) return Duration::zero();
  return std::clamp(delays_.covering_delay(), settings_.min_delay, settings_.max_delay);
}

Duration JitterBuffer::grace() const {
  // A frame that is sent on 5 ms late still reaches the peer's buffer in time; a concealed one is lost for
  // good.
  if (settings_.clock != PlayoutClock::kSlewing) return Duration::zero();
  // Frames that are due on arrival have no delay that could cover a packet's.
  const Duration least = even() ? settings_.min_delay : Duration::zero();
  return least + std::min(frame_duration() / 4, Duration(5'000));
}

// ---- slots
// -----------------------------------------------------------------------------------------------------

const JitterBuffer::Slot* JitterBuffer::oldest() const {
  if (buffered_ == 0) return nullptr;
  for (std::int64_t sequence = next_sequence_;; ++sequence) {
    const Slot& slot = slots_[static_cast<std::size_t>(sequence) & mask_];
    if (slot.used && slot.sequence == sequence) return &slot;
    if (sequence > next_sequence_ + static_cast<std::int64_t>(mask_)) return nullptr;
  }
}

std::span<const std::uint8_t> JitterBuffer::payload_of(const Slot& slot) const {
  return std::span(bytes_).subspan(slot.buffer * settings_.slot_size, slot.size);
}

Duration JitterBuffer::media_time(std::int64_t timestamp) const {
  // Split so that hours of timestamps neither overflow nor lose microseconds.
  const std::int64_t rate = settings_.clock_rate;
  return Duration(timestamp / rate * 1'000'000 + timestamp % rate * 1'000'000 / rate);
}

TimePoint JitterBuffer::scheduled_time(const Slot& slot) const {
  return delays_.fastest_path() + media_time(slot.timestamp) + target_delay();
}

}  // namespace ringback::rtp
