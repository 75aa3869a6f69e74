#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "audio/goertzel.h"
#include "phone/behaviour.h"

namespace ringback::phone {

/// What happens on the phone, for people, for tests and for the bench. Which members mean something depends
/// on kind.
struct Event {
  enum class Kind : std::uint8_t {
    kReady,     ///< listening; `text` is the SIP address
    kIncoming,  ///< number, from, behaviour
    kRinging,   ///< status 180 or 183
    kAnswered,  ///< `text` is the codec
    kRefused,   ///< status
    kDigit,     ///< a key of the caller: digit
    kAudio,     ///< once a second while audio comes: tone, level, packets, lost
    kHeld,      ///< the caller put the phone on hold, or took it back (`text`)
    kFailed,    ///< `text` says what went wrong
    kEnded,     ///< `text` says who ended it: "caller", "phone", ...; packets, lost
  };

  Kind kind = Kind::kReady;
  unsigned call = 0;  ///< 1, 2, ... in the order of arrival
  Behaviour behaviour = Behaviour::kEcho;
  std::uint16_t status = 0;
  char digit = 0;
  std::string number;
  std::string from;
  std::string text;
  audio::ToneMeasurement tone;
  float level_dbm0 = -120;
  std::uint64_t packets = 0;  ///< RTP received so far
  std::uint64_t lost = 0;
};

/// Called on the phone's worker thread.
using EventHandler = std::function<void(const Event&)>;

/// One line for people.
[[nodiscard]] std::string to_text(const Event& event);
/// One JSON object without line breaks.
[[nodiscard]] std::string to_json(const Event& event);

}  // namespace ringback::phone
