#include "audio/mixer.h"

#include <algorithm>
#include <cassert>

namespace ringback::audio {
namespace {

Sample clip(std::int32_t value) {
  return static_cast<Sample>(std::clamp<std::int32_t>(value, -32768, 32767));
}

}  // namespace

void Mixer::begin() {
  std::fill_n(total_.begin(), samples_, 0);
  inputs_ = 0;
}

void Mixer::add(std::span<const Sample> frame) {
  const std::size_t count = std::min(frame.size(), samples_);
  for (std::size_t i = 0; i < count; ++i) total_[i] += frame[i];
  ++inputs_;
}

void Mixer::sum(std::span<Sample> out) const {
  assert(out.size() >= samples_);
  for (std::size_t i = 0; i < samples_; ++i) out[i] = clip(total_[i]);
}

void Mixer::sum_without(std::span<const Sample> own, std::span<Sample> out) const {
  assert(out.size() >= samples_);
  const std::size_t count = std::min(own.size(), samples_);
  for (std::size_t i = 0; i < count; ++i) out[i] = clip(total_[i] - own[i]);
  for (std::size_t i = count; i < samples_; ++i) out[i] = clip(total_[i]);
}

}  // namespace ringback::audio
