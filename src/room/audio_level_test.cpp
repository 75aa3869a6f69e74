#include "room/audio_level.h"

#include <gtest/gtest.h>

namespace ringback::room {
namespace {

using namespace std::chrono_literals;

struct Speaker {
  void say(std::uint8_t level, base::Duration duration) {
    for (base::Duration said{}; said < duration; said += 20ms) {
      now += 20ms;
      meter.observe(now, level, 20ms);
    }
  }
  AudioLevel meter;
  base::TimePoint now{10s};
};

TEST(AudioLevel, SilenceIsZero) {
  Speaker speaker;
  speaker.say(127, 2s);
  EXPECT_EQ(speaker.meter.level(speaker.now), 0);
}

TEST(AudioLevel, SpeechCountsAfterOneWindow) {
  Speaker speaker;
  speaker.say(20, 380ms);
  EXPECT_EQ(speaker.meter.level(speaker.now), 0);
  speaker.say(20, 20ms);
  EXPECT_GT(speaker.meter.level(speaker.now), 0);
}

TEST(AudioLevel, LevelsComeInEighths) {
  Speaker speaker;
  speaker.say(0, 2s);
  EXPECT_EQ(speaker.meter.level(speaker.now), 1.0f);
  Speaker quiet;
  quiet.say(30, 2s);
  EXPECT_EQ(quiet.meter.level(quiet.now), 0.125f);
}

TEST(AudioLevel, AShortNoiseIsNotSpeech) {
  Speaker speaker;
  for (int window = 0; window < 5; ++window) {
    speaker.say(10, 100ms);
    speaker.say(127, 300ms);
  }
  EXPECT_EQ(speaker.meter.level(speaker.now), 0);
}

TEST(AudioLevel, FallsSilentWhenPacketsStop) {
  Speaker speaker;
  speaker.say(10, 1s);
  EXPECT_GT(speaker.meter.level(speaker.now + 700ms), 0);
  EXPECT_EQ(speaker.meter.level(speaker.now + 800ms), 0);
}

}  // namespace
}  // namespace ringback::room
