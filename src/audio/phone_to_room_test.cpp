#include "audio/phone_to_room.h"

#include <gtest/gtest.h>

#include <set>

#include "audio/goertzel.h"
#include "audio/level.h"
#include "audio/pipeline_fixture.h"

namespace ringback::audio {
namespace {

using testing::at_ms;
using testing::BuiltPacket;
using testing::RecordingSink;

class PhoneToRoomTest : public ::testing::Test {
 protected:
  void create(Codec room, Codec phone = Codec::kPcmu) {
    auto created = PhoneToRoom::create({.phone_codec = phone, .room_codec = room, .opus = {}}, sink_);
    ASSERT_TRUE(created);
    pipeline_ = std::move(*created);
    phone_ = phone;
  }

  /// The phone's frame `number` of a 1000 Hz tone, arriving at its time (plus `late_ms`).
  void arrive(int number, int late_ms = 0, std::uint32_t ssrc = 0x1234) {
    std::array<Sample, kPhoneFrameSamples> frame;
    ToneGenerator tone(sine(1000), kPhoneRate);  // a whole number of periods per frame
    tone.read(frame);
    tone.read(frame);
    std::array<std::uint8_t, kPhoneFrameSamples> payload;
    g711_encode(phone_, frame, payload);
    const BuiltPacket packet(static_cast<std::uint16_t>(65530 + number),
                             0xFFFFFF00U + static_cast<std::uint32_t>(number) * 160, payload, ssrc);
    to(number * 20 + late_ms);
    pipeline_->receive(sink_.now, packet.view());
  }
  void skip(int number) {
    const std::array<std::uint8_t, 4> event{1, 10, 0, 160};
    const BuiltPacket packet(static_cast<std::uint16_t>(65530 + number), 0xFFFFFF00U, event);
    to(number * 20);
    pipeline_->skip(sink_.now, packet.view());
  }
  /// Runs all deadlines up to `ms`.
  void to(std::int64_t ms) {
    while (pipeline_->next_deadline() <= at_ms(ms)) {
      sink_.now = pipeline_->next_deadline();
      pipeline_->advance(sink_.now);
    }
    sink_.now = at_ms(ms);
  }
  [[nodiscard]] std::vector<Sample> decoded_opus() const {
    auto decoder = OpusFrameDecoder::create(kPhoneRate);
    std::vector<Sample> samples;
    std::array<Sample, kMaxPacketSamples> out;
    for (const auto& packet : sink_.sent) {
      const std::size_t count = decoder->decode(packet.payload, out);
      samples.insert(samples.end(), out.begin(), out.begin() + static_cast<std::ptrdiff_t>(count));
    }
    return samples;
  }

  RecordingSink sink_;
  std::unique_ptr<PhoneToRoom> pipeline_;
  Codec phone_ = Codec::kPcmu;
};

TEST_F(PhoneToRoomTest, PassesPayloadsUnchangedAtArrival) {
  create(Codec::kPcmu);
  for (int i = 0; i < 20; ++i) {
    arrive(i);
    ASSERT_EQ(sink_.sent.size(), static_cast<std::size_t>(i) + 1);
    const auto& packet = sink_.sent.back();
    EXPECT_EQ(packet.time, at_ms(i * 20));
    EXPECT_EQ(packet.sequence, i);
    EXPECT_EQ(packet.timestamp, static_cast<std::uint32_t>(i) * 160);
    EXPECT_EQ(packet.marker, i == 0);
    EXPECT_EQ(packet.payload.size(), 160U);
    EXPECT_NEAR(packet.level, 16, 1);  // -10 dBm0 is -13.14 dB re full-scale sine, 3 dB less by RMS
  }
  EXPECT_EQ(pipeline_->counters().passed, 20U);
  EXPECT_EQ(pipeline_->next_deadline(), base::kNever);
}

TEST_F(PhoneToRoomTest, LossAndReorderingStayVisibleWhenPassing) {
  create(Codec::kPcmu);
  for (const int number : {0, 1, 3, 2, 5}) arrive(number);
  std::vector<std::uint16_t> sequences;
  for (const auto& packet : sink_.sent) {
    sequences.push_back(packet.sequence);
    EXPECT_EQ(packet.timestamp, packet.sequence * 160U);
  }
  EXPECT_EQ(sequences, (std::vector<std::uint16_t>{0, 1, 3, 2, 5}));
}

TEST_F(PhoneToRoomTest, TheOtherLawIsConvertedNotTranscoded) {
  create(Codec::kPcma, Codec::kPcmu);
  for (int i = 0; i < 10; ++i) arrive(i);
  const auto measured = measure_tone(sink_.decoded(Codec::kPcma), kPhoneRate);
  EXPECT_NEAR(measured.hz, 1000, 1);
  EXPECT_NEAR(measured.level_dbm0, -10, 0.3);
  EXPECT_EQ(pipeline_->counters().passed, 0U);
}

TEST_F(PhoneToRoomTest, EventsTakeNoSequenceNumbers) {
  create(Codec::kPcmu);
  arrive(0);
  for (int i = 1; i < 6; ++i) skip(i);
  arrive(6);
  ASSERT_EQ(sink_.sent.size(), 2U);
  EXPECT_EQ(sink_.sent[1].sequence, 1);
  EXPECT_EQ(sink_.sent[1].timestamp, 960U);
  EXPECT_TRUE(sink_.sent[1].marker);
}

TEST_F(PhoneToRoomTest, ANewSourceContinuesTheOutgoingNumbers) {
  for (const Codec room : {Codec::kPcmu, Codec::kOpus}) {
    sink_.sent.clear();
    create(room);
    arrive(0);
    arrive(1);
    arrive(10, 0, 0x9999);  // 160 ms were missed
    ASSERT_EQ(sink_.sent.size(), 3U);
    EXPECT_EQ(sink_.sent[2].sequence, 2);
    EXPECT_EQ(sink_.sent[2].timestamp, clock_rate(room) / 50 * 10);
    EXPECT_TRUE(sink_.sent[2].marker);
    EXPECT_EQ(pipeline_->counters().restarts, 1U);
  }
}

TEST_F(PhoneToRoomTest, EncodesOpusAtArrival) {
  create(Codec::kOpus);
  for (int i = 0; i < 50; ++i) {
    arrive(i);
    ASSERT_EQ(sink_.sent.size(), static_cast<std::size_t>(i) + 1);
    EXPECT_EQ(sink_.sent.back().timestamp, static_cast<std::uint32_t>(i) * 960);
    EXPECT_EQ(sink_.sent.back().sequence, i);
  }
  const auto heard = decoded_opus();
  const auto measured = measure_tone(std::span(heard).last(4000), kPhoneRate);
  EXPECT_NEAR(measured.hz, 1000, 2);
  EXPECT_NEAR(measured.level_dbm0, -10, 1);
}

TEST_F(PhoneToRoomTest, ConcealsWhatIsMissingBeforeItEncodes) {
  create(Codec::kOpus);
  for (int i = 0; i < 60; ++i) {
    if (i % 10 != 5) arrive(i);
  }
  to(2000);
  EXPECT_EQ(sink_.sent.size(), 60U);
  EXPECT_EQ(pipeline_->counters().concealed, 6U);
  for (std::size_t i = 0; i < sink_.sent.size(); ++i) EXPECT_EQ(sink_.sent[i].timestamp, i * 960);
  const auto heard = decoded_opus();
  const auto measured = measure_tone(std::span(heard).last(8000), kPhoneRate);
  EXPECT_NEAR(measured.hz, 1000, 2);
  EXPECT_GT(measured.level_dbm0, -12);
}

TEST_F(PhoneToRoomTest, ReorderedPacketsAreTranscodedInOrder) {
  create(Codec::kOpus);
  for (const int number : {0, 1, 2}) arrive(number);
  arrive(4, -5);
  arrive(3, 17);
  EXPECT_EQ(sink_.sent.size(), 5U);
  EXPECT_EQ(pipeline_->counters().concealed, 0U);
}

TEST_F(PhoneToRoomTest, SilenceSuppressionBecomesATimestampGap) {
  create(Codec::kOpus);
  const std::vector<std::uint8_t> payload(kPhoneFrameSamples, 0x80);
  for (int i = 0; i < 3; ++i) {
    const std::uint32_t timestamp = static_cast<std::uint32_t>(i) * 160 + (i == 2 ? 8000 : 0);
    to(i * 20 + (i == 2 ? 1000 : 0));
    pipeline_->receive(sink_.now, BuiltPacket(static_cast<std::uint16_t>(i), timestamp, payload).view());
  }
  ASSERT_EQ(sink_.sent.size(), 3U);
  EXPECT_EQ(sink_.sent[2].timestamp, 2U * 960 + 48000);
  EXPECT_TRUE(sink_.sent[2].marker);
  EXPECT_EQ(sink_.sent[2].sequence, 2);
}

TEST_F(PhoneToRoomTest, OddFrameLengthsAreReframed) {
  create(Codec::kOpus);
  const std::vector<std::uint8_t> payload(240, 0x80);  // 30 ms
  for (int i = 0; i < 10; ++i) {
    to(i * 30);
    pipeline_->receive(
        sink_.now,
        BuiltPacket(static_cast<std::uint16_t>(i), static_cast<std::uint32_t>(i) * 240, payload).view());
  }
  ASSERT_EQ(sink_.sent.size(), 15U);
  for (std::size_t i = 0; i < 15; ++i) EXPECT_EQ(sink_.sent[i].timestamp, i * 960);
}

TEST_F(PhoneToRoomTest, RingbackThenThePhoneInOneStream) {
  create(Codec::kPcmu);
  sink_.now = at_ms(0);
  pipeline_->play_tone(at_ms(0), tones::kRingbackLiveKit);
  to(985);
  ASSERT_EQ(sink_.sent.size(), 50U);
  for (std::size_t i = 0; i < 50; ++i) {
    EXPECT_EQ(sink_.sent[i].time, at_ms(static_cast<std::int64_t>(i) * 20));
    EXPECT_EQ(sink_.sent[i].timestamp, i * 160);
  }
  EXPECT_NEAR(measure_tone(sink_.decoded(Codec::kPcmu), kPhoneRate).hz, 425, 1);
  arrive(49, 6);  // sound before the owner ended the tone
  EXPECT_EQ(sink_.sent.size(), 50U);
  pipeline_->stop_tone();
  EXPECT_EQ(pipeline_->next_deadline(), base::kNever);
  arrive(51);
  ASSERT_EQ(sink_.sent.size(), 51U);
  EXPECT_EQ(sink_.sent[50].sequence, 50);
  EXPECT_EQ(sink_.sent[50].timestamp, 51U * 160);
  EXPECT_TRUE(sink_.sent[50].marker);
}

TEST_F(PhoneToRoomTest, NonsenseIsCountedAndDropped) {
  create(Codec::kOpus);
  const std::vector<std::uint8_t> huge(1200);
  pipeline_->receive(at_ms(0), BuiltPacket(1, 1, {}).view());
  pipeline_->receive(at_ms(0), BuiltPacket(1, 1, huge).view());
  EXPECT_EQ(pipeline_->counters().malformed, 2U);
  EXPECT_TRUE(sink_.sent.empty());
  EXPECT_FALSE(
      PhoneToRoom::create({.phone_codec = Codec::kOpus, .room_codec = Codec::kOpus, .opus = {}}, sink_));
}

}  // namespace
}  // namespace ringback::audio
