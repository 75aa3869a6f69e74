#include "phone/ear.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "audio/g711.h"
#include "audio/tone.h"

namespace ringback::phone {
namespace {

class EarTest : public testing::Test {
 protected:
  EarTest() { ear_.set_formats(audio::Codec::kPcmu, 0, 101); }

  Ear::Heard receive(std::uint16_t sequence, std::uint32_t timestamp, std::span<const std::uint8_t> payload,
                     std::uint8_t payload_type = 0) {
    const std::size_t size = rtp::write_packet(
        bytes_, {.payload_type = payload_type, .sequence = sequence, .timestamp = timestamp, .ssrc = 7},
        payload);
    return ear_.receive(*rtp::PacketView::parse(std::span(bytes_).first(size)));
  }
  Ear::Heard receive_tone(std::uint16_t sequence) {
    std::array<audio::Sample, audio::kPhoneFrameSamples> frame;
    std::array<std::uint8_t, audio::kPhoneFrameSamples> payload;
    tone_.read(frame);
    audio::g711_encode(audio::Codec::kPcmu, frame, payload);
    return receive(sequence, sequence * 160U, payload);
  }

  Ear ear_;
  audio::ToneGenerator tone_{audio::sine(620, -20), audio::kPhoneRate};
  std::array<std::uint8_t, 2000> bytes_{};
};

TEST_F(EarTest, MeasuresOncePerSecond) {
  int measurements = 0;
  for (std::uint16_t i = 0; i < 150; ++i) {
    EXPECT_EQ(receive_tone(i).samples.size(), audio::kPhoneFrameSamples);
    const auto measurement = ear_.measure();
    if (!measurement) continue;
    ++measurements;
    EXPECT_NEAR(measurement->tone.hz, 620, 1);
    EXPECT_NEAR(measurement->tone.level_dbm0, -20, 0.5);
    EXPECT_NEAR(measurement->level_dbm0, -20, 0.5);
  }
  EXPECT_EQ(measurements, 3);
  EXPECT_EQ(ear_.statistics().packets, 150U);
}

TEST_F(EarTest, LossIsCountedAndHeardAsSilence) {
  receive_tone(0);
  EXPECT_EQ(receive_tone(3).samples.size(), 3 * audio::kPhoneFrameSamples);
  EXPECT_EQ(ear_.statistics().lost, 2U);
  receive_tone(2);
  EXPECT_EQ(ear_.statistics().lost, 1U);
}

TEST_F(EarTest, HearsKeysOnce) {
  const audio::TelephoneEvent event{.code = 11, .duration = 160};
  EXPECT_EQ(receive(0, 0, event.bytes(), 101).digit, '#');
  EXPECT_FALSE(receive(1, 0, event.bytes(), 101).digit);
}

TEST_F(EarTest, IgnoresFormatsThatWereNotAgreedOn) {
  EXPECT_TRUE(receive(0, 0, std::array<std::uint8_t, 160>{}, 96).samples.empty());
  EXPECT_EQ(ear_.statistics().packets, 0U);
  const std::vector<std::uint8_t> huge(1400);
  EXPECT_LE(receive(0, 0, huge).samples.size(), 480U);
}

}  // namespace
}  // namespace ringback::phone
