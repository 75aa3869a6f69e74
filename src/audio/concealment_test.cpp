#include "audio/concealment.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <vector>

#include "audio/level.h"

namespace ringback::audio {
namespace {

/// A voiced sound: harmonics of a pitch that glides a little, as in a vowel.
std::vector<Sample> vowel(double pitch_hz, std::size_t samples) {
  std::vector<Sample> result(samples);
  double phase = 0;
  for (std::size_t i = 0; i < samples; ++i) {
    phase +=
        2 * std::numbers::pi * pitch_hz * (1 + 0.01 * std::sin(static_cast<double>(i) / 4000)) / kPhoneRate;
    double value = 0;
    for (int harmonic = 1; harmonic <= 8; ++harmonic) value += std::sin(harmonic * phase) / harmonic;
    result[i] = static_cast<Sample>(4000 * value);
  }
  return result;
}

double signal_to_error_db(std::span<const Sample> wanted, std::span<const Sample> heard) {
  double signal = 0;
  double error = 0;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    signal += std::pow(wanted[i], 2);
    error += std::pow(wanted[i] - heard[i], 2);
  }
  return 10 * std::log10(signal / (error + 1));
}

struct Outcome {
  double concealed_db;  ///< over the lost frames and the seams behind them
  double silence_db;    ///< the same with silence in their place
};

/// Loses every `period`-th frame of a vowel.
Outcome lose(double pitch_hz, std::size_t period) {
  const auto sound = vowel(pitch_hz, kPhoneFrameSamples * 200);
  auto heard = sound;
  auto silenced = sound;
  Concealment concealment;
  std::vector<Sample> wanted_parts;
  std::vector<Sample> heard_parts;
  std::vector<Sample> silent_parts;
  for (std::size_t frame = 0; frame < 200; ++frame) {
    const std::span part = std::span(heard).subspan(frame * kPhoneFrameSamples, kPhoneFrameSamples);
    const bool lost = frame >= 5 && frame % period == 0;
    if (lost) {
      concealment.conceal(part);
      for (std::size_t i = 0; i < part.size(); ++i) {
        wanted_parts.push_back(sound[frame * kPhoneFrameSamples + i]);
        heard_parts.push_back(part[i]);
        silent_parts.push_back(0);
      }
    } else {
      concealment.received(part);
    }
  }
  return {signal_to_error_db(wanted_parts, heard_parts), signal_to_error_db(wanted_parts, silent_parts)};
}

TEST(Concealment, ResemblesALostVowelOfAnyVoice) {
  for (const double pitch_hz : {85.0, 120.0, 180.0, 240.0}) {
    const Outcome outcome = lose(pitch_hz, 10);
    EXPECT_GT(outcome.concealed_db, 7) << pitch_hz;
    EXPECT_NEAR(outcome.silence_db, 0, 0.1);
  }
}

TEST(Concealment, FadesToSilenceWithin60Milliseconds) {
  Concealment concealment;
  auto sound = vowel(120, 800);
  concealment.received(sound);
  std::vector<Sample> lost(kPhoneFrameSamples * 5);
  concealment.conceal(lost);
  const float before = level_dbm0(sound);
  EXPECT_NEAR(level_dbm0(std::span(lost).first(80)), before, 1.5);
  EXPECT_LT(level_dbm0(std::span(lost).subspan(320, 160)), before - 6);
  EXPECT_EQ(level_dbm0(std::span(lost).subspan(Concealment::kFadeSamples)), -120);
}

TEST(Concealment, JoinsWithoutAStep) {
  Concealment concealment;
  const auto sound = vowel(120, 1600);
  std::vector<Sample> heard(sound.begin(), sound.end());
  const std::span all(heard);
  concealment.received(all.subspan(0, 640));
  concealment.conceal(all.subspan(640, 160));
  concealment.received(all.subspan(800, 160));
  int greatest = 0;
  for (std::size_t i = 1; i < 640; ++i) greatest = std::max(greatest, std::abs(sound[i] - sound[i - 1]));
  for (std::size_t i = 600; i < 960; ++i) {
    EXPECT_LE(std::abs(heard[i] - heard[i - 1]), greatest * 3 / 2) << i;
  }
}

TEST(Concealment, LosingTheVeryFirstFrameIsSilence) {
  Concealment concealment;
  std::vector<Sample> lost(kPhoneFrameSamples, 1);
  concealment.conceal(lost);
  EXPECT_EQ(level_dbm0(lost), -120);
}

TEST(Concealment, GoodFramesAreLeftAlone) {
  Concealment concealment;
  const auto sound = vowel(150, 480);
  auto heard = sound;
  concealment.received(heard);
  EXPECT_EQ(heard, sound);
}

}  // namespace
}  // namespace ringback::audio
