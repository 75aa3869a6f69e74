#pragma once

#include <cstdint>
#include <span>

namespace ringback::phone {

/// What the phone says when it is picked up: a sentence and a beep, 8 kHz mu-law. Generated from
/// greeting.ulaw.
[[nodiscard]] std::span<const std::uint8_t> greeting();

}  // namespace ringback::phone
