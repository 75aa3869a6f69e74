#include "phone/sound.h"

#include <algorithm>

#include "audio/g711.h"
#include "phone/greeting.h"

namespace ringback::phone {
namespace {

std::size_t samples_of(base::Duration duration) {
  return static_cast<std::size_t>(duration.count()) * audio::kPhoneRate / 1'000'000;
}

// Room for what comes in bursts on top of the delay itself.
constexpr base::Duration kEchoMargin = std::chrono::milliseconds(500);

}  // namespace

Sound::Sound(base::Duration echo_delay)
    : echo_delay_(samples_of(std::clamp(echo_delay, base::Duration::zero(), kMaxEcho))),
      echo_(echo_delay_ + samples_of(kEchoMargin)) {}

void Sound::play_silence() {
  mode_ = Mode::kSilence;
}

void Sound::play_tone(const audio::ToneSpec& tone) {
  mode_ = Mode::kTone;
  tone_.emplace(tone, audio::kPhoneRate);
}

void Sound::greet_then_echo() {
  mode_ = Mode::kGreeting;
  greeted_ = 0;
}

void Sound::hear(std::span<const audio::Sample> samples) {
  if (mode_ != Mode::kEcho) return;
  for (const audio::Sample sample : samples) {
    if (echo_count_ == echo_.size()) {
      echo_first_ = (echo_first_ + 1) % echo_.size();
      --echo_count_;
    }
    echo_[(echo_first_ + echo_count_) % echo_.size()] = sample;
    ++echo_count_;
  }
}

void Sound::read(std::span<audio::Sample> out) {
  std::fill(out.begin(), out.end(), audio::Sample{0});
  switch (mode_) {
    case Mode::kSilence:
      break;
    case Mode::kTone:
      tone_->read(out);
      break;
    case Mode::kGreeting: {
      const auto rest = greeting().subspan(greeted_);
      const std::size_t count = std::min(rest.size(), out.size());
      audio::g711_decode(audio::Codec::kPcmu, rest.first(count), out);
      greeted_ += count;
      if (greeted_ == greeting().size()) {
        mode_ = Mode::kEcho;
        echo_first_ = 0;
        echo_count_ = echo_delay_;
        std::fill(echo_.begin(), echo_.end(), audio::Sample{0});
      }
      break;
    }
    case Mode::kEcho: {
      // Underruns come out as silence and lengthen the delay a little, as in any jitter buffer.
      const std::size_t count = std::min(echo_count_, out.size());
      for (std::size_t i = 0; i < count; ++i) out[i] = echo_[(echo_first_ + i) % echo_.size()];
      echo_first_ = (echo_first_ + count) % echo_.size();
      echo_count_ -= count;
      break;
    }
  }
}

}  // namespace ringback::phone
