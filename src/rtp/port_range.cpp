#include "rtp/port_range.h"

#include <random>
#include <utility>

namespace ringback::rtp {

PortRange::PortRange(std::uint16_t first, std::uint16_t last, std::uint32_t seed, base::Duration quarantine)
    : first_(static_cast<std::uint16_t>(first + first % 2)), quarantine_(quarantine) {
  for (std::uint32_t port = std::uint32_t{first} + first % 2; port + 1 <= last; port += 2) {
    fresh_.push_back(static_cast<std::uint16_t>(port));
  }
  in_use_.resize(fresh_.size());
  std::minstd_rand random(seed);
  for (std::size_t i = fresh_.size(); i > 1; --i) std::swap(fresh_[i - 1], fresh_[random() % i]);
}

std::optional<std::uint16_t> PortRange::allocate(base::TimePoint now) {
  std::uint16_t port = 0;
  if (!fresh_.empty()) {
    port = fresh_.back();
    fresh_.pop_back();
  } else if (!resting_.empty() && resting_.front().until <= now) {
    port = resting_.front().port;
    resting_.pop_front();
  } else {
    return std::nullopt;
  }
  in_use_[(port - first_) / 2U] = true;
  ++used_;
  return port;
}

void PortRange::release(base::TimePoint now, std::uint16_t rtp_port) {
  const std::size_t index = (rtp_port - first_) / 2U;
  if (rtp_port < first_ || rtp_port % 2 != 0 || index >= in_use_.size() || !in_use_[index]) return;
  in_use_[index] = false;
  --used_;
  resting_.push_back({.until = now + quarantine_, .port = rtp_port});
}

}  // namespace ringback::rtp
