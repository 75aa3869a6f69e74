#include "audio/dtmf_event.h"

#include <algorithm>

namespace ringback::audio {
namespace {

constexpr std::string_view kDigits = "0123456789*#abcd";
constexpr std::uint32_t kSlotUnits = frame_timestamp_units(Codec::kPcmu);
constexpr std::uint8_t kEndRepetitions = 3;

std::uint32_t slots_of(base::Duration duration) {
  const auto slots = (duration + kFrameDuration - base::Duration(1)) / kFrameDuration;
  return static_cast<std::uint32_t>(std::max<std::int64_t>(1, slots));
}

}  // namespace

std::optional<std::uint8_t> dtmf_code(char digit) {
  if (digit >= 'A' && digit <= 'D') digit = static_cast<char>(digit - 'A' + 'a');
  const std::size_t code = kDigits.find(digit);
  if (code == std::string_view::npos) return std::nullopt;
  return static_cast<std::uint8_t>(code);
}

std::optional<char> dtmf_digit(std::uint8_t code) {
  if (code >= kDigits.size()) return std::nullopt;
  return kDigits[code];
}

std::optional<TelephoneEvent> TelephoneEvent::parse(std::span<const std::uint8_t> payload) {
  if (payload.size() < 4) return std::nullopt;
  TelephoneEvent event;
  event.code = payload[0];
  event.end = (payload[1] & 0x80) != 0;
  event.volume = payload[1] & 0x3F;
  event.duration = static_cast<std::uint16_t>((payload[2] << 8) | payload[3]);
  return event;
}

std::array<std::uint8_t, 4> TelephoneEvent::bytes() const {
  return {code, static_cast<std::uint8_t>((end ? 0x80 : 0) | (volume & 0x3F)),
          static_cast<std::uint8_t>(duration >> 8), static_cast<std::uint8_t>(duration & 0xFF)};
}

DtmfSender::DtmfSender(base::Duration tone, base::Duration gap)
    : tone_slots_(std::min(slots_of(tone), 0xFFFFU / kSlotUnits)), gap_slots_(slots_of(gap)) {}

std::size_t DtmfSender::queue(std::string_view digits) {
  const std::size_t taken = std::min(digits.size(), kMaxQueued - digits_.size());
  digits_.insert(digits_.end(), digits.begin(), digits.begin() + static_cast<std::ptrdiff_t>(taken));
  return taken;
}

void DtmfSender::clear() {
  digits_.clear();
  // The next slot then carries the end packets, so that the far side does not hear the key held down.
  if (state_ == State::kTone) slots_left_ = 0;
}

bool DtmfSender::busy() const {
  return state_ != State::kIdle || !digits_.empty();
}

DtmfSender::Slot DtmfSender::next(std::uint32_t timestamp) {
  Slot slot;
  if (state_ == State::kGap) {
    if (slots_left_ > 0) {
      --slots_left_;
      return slot;
    }
    state_ = State::kIdle;
  }
  if (state_ == State::kIdle) {
    if (digits_.empty()) return slot;
    const char digit = digits_.front();
    digits_.pop_front();
    const auto code = dtmf_code(digit);
    if (!code) {
      state_ = State::kGap;
      slots_left_ = slots_of(kPause) - 1;  // this slot is the first of them
      return slot;
    }
    state_ = State::kTone;
    slots_left_ = tone_slots_;
    start_ = timestamp;
    code_ = *code;
  }

  // The duration counts up to the end of this slot; the event's last slot carries the end packets.
  Packet packet;
  packet.timestamp = start_;
  packet.event.code = code_;
  packet.event.duration =
      static_cast<std::uint16_t>(std::min<std::uint32_t>(timestamp - start_ + kSlotUnits, 0xFFFF));
  packet.marker = timestamp == start_;
  packet.event.end = slots_left_ <= 1;
  slot.count = packet.event.end ? kEndRepetitions : 1;
  for (std::size_t i = 0; i < slot.count; ++i) {
    slot.packets[i] = packet;
    packet.marker = false;
  }
  if (packet.event.end) {
    state_ = State::kGap;
    slots_left_ = gap_slots_;
  } else {
    --slots_left_;
  }
  return slot;
}

std::optional<DtmfReceiver::Press> DtmfReceiver::receive(std::uint32_t timestamp,
                                                         std::span<const std::uint8_t> payload) {
  const auto event = TelephoneEvent::parse(payload);
  if (!event) return std::nullopt;
  const auto digit = dtmf_digit(event->code);
  if (!digit) return std::nullopt;

  if (any_) {
    const auto ahead = static_cast<std::int32_t>(timestamp - timestamp_);
    if (ahead < 0) return std::nullopt;  // a straggler of an earlier event
    if (ahead == 0) {
      if (event->end) down_ = false;
      last_.duration = std::max(last_.duration, event->duration);
      last_.end = last_.end || event->end;
      return std::nullopt;
    }
    // A segment that continues a long event starts where the full one before it ended; that one had no end
    // bit.
    const bool continues = event->code == last_.code && !last_.end && ahead == 0xFFFF;
    timestamp_ = timestamp;
    last_ = *event;
    down_ = !event->end;
    if (continues) return std::nullopt;
    return Press{event->code, *digit};
  }
  any_ = true;
  timestamp_ = timestamp;
  last_ = *event;
  down_ = !event->end;
  return Press{event->code, *digit};
}

}  // namespace ringback::audio
