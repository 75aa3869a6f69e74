#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ringback::phone {

/// What the phone does with a call.
enum class Behaviour : std::uint8_t {
  kEcho,         ///< rings, answers, greets, then repeats what it hears
  kBusy,         ///< 486
  kNoAnswer,     ///< rings until the caller gives up
  kDecline,      ///< rings, then 603
  kEarlyMedia,   ///< 183 with a ringback tone of its own, then answers
  kHangUp,       ///< answers and hangs up after five seconds
  kPressKeys,    ///< answers and presses 1 2 3 #
  kUnavailable,  ///< 480
  kNotFound,     ///< 404
  kServerError,  ///< 503
  kSilent,       ///< answers and sends silence
  kTone,         ///< answers and plays a steady tone
  kMute,         ///< answers and sends no RTP at all
  kForbidden,    ///< 403
};

/// The behaviour for the user part of the dialled URI: a number that ends in 00NN (see behaviour_table()), or
/// a behaviour's name. Everything else is the friendly echo.
[[nodiscard]] Behaviour behaviour_for(std::string_view user);

/// "busy", "no-answer", ...
[[nodiscard]] std::string_view to_string(Behaviour behaviour);

/// What --help prints about numbers.
[[nodiscard]] std::string behaviour_table();

/// The final status with which a call is refused; 0 for behaviours that do not refuse.
[[nodiscard]] std::uint16_t refusal_status(Behaviour behaviour);

}  // namespace ringback::phone
