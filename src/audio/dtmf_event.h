#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "audio/codec.h"
#include "base/time.h"

namespace ringback::audio {

/// Event codes 0-15 of RFC 4733 section 3.2 and their characters; a letter may come in either case and is
/// given back in lower case, as LiveKit writes it.
[[nodiscard]] std::optional<std::uint8_t> dtmf_code(char digit);
[[nodiscard]] std::optional<char> dtmf_digit(std::uint8_t code);

/// The four bytes of a telephone-event payload (RFC 4733 section 2.3).
struct TelephoneEvent {
  std::uint8_t code = 0;
  bool end = false;
  std::uint8_t volume = 10;    ///< -dBm0, 0..63
  std::uint16_t duration = 0;  ///< so far, in timestamp units (1/8000 s)

  static std::optional<TelephoneEvent> parse(std::span<const std::uint8_t> payload);
  [[nodiscard]] std::array<std::uint8_t, 4> bytes() const;
  bool operator==(const TelephoneEvent&) const = default;
};

/// Turns digits into telephone-event packets. While an event lasts, its packets take the place of audio
/// packets in the same sequence space, all with the timestamp of the event's start (RFC 4733 section 2.5.1).
///
/// Use: queue(); then once per 20 ms slot of the outgoing stream call next(now): it returns the packets for
/// this slot, or none when audio should go out. Owner: one phone leg, on its thread.
class DtmfSender {
 public:
  struct Packet {
    TelephoneEvent event;
    std::uint32_t timestamp = 0;  ///< of the event's start, for every packet of the event
    bool marker = false;          ///< the first packet of an event
  };
  /// Up to three packets of one slot (the end packet goes out three times, RFC 4733 section 2.5.1.4).
  struct Slot {
    std::array<Packet, 3> packets;
    std::size_t count = 0;
    [[nodiscard]] std::span<const Packet> view() const& { return {packets.data(), count}; }
    void view() const&& = delete;  // would point into a temporary
  };

  static constexpr std::size_t kMaxQueued = 128;

  /// `tone` is rounded up to whole 20 ms slots; `gap` is the silence between digits; 'w' in a string is
  /// `kPause`.
  explicit DtmfSender(base::Duration tone = std::chrono::milliseconds(250),
                      base::Duration gap = std::chrono::milliseconds(250));

  static constexpr base::Duration kPause = std::chrono::milliseconds(500);

  /// Adds digits 0-9 * # A-D and 'w' (pause); other characters count as a pause too, as LiveKit does it.
  /// Returns how many were taken (the queue is bounded).
  std::size_t queue(std::string_view digits);
  /// Forgets what has not begun; an event under way is ended properly.
  void clear();
  /// True while events or pauses are under way or queued.
  [[nodiscard]] bool busy() const;
  /// One 20 ms slot that starts at RTP timestamp `timestamp` (8 kHz units).
  [[nodiscard]] Slot next(std::uint32_t timestamp);

 private:
  enum class State : std::uint8_t { kIdle, kTone, kGap };

  std::uint32_t tone_slots_;
  std::uint32_t gap_slots_;
  std::deque<char> digits_;
  State state_ = State::kIdle;
  std::uint32_t slots_left_ = 0;
  std::uint32_t start_ = 0;
  std::uint8_t code_ = 0;
};

/// Turns received telephone-event packets into key presses: one per event whatever was lost, doubled or
/// reordered.
///
/// An event is known by its timestamp. It is reported at its first packet that arrives, be that the end
/// packet. Events longer than 0xFFFF units continue in segments with new timestamps (RFC 4733
/// section 2.5.1.3), which are told from a new press of the same key by their starting exactly where the full
/// segment ended. Owner: one phone leg, on its thread. No allocation.
class DtmfReceiver {
 public:
  struct Press {
    std::uint8_t code = 0;
    char digit = 0;
  };
  /// A key press to report, or nothing (update, repetition, stale, malformed, or not a DTMF code).
  [[nodiscard]] std::optional<Press> receive(std::uint32_t timestamp, std::span<const std::uint8_t> payload);
  /// True between the first packet of an event and its end.
  [[nodiscard]] bool key_down() const { return down_; }

 private:
  bool any_ = false;
  bool down_ = false;
  std::uint32_t timestamp_ = 0;
  TelephoneEvent last_;
};

}  // namespace ringback::audio
