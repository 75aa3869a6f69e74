#include "audio/tone.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <vector>

#include "audio/goertzel.h"
#include "audio/level.h"

namespace ringback::audio {
namespace {

std::vector<Sample> play(const ToneSpec& spec, double seconds, int rate = kPhoneRate) {
  ToneGenerator generator(spec, rate);
  std::vector<Sample> samples(static_cast<std::size_t>(seconds * rate));
  // In odd pieces, as a generator must not depend on frame boundaries.
  for (std::size_t at = 0; at < samples.size(); at += 113) {
    generator.read(std::span(samples).subspan(at, std::min<std::size_t>(113, samples.size() - at)));
  }
  return samples;
}

TEST(Level, FullScaleSineIsPlus3dBm0) {
  std::vector<Sample> samples(8000);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    samples[i] =
        static_cast<Sample>(32767 * std::sin(2 * std::numbers::pi * 1000 * static_cast<double>(i) / 8000));
  }
  EXPECT_NEAR(level_dbm0(samples), 3.14, 0.05);
  EXPECT_NEAR(tone_level_dbm0(samples, 8000, 1000), 3.14, 0.05);
  EXPECT_EQ(audio_level(samples), 3);  // a sine is 3 dB below full scale
}

TEST(Level, SilenceIs127) {
  const std::vector<Sample> silence(160);
  EXPECT_EQ(audio_level(silence), 127);
  EXPECT_EQ(audio_level({}), 127);
  EXPECT_EQ(level_dbm0(silence), -120);
  const std::vector<std::uint8_t> bytes(160, 0xFF);
  EXPECT_EQ(audio_level_g711(Codec::kPcmu, bytes), 127);
}

TEST(Tone, SineHasItsFrequencyAndLevel) {
  for (const int hz : {200, 425, 1004, 3000}) {
    const auto samples = play(sine(hz, -13), 0.5);
    const auto measured = measure_tone(samples, kPhoneRate);
    EXPECT_NEAR(measured.hz, hz, 0.5);
    EXPECT_NEAR(measured.level_dbm0, -13, 0.2);
    EXPECT_LT(measured.noise_dbm0, -40);
  }
}

TEST(Tone, RingbackFollowsItsCadence) {
  const auto samples = play(tones::kRingbackUs, 8);
  const std::span all(samples);
  for (const double at : {0.5, 1.8, 6.5}) {
    const auto piece = all.subspan(static_cast<std::size_t>(at * 8000), 1600);
    EXPECT_NEAR(tone_level_dbm0(piece, kPhoneRate, 440), -19, 0.5) << at;
    EXPECT_NEAR(tone_level_dbm0(piece, kPhoneRate, 480), -19, 0.5) << at;
  }
  for (const double at : {2.01, 4.0, 5.9}) {
    EXPECT_EQ(level_dbm0(all.subspan(static_cast<std::size_t>(at * 8000), 400)), -120) << at;
  }
}

TEST(Tone, LiveKitRingbackIsHalfScale) {
  const auto samples = play(tones::kRingbackLiveKit, 1);
  Sample peak = 0;
  for (const Sample sample : samples) peak = std::max(peak, sample);
  EXPECT_NEAR(peak, 16384, 200);
  EXPECT_NEAR(measure_tone(samples, kPhoneRate).hz, 425, 0.5);
}

TEST(Tone, EveryKeyHasItsPair) {
  struct Key {
    char digit;
    int low;
    int high;
  };
  for (const Key& key :
       {Key{'1', 697, 1209}, Key{'5', 770, 1336}, Key{'9', 852, 1477}, Key{'0', 941, 1336},
        Key{'*', 941, 1209}, Key{'#', 941, 1477}, Key{'d', 941, 1633}, Key{'A', 697, 1633}}) {
    const auto spec = dtmf_tone(key.digit);
    ASSERT_TRUE(spec);
    EXPECT_EQ(spec->first_hz, key.low);
    EXPECT_EQ(spec->second_hz, key.high);
  }
  EXPECT_FALSE(dtmf_tone('w'));
}

TEST(MeasureTone, SilenceHasNone) {
  const std::vector<Sample> silence(1600);
  EXPECT_EQ(measure_tone(silence, kPhoneRate).hz, 0);
  EXPECT_EQ(measure_tone({}, kPhoneRate).hz, 0);
}

TEST(MeasureTone, TellsToneFromNoise) {
  auto samples = play(sine(1000, -20), 0.5);
  std::uint32_t seed = 42;
  for (Sample& sample : samples) {
    seed = seed * 1664525 + 1013904223;
    sample = static_cast<Sample>(sample + static_cast<int>(seed >> 22) - 512);
  }
  const auto measured = measure_tone(samples, kPhoneRate);
  EXPECT_NEAR(measured.hz, 1000, 1);
  EXPECT_NEAR(measured.level_dbm0, -20, 0.5);
  EXPECT_NEAR(measured.noise_dbm0, -34, 2);
}

}  // namespace
}  // namespace ringback::audio
