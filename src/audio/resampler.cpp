#include "audio/resampler.h"

#include <speex/speex_resampler.h>

#include <string>

namespace ringback::audio {

void Resampler::Deleter::operator()(SpeexResamplerState_* state) const {
  speex_resampler_destroy(state);
}

base::ErrorOr<Resampler> Resampler::create(int from_rate, int to_rate, int quality) {
  if (from_rate <= 0 || to_rate <= 0) return base::fail("resampler: a rate must be positive");
  int error = RESAMPLER_ERR_SUCCESS;
  SpeexResamplerState* raw = speex_resampler_init(1, static_cast<spx_uint32_t>(from_rate),
                                                  static_cast<spx_uint32_t>(to_rate), quality, &error);
  if (raw == nullptr) return base::fail(std::string("resampler: ") + speex_resampler_strerror(error));
  return Resampler(raw);
}

std::size_t Resampler::process(std::span<const Sample> in, std::span<Sample> out) {
  auto consumed = static_cast<spx_uint32_t>(in.size());
  auto written = static_cast<spx_uint32_t>(out.size());
  speex_resampler_process_int(state_.get(), 0, in.data(), &consumed, out.data(), &written);
  return written;
}

void Resampler::reset() {
  speex_resampler_reset_mem(state_.get());
}

int Resampler::delay() const {
  return speex_resampler_get_output_latency(state_.get());
}

}  // namespace ringback::audio
