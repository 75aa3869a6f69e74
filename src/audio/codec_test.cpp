// The library codecs and the resampler behind their owners: what goes in comes out at the same pitch and
// level.
#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "audio/goertzel.h"
#include "audio/opus.h"
#include "audio/resampler.h"
#include "audio/tone.h"

namespace ringback::audio {
namespace {

using Packet = std::vector<std::uint8_t>;

std::vector<Packet> encode_tone(const OpusEncoderSettings& settings, int hz, int frames) {
  auto encoder = OpusFrameEncoder::create(settings);
  EXPECT_TRUE(encoder);
  encoder->set_expected_loss(20);
  ToneGenerator tone(sine(hz), settings.rate);
  std::vector<Packet> packets;
  std::vector<Sample> frame(frame_samples(settings.rate));
  for (int i = 0; i < frames; ++i) {
    tone.read(frame);
    Packet packet(OpusFrameEncoder::kMaxPacket);
    packet.resize(encoder->encode(frame, packet));
    packets.push_back(packet);
  }
  return packets;
}

std::vector<Sample> decode(OpusFrameDecoder& decoder, const std::vector<Packet>& packets) {
  std::vector<Sample> result;
  std::array<Sample, kMaxPacketSamples> out;
  for (const Packet& packet : packets) {
    const std::size_t samples = decoder.decode(packet, out);
    result.insert(result.end(), out.begin(), out.begin() + static_cast<std::ptrdiff_t>(samples));
  }
  return result;
}

std::span<const Sample> tail(const std::vector<Sample>& samples, std::size_t count) {
  return std::span(samples).last(count);
}

TEST(Opus, CarriesAToneBetweenAnyRates) {
  for (const int from : {8000, 16000, 48000}) {
    for (const int to : {8000, 16000, 48000}) {
      for (const OpusMode mode : {OpusMode::kVoice, OpusMode::kLowDelay}) {
        auto decoder = OpusFrameDecoder::create(to);
        ASSERT_TRUE(decoder);
        const auto heard = decode(*decoder, encode_tone({.rate = from, .mode = mode}, 1000, 50));
        ASSERT_EQ(heard.size(), static_cast<std::size_t>(to));
        const auto measured = measure_tone(tail(heard, static_cast<std::size_t>(to) / 4), to);
        EXPECT_NEAR(measured.hz, 1000, 3) << from << " to " << to;
        EXPECT_NEAR(measured.level_dbm0, -10, 1.5) << from << " to " << to;
      }
    }
  }
}

TEST(Opus, KnowsTheLengthOfAPacketBeforeDecoding) {
  const auto packets = encode_tone({.rate = 48000}, 440, 1);
  EXPECT_EQ(OpusFrameDecoder::packet_samples(packets[0], kPhoneRate), 160U);
  EXPECT_FALSE(OpusFrameDecoder::packet_samples({}, kPhoneRate));
  const Packet broken{0xFF, 0xFF};  // code 3 with 63 frames
  EXPECT_FALSE(OpusFrameDecoder::packet_samples(broken, kPhoneRate));
}

TEST(Opus, MalformedPacketsDecodeToNothing) {
  auto decoder = OpusFrameDecoder::create(kPhoneRate);
  std::array<Sample, kMaxPacketSamples> out;
  EXPECT_EQ(decoder->decode({}, out), 0U);
  const Packet broken{0xFF, 0xFF, 0x00};
  EXPECT_EQ(decoder->decode(broken, out), 0U);
}

TEST(Opus, RebuildsALostFrameFromTheNextOne) {
  const auto packets = encode_tone({.rate = 8000, .fec = true}, 700, 40);
  auto decoder = OpusFrameDecoder::create(kPhoneRate);
  std::array<Sample, kMaxPacketSamples> out;
  for (std::size_t i = 0; i < 30; ++i) ASSERT_EQ(decoder->decode(packets[i], out), 160U);
  std::array<Sample, kPhoneFrameSamples> lost;
  ASSERT_EQ(decoder->decode_fec(packets[31], lost), 160U);
  EXPECT_GT(tone_level_dbm0(lost, kPhoneRate, 700), -14);
  ASSERT_EQ(decoder->conceal(lost), 160U);
}

TEST(Opus, StereoComesOutMixedDown) {
  // A packet that a stereo encoder made has the stereo bit of its TOC set; a mono decoder takes it all the
  // same.
  auto packets = encode_tone({.rate = 48000, .mode = OpusMode::kLowDelay}, 440, 1);
  packets[0][0] |= 0x04;
  auto decoder = OpusFrameDecoder::create(kPhoneRate);
  std::array<Sample, kMaxPacketSamples> out;
  EXPECT_EQ(decoder->decode(packets[0], out), 160U);
}

TEST(Opus, RefusesARateItDoesNotKnow) {
  EXPECT_FALSE(OpusFrameEncoder::create({.rate = 44100}));
  EXPECT_FALSE(OpusFrameDecoder::create(11025));
}

TEST(Opus, DtxStopsSendingInSilence) {
  auto encoder = OpusFrameEncoder::create({.dtx = true});
  std::array<Sample, kPhoneFrameSamples> silence{};
  Packet packet(OpusFrameEncoder::kMaxPacket);
  int unsent = 0;
  for (int i = 0; i < 100; ++i) unsent += encoder->encode(silence, packet) == 0 ? 1 : 0;
  EXPECT_GT(unsent, 50);
}

TEST(Resampler, KeepsPitchAndLevel) {
  for (const auto& [from, to] : {std::pair{48000, 8000}, std::pair{8000, 48000}, std::pair{16000, 8000}}) {
    auto resampler = Resampler::create(from, to);
    ASSERT_TRUE(resampler);
    ToneGenerator tone(sine(1000), from);
    std::vector<Sample> in(frame_samples(from));
    std::vector<Sample> out(frame_samples(to) + 1);
    std::vector<Sample> heard;
    for (int i = 0; i < 25; ++i) {
      tone.read(in);
      const std::size_t count = resampler->process(in, out);
      heard.insert(heard.end(), out.begin(), out.begin() + static_cast<std::ptrdiff_t>(count));
    }
    EXPECT_NEAR(static_cast<double>(heard.size()), to / 2.0, to / 500.0);
    const auto measured = measure_tone(tail(heard, static_cast<std::size_t>(to) / 4), to);
    EXPECT_NEAR(measured.hz, 1000, 1);
    EXPECT_NEAR(measured.level_dbm0, -10, 0.5);
  }
}

TEST(Resampler, RefusesNonsense) {
  EXPECT_FALSE(Resampler::create(0, 8000));
}

}  // namespace
}  // namespace ringback::audio
