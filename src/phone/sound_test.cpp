#include "phone/sound.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "audio/goertzel.h"
#include "audio/level.h"
#include "phone/greeting.h"

namespace ringback::phone {
namespace {

using Frame = std::array<audio::Sample, audio::kPhoneFrameSamples>;

std::vector<audio::Sample> read(Sound& sound, int frames) {
  std::vector<audio::Sample> all;
  for (int i = 0; i < frames; ++i) {
    Frame frame;
    sound.read(frame);
    all.insert(all.end(), frame.begin(), frame.end());
  }
  return all;
}

TEST(Sound, SilenceAndTone) {
  Sound sound(base::Duration(0));
  EXPECT_EQ(audio::level_dbm0(read(sound, 10)), -120);
  sound.play_tone(audio::sine(700));
  EXPECT_NEAR(audio::measure_tone(read(sound, 10), audio::kPhoneRate).hz, 700, 1);
}

TEST(Sound, GreetsThenEchoesAfterTheDelay) {
  Sound sound(std::chrono::milliseconds(100));
  sound.greet_then_echo();
  const int greeting_frames = static_cast<int>(greeting().size() / audio::kPhoneFrameSamples) + 1;
  EXPECT_GT(audio::level_dbm0(read(sound, greeting_frames)), -30);

  audio::ToneGenerator tone(audio::sine(500), audio::kPhoneRate);
  std::vector<audio::Sample> back;
  for (int i = 0; i < 50; ++i) {
    Frame frame;
    tone.read(frame);
    sound.hear(frame);
    const auto heard = read(sound, 1);
    back.insert(back.end(), heard.begin(), heard.end());
  }
  EXPECT_EQ(audio::level_dbm0(std::span(back).first(800)), -120);
  const auto measured = audio::measure_tone(std::span(back).last(4000), audio::kPhoneRate);
  EXPECT_NEAR(measured.hz, 500, 1);
  EXPECT_NEAR(measured.level_dbm0, -10, 0.2);
}

TEST(Sound, AnEchoWithoutInputIsSilent) {
  Sound sound(base::Duration(0));
  sound.greet_then_echo();
  read(sound, static_cast<int>(greeting().size() / audio::kPhoneFrameSamples) + 1);
  EXPECT_EQ(audio::level_dbm0(read(sound, 10)), -120);
}

TEST(Sound, AFloodDoesNotGrowTheDelay) {
  Sound sound(base::Duration(0));
  sound.greet_then_echo();
  read(sound, static_cast<int>(greeting().size() / audio::kPhoneFrameSamples) + 1);
  const std::vector<audio::Sample> flood(100000, 1000);
  sound.hear(flood);
  const auto rest = read(sound, 60);
  EXPECT_EQ(audio::level_dbm0(std::span(rest).last(160)), -120);
}

}  // namespace
}  // namespace ringback::phone
