#include "audio/room_to_phone.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "audio/goertzel.h"
#include "audio/level.h"
#include "audio/pipeline_fixture.h"

namespace ringback::audio {
namespace {

using testing::at;
using testing::at_ms;
using testing::BuiltPacket;
using testing::RecordingSink;

constexpr base::Duration kMs = std::chrono::milliseconds(1);

/// A talker of the room: packets of a tone with its own SSRC and codec.
class Talker {
 public:
  Talker(TrackId id, Codec codec, int hz, int packet_ms = 20, bool fec = false)
      : id_(id), codec_(codec), packet_ms_(packet_ms), tone_(sine(hz, -16), kPhoneRate) {
    if (codec == Codec::kOpus) {
      encoder_.emplace(std::move(*OpusFrameEncoder::create({.fec = fec})));
      encoder_->set_expected_loss(20);
    }
  }
  [[nodiscard]] TrackId id() const { return id_; }
  [[nodiscard]] int packet_ms() const { return packet_ms_; }

  BuiltPacket next() {
    std::vector<Sample> samples(static_cast<std::size_t>(kPhoneRate / 1000 * packet_ms_));
    tone_.read(samples);
    std::vector<std::uint8_t> payload(OpusFrameEncoder::kMaxPacket);
    std::size_t size = samples.size();
    if (encoder_) {
      size = encoder_->encode(samples, payload);
    } else {
      g711_encode(codec_, samples, payload);
    }
    const BuiltPacket packet(sequence_, timestamp_, std::span(payload).first(size), 1000 + id_);
    last_payload_.assign(payload.begin(), payload.begin() + static_cast<std::ptrdiff_t>(size));
    ++sequence_;
    timestamp_ += clock_rate(codec_) / 1000 * static_cast<std::uint32_t>(packet_ms_);
    return packet;
  }
  void pause(int ms) { timestamp_ += clock_rate(codec_) / 1000 * static_cast<std::uint32_t>(ms); }
  [[nodiscard]] const std::vector<std::uint8_t>& last_payload() const { return last_payload_; }

 private:
  TrackId id_;
  Codec codec_;
  int packet_ms_;
  ToneGenerator tone_;
  std::optional<OpusFrameEncoder> encoder_;
  std::uint16_t sequence_ = 65500;
  std::uint32_t timestamp_ = 0xFFFFF000U;
  std::vector<std::uint8_t> last_payload_;
};

class RoomToPhoneTest : public ::testing::Test {
 protected:
  void start(Codec codec = Codec::kPcmu) {
    pipeline_ = std::make_unique<RoomToPhone>(RoomToPhoneSettings{.codec = codec}, sink_);
    codec_ = codec;
    sink_.now = at_ms(0);
    pipeline_->start(at_ms(0));
  }
  void add(TrackId id, Codec codec) {
    const auto added = pipeline_->add_track(id, codec);
    ASSERT_TRUE(added);
    tracks_[id] = *added;
  }
  void add(const Talker& talker, Codec codec) { add(talker.id(), codec); }
  void remove(TrackId id) {
    pipeline_->remove_track(id);
    tracks_.erase(id);
  }

  /// Runs all deadlines up to `time`.
  void to(base::TimePoint time) {
    int turns = 0;
    while (pipeline_->next_deadline() <= time) {
      sink_.now = std::max(sink_.now, pipeline_->next_deadline());
      pipeline_->advance(sink_.now);
      ASSERT_LT(++turns, 100000) << "advance() does not make progress";
    }
    sink_.now = time;
  }
  void arrive(base::TimePoint time, Talker& talker) { deliver(time, talker.id(), talker.next()); }
  void deliver(base::TimePoint time, TrackId id, const BuiltPacket& packet) {
    to(time);
    pipeline_->receive(time, *tracks_.at(id), packet.view());
  }
  /// `talker` speaks evenly from `from_ms` to `to_ms`.
  void talk(Talker& talker, int from_ms, int to_ms) {
    for (int ms = from_ms; ms < to_ms; ms += talker.packet_ms()) arrive(at_ms(ms), talker);
  }

  void expect_continuous_stream() const {
    for (std::size_t i = 1; i < sink_.sent.size(); ++i) {
      const auto& before = sink_.sent[i - 1];
      const auto& packet = sink_.sent[i];
      ASSERT_EQ(packet.sequence, static_cast<std::uint16_t>(before.sequence + 1)) << i;
      if (!packet.dtmf && !before.dtmf) {
        ASSERT_EQ(packet.timestamp, before.timestamp + 160) << i;
      }
      // Real time and RTP time stay together within two frames.
      const base::Duration media(std::int64_t{packet.timestamp} * 125);
      if (!packet.dtmf) {
        ASSERT_LE(std::chrono::abs(media - (packet.time - at_ms(0))), 60 * kMs) << i;
      }
    }
  }
  [[nodiscard]] std::vector<Sample> heard(int from_ms, int to_ms) const {
    std::vector<Sample> samples;
    for (const auto& packet : sink_.sent) {
      if (packet.dtmf || packet.time < at_ms(from_ms) || packet.time >= at_ms(to_ms)) continue;
      for (const std::uint8_t byte : packet.payload) samples.push_back(g711_decode(codec_, byte));
    }
    return samples;
  }
  [[nodiscard]] float level(int hz, int from_ms, int to_ms) const {
    return tone_level_dbm0(heard(from_ms, to_ms), kPhoneRate, hz);
  }

  RecordingSink sink_;
  std::map<TrackId, ListenedTrack*> tracks_;
  std::unique_ptr<RoomToPhone> pipeline_;
  Codec codec_ = Codec::kPcmu;
};

TEST_F(RoomToPhoneTest, SilenceIsPacedWhenNobodySpeaks) {
  start(Codec::kPcma);
  to(at_ms(990));
  ASSERT_EQ(sink_.sent.size(), 50U);
  for (std::size_t i = 0; i < 50; ++i) {
    EXPECT_EQ(sink_.sent[i].time, at_ms(static_cast<std::int64_t>(i) * 20));
    EXPECT_EQ(sink_.sent[i].payload, std::vector<std::uint8_t>(160, 0xD5));
    EXPECT_EQ(sink_.sent[i].marker, i == 0);
  }
  EXPECT_EQ(pipeline_->counters().filled, 50U);
  expect_continuous_stream();
  pipeline_->stop();
  EXPECT_EQ(pipeline_->next_deadline(), base::kNever);
}

TEST_F(RoomToPhoneTest, LateWakeUpsDoNotSlowTheStream) {
  start();
  for (int i = 0; i < 1000; ++i) {
    sink_.now = pipeline_->next_deadline() + 900 * base::Duration(1);
    pipeline_->advance(sink_.now);
  }
  EXPECT_EQ(sink_.sent.size(), 1001U);
  EXPECT_LE(sink_.sent.back().time - at_ms(0), 1000 * 20 * kMs + 1 * kMs);
}

TEST_F(RoomToPhoneTest, OneG711TrackPassesUnchangedWithinMilliseconds) {
  start();
  add(1, Codec::kPcmu);
  for (std::uint16_t i = 0; i < 200; ++i) {
    std::vector<std::uint8_t> payload(kPhoneFrameSamples, 0x33);
    payload[0] = static_cast<std::uint8_t>(i);
    deliver(at_ms(7 + i * 20), 1, BuiltPacket(i, i * 160U, payload));
  }
  to(at_ms(4100));
  EXPECT_EQ(pipeline_->counters().passed, 200U);
  for (const auto& packet : sink_.sent) {
    if (packet.payload[1] != 0x33 || packet.time > at_ms(4000)) continue;  // at the end it is concealed
    const base::TimePoint arrived = at_ms(7 + packet.payload[0] * 20);
    EXPECT_LE(packet.time - arrived, 6 * kMs) << int{packet.payload[0]};
    EXPECT_EQ(packet.payload.size(), kPhoneFrameSamples);
  }
  expect_continuous_stream();
}

TEST_F(RoomToPhoneTest, PacingStaysEvenThroughSmallJitter) {
  start();
  Talker talker(1, Codec::kPcmu, 700);
  add(talker, Codec::kPcmu);
  std::mt19937 random(42);
  std::uniform_int_distribution<int> jitter(0, 3000);
  for (int i = 0; i < 500; ++i)
    arrive(at(std::chrono::milliseconds(i * 20) + base::Duration(jitter(random))), talker);
  std::vector<base::Duration> deviations;
  for (std::size_t i = 50; i < sink_.sent.size(); ++i) {
    deviations.push_back(std::chrono::abs(sink_.sent[i].time - sink_.sent[i - 1].time - 20 * kMs));
  }
  std::sort(deviations.begin(), deviations.end());
  EXPECT_LE(deviations[deviations.size() * 99 / 100], 2 * kMs);
  expect_continuous_stream();
}

TEST_F(RoomToPhoneTest, OpusIsDecodedAtThePhonesRate) {
  start();
  Talker talker(1, Codec::kOpus, 900);
  add(talker, Codec::kOpus);
  talk(talker, 5, 2005);
  const auto measured = measure_tone(heard(1000, 2000), kPhoneRate);
  EXPECT_NEAR(measured.hz, 900, 1);
  EXPECT_NEAR(measured.level_dbm0, -16, 1);
  EXPECT_EQ(pipeline_->counters().mixed, 0U);
  expect_continuous_stream();
}

TEST_F(RoomToPhoneTest, TwoTalkersAreMixed) {
  start();
  Talker one(1, Codec::kPcmu, 600);
  Talker two(2, Codec::kOpus, 1100);
  add(one, Codec::kPcmu);
  add(two, Codec::kOpus);
  for (int i = 0; i < 100; ++i) {
    arrive(at_ms(3 + i * 20), one);
    arrive(at_ms(12 + i * 20), two);
  }
  EXPECT_GT(pipeline_->counters().mixed, 90U);
  EXPECT_NEAR(level(600, 1000, 2000), -16, 1);
  EXPECT_NEAR(level(1100, 1000, 2000), -16, 1);
  expect_continuous_stream();
}

TEST_F(RoomToPhoneTest, TheStreamFollowsWhoeverSpeaks) {
  start();
  Talker one(1, Codec::kPcmu, 600);
  Talker two(2, Codec::kPcmu, 1100);
  add(one, Codec::kPcmu);
  add(two, Codec::kPcmu);
  talk(one, 3, 1003);
  one.pause(1000);
  talk(two, 1011, 2011);
  talk(one, 2003, 3003);
  to(at_ms(3500));
  EXPECT_NEAR(level(600, 300, 950), -16, 0.5);
  EXPECT_NEAR(level(1100, 1200, 1950), -16, 0.5);
  EXPECT_NEAR(level(600, 2200, 2950), -16, 0.5);
  EXPECT_EQ(level_dbm0(heard(3300, 3500)), -120);
  expect_continuous_stream();
}

TEST_F(RoomToPhoneTest, GapsAreFilledWithoutRunningAheadOfTime) {
  start();
  Talker talker(1, Codec::kPcmu, 600);
  add(talker, Codec::kPcmu);
  int ms = 0;
  for (int spurt = 0; spurt < 40; ++spurt) {
    talk(talker, ms, ms + 400);
    const int gap = 310 + 7 * spurt;  // every phase between packets and slots
    talker.pause(gap);
    ms += 400 + gap;
  }
  to(at_ms(ms));
  expect_continuous_stream();
  EXPECT_NEAR(static_cast<double>(sink_.sent.size()), ms / 20.0, 2);
}

TEST_F(RoomToPhoneTest, LossIsConcealed) {
  for (const Codec codec : {Codec::kPcmu, Codec::kOpus}) {
    sink_.sent.clear();
    start();
    Talker talker(1, codec, 800);
    add(talker, codec);
    for (int i = 0; i < 200; ++i) {
      const BuiltPacket packet = talker.next();
      if (i % 10 == 7) continue;
      deliver(at_ms(5 + i * 20), 1, packet);
    }
    EXPECT_GT(level(800, 1000, 4000), -18) << encoding_name(codec);
    const auto counters = pipeline_->counters();
    EXPECT_NEAR(static_cast<double>(counters.concealed + counters.recovered), 20, 3);
    expect_continuous_stream();
  }
}

TEST_F(RoomToPhoneTest, HeavyJitterIsSmoothedAndHeard) {
  start();
  Talker talker(1, Codec::kOpus, 800);
  add(talker, Codec::kOpus);
  std::mt19937 random(7);
  std::exponential_distribution<double> jitter(1.0 / 15000);
  std::multimap<base::TimePoint, BuiltPacket> network;
  for (int i = 0; i < 1000; ++i) {
    const base::Duration delay(static_cast<std::int64_t>(std::min(jitter(random), 90000.0)));
    network.emplace(at(i * 20 * kMs + delay), talker.next());
  }
  for (const auto& [time, packet] : network) deliver(time, 1, packet);
  const auto counters = pipeline_->counters();
  EXPECT_LT(counters.concealed + counters.recovered, 80U);
  EXPECT_GT(level(800, 5000, 20000), -18);
  EXPECT_LE(pipeline_->jitter_delay(), 130 * kMs);
}

TEST_F(RoomToPhoneTest, LongAndShortPacketsAreReframed) {
  for (const int packet_ms : {10, 40, 60}) {
    sink_.sent.clear();
    start();
    Talker talker(1, Codec::kOpus, 800, packet_ms);
    add(talker, Codec::kOpus);
    talk(talker, 5, 3005);
    EXPECT_NEAR(level(800, 1000, 3000), -16, 1) << packet_ms;
    for (std::size_t i = 60; i < sink_.sent.size(); ++i) {
      ASSERT_LE(std::chrono::abs(sink_.sent[i].time - sink_.sent[i - 1].time - 20 * kMs), 5 * kMs)
          << packet_ms;
    }
    expect_continuous_stream();
  }
}

TEST_F(RoomToPhoneTest, FastAndSlowClocksAreFollowed) {
  for (const int microseconds : {19990, 20010}) {  // 500 ppm, worse than any sound card
    sink_.sent.clear();
    start();
    Talker talker(1, Codec::kPcmu, 800);
    add(talker, Codec::kPcmu);
    for (int i = 0; i < 10000; ++i) arrive(at(base::Duration(std::int64_t{i} * microseconds)), talker);
    const auto counters = pipeline_->counters();
    EXPECT_LT(counters.concealed, 10U) << microseconds;
    EXPECT_GT(counters.passed, 9900U) << microseconds;
  }
}

TEST_F(RoomToPhoneTest, FollowersWithOtherClocksDoNotPileUp) {
  start();
  Talker one(1, Codec::kPcmu, 600);
  Talker two(2, Codec::kPcmu, 1100);
  add(one, Codec::kPcmu);
  add(two, Codec::kPcmu);
  std::multimap<base::TimePoint, TrackId> arrivals;
  for (int i = 0; i < 6000; ++i) {
    arrivals.emplace(at(base::Duration(std::int64_t{i} * 20000)), 1);
    arrivals.emplace(at(base::Duration(3000 + std::int64_t{i} * 19990)), 2);
  }
  for (const auto& [time, id] : arrivals) arrive(time, id == 1 ? one : two);
  const auto counters = pipeline_->counters();
  EXPECT_GE(counters.dropped, 1U);
  EXPECT_LE(counters.dropped, 6U);
  EXPECT_NEAR(level(1100, 60000, 110000), -16, 2);
  expect_continuous_stream();
}

TEST_F(RoomToPhoneTest, DigitsTakeThePlaceOfAudio) {
  start();
  Talker talker(1, Codec::kPcmu, 600);
  add(talker, Codec::kPcmu);
  talk(talker, 0, 200);
  EXPECT_EQ(pipeline_->send_dtmf("5"), 1U);
  EXPECT_TRUE(pipeline_->sending_dtmf());
  talk(talker, 200, 1000);
  EXPECT_FALSE(pipeline_->sending_dtmf());
  std::size_t events = 0;
  std::optional<std::uint32_t> start_timestamp;
  for (const auto& packet : sink_.sent) {
    if (!packet.dtmf) continue;
    ++events;
    if (!start_timestamp) start_timestamp = packet.timestamp;
    EXPECT_EQ(packet.timestamp, *start_timestamp);
    EXPECT_EQ(packet.payload[0], 5);
  }
  EXPECT_EQ(events, 13U + 2U);  // 250 ms in 13 slots, the last of them three times
  for (std::size_t i = 1; i < sink_.sent.size(); ++i) {
    EXPECT_EQ(sink_.sent[i].sequence, static_cast<std::uint16_t>(sink_.sent[i - 1].sequence + 1));
  }
  EXPECT_NEAR(level(600, 600, 1000), -16, 0.5);
}

TEST_F(RoomToPhoneTest, AToneReplacesTheRoom) {
  start();
  Talker talker(1, Codec::kPcmu, 600);
  add(talker, Codec::kPcmu);
  talk(talker, 0, 200);
  pipeline_->play_tone(tones::kRingbackEurope);
  talk(talker, 200, 1000);
  pipeline_->stop_tone();
  talk(talker, 1000, 1600);
  EXPECT_NEAR(level(425, 300, 900), -13, 0.5);
  EXPECT_LT(level(600, 300, 900), -40);
  EXPECT_NEAR(level(600, 1200, 1600), -16, 0.5);
  expect_continuous_stream();
}

TEST_F(RoomToPhoneTest, TracksComeAndGo) {
  start();
  Talker talker(1, Codec::kPcmu, 600);
  add(talker, Codec::kPcmu);
  EXPECT_FALSE(pipeline_->add_track(1, Codec::kPcmu));
  talk(talker, 0, 200);
  remove(1);
  remove(1);
  to(at_ms(500));
  EXPECT_EQ(level_dbm0(heard(320, 500)), -120);
  expect_continuous_stream();
  for (TrackId id = 10; id < 42; ++id) EXPECT_TRUE(pipeline_->add_track(id, Codec::kPcmu));
  EXPECT_FALSE(pipeline_->add_track(99, Codec::kPcmu));
}

TEST_F(RoomToPhoneTest, OpusDtxIsSilence) {
  start();
  Talker talker(1, Codec::kOpus, 600);
  add(talker, Codec::kOpus);
  talk(talker, 0, 1000);
  for (std::uint16_t i = 0; i < 5; ++i) {
    const std::array<std::uint8_t, 1> dtx{0x08};
    deliver(
        at_ms(1000 + i * 400), 1,
        BuiltPacket(static_cast<std::uint16_t>(65500 + 50 + i), 0xFFFFF000U + 48000 + 19200U * i, dtx, 1001));
  }
  to(at_ms(3000));
  EXPECT_EQ(level_dbm0(heard(1200, 3000)), -120);
  EXPECT_NEAR(static_cast<double>(sink_.sent.size()), 151, 2);
  expect_continuous_stream();
}

TEST_F(RoomToPhoneTest, RandomBytesAsOpusDoNoHarm) {
  start();
  add(1, Codec::kOpus);
  std::mt19937 random(3);
  for (std::uint16_t i = 0; i < 2000; ++i) {
    std::vector<std::uint8_t> payload(random() % 300);
    for (auto& byte : payload) byte = static_cast<std::uint8_t>(random());
    deliver(at_ms(i * 20), 1,
            BuiltPacket(static_cast<std::uint16_t>(i * (random() % 3)), static_cast<std::uint32_t>(random()),
                        payload));
  }
  EXPECT_GT(sink_.sent.size(), 1500U);
}

}  // namespace
}  // namespace ringback::audio
