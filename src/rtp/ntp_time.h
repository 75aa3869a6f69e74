#pragma once

#include <cstdint>

#include "base/time.h"

namespace ringback::rtp {

/// NTP time stamps of RTCP: seconds since 1900 as 32.32 fixed point (RFC 3550 section 4).
using NtpTime = std::uint64_t;

/// Between the Unix and the NTP epoch: 70 years with 17 leap days.
inline constexpr std::uint64_t kNtpUnixOffsetSeconds = 2'208'988'800;

[[nodiscard]] constexpr NtpTime ntp_from_unix_micros(std::int64_t micros) {
  const auto unix = static_cast<std::uint64_t>(micros);
  return ((unix / 1'000'000 + kNtpUnixOffsetSeconds) << 32) | (((unix % 1'000'000) << 32) / 1'000'000);
}
[[nodiscard]] constexpr std::int64_t unix_micros_from_ntp(NtpTime ntp) {
  const std::uint64_t fraction = ((ntp & 0xffffffffU) * 1'000'000 + (std::uint64_t{1} << 31)) >> 32;
  return static_cast<std::int64_t>(((ntp >> 32) - kNtpUnixOffsetSeconds) * 1'000'000 + fraction);
}

/// The middle 32 bits, as report blocks echo them: 16.16 fixed point, wraps every 18 hours.
[[nodiscard]] constexpr std::uint32_t compact_ntp(NtpTime ntp) {
  return static_cast<std::uint32_t>(ntp >> 16);
}

/// Durations in units of 1/65536 s, as in report blocks.
[[nodiscard]] constexpr std::uint32_t compact_from_duration(base::Duration duration) {
  return static_cast<std::uint32_t>((static_cast<std::uint64_t>(duration.count()) << 16) / 1'000'000);
}
[[nodiscard]] constexpr base::Duration duration_from_compact(std::uint32_t compact) {
  return base::Duration(static_cast<std::int64_t>((std::uint64_t{compact} * 1'000'000 + 0x8000) >> 16));
}

/// Maps the monotonic time line to the wall clock for sender reports. Made once from a pair of readings that
/// the event loop takes together, so that cores need no clock and reports never jump with the wall clock.
class NtpClock {
 public:
  constexpr NtpClock(base::TimePoint monotonic, std::int64_t unix_micros)
      : offset_(unix_micros - monotonic.time_since_epoch().count()) {}
  [[nodiscard]] constexpr NtpTime at(base::TimePoint now) const {
    return ntp_from_unix_micros(now.time_since_epoch().count() + offset_);
  }

 private:
  std::int64_t offset_;  ///< microseconds
};

}  // namespace ringback::rtp
