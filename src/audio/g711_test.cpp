#include "audio/g711.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <vector>

namespace ringback::audio {
namespace {

// What two independent decoders (ffmpeg and sox) agree on for the bytes 0 to 255.
constexpr std::array<Sample, 256> kReferenceMu{
    -32124, -31100, -30076, -29052, -28028, -27004, -25980, -24956, -23932, -22908, -21884, -20860, -19836,
    -18812, -17788, -16764, -15996, -15484, -14972, -14460, -13948, -13436, -12924, -12412, -11900, -11388,
    -10876, -10364, -9852,  -9340,  -8828,  -8316,  -7932,  -7676,  -7420,  -7164,  -6908,  -6652,  -6396,
    -6140,  -5884,  -5628,  -5372,  -5116,  -4860,  -4604,  -4348,  -4092,  -3900,  -3772,  -3644,  -3516,
    -3388,  -3260,  -3132,  -3004,  -2876,  -2748,  -2620,  -2492,  -2364,  -2236,  -2108,  -1980,  -1884,
    -1820,  -1756,  -1692,  -1628,  -1564,  -1500,  -1436,  -1372,  -1308,  -1244,  -1180,  -1116,  -1052,
    -988,   -924,   -876,   -844,   -812,   -780,   -748,   -716,   -684,   -652,   -620,   -588,   -556,
    -524,   -492,   -460,   -428,   -396,   -372,   -356,   -340,   -324,   -308,   -292,   -276,   -260,
    -244,   -228,   -212,   -196,   -180,   -164,   -148,   -132,   -120,   -112,   -104,   -96,    -88,
    -80,    -72,    -64,    -56,    -48,    -40,    -32,    -24,    -16,    -8,     0,      32124,  31100,
    30076,  29052,  28028,  27004,  25980,  24956,  23932,  22908,  21884,  20860,  19836,  18812,  17788,
    16764,  15996,  15484,  14972,  14460,  13948,  13436,  12924,  12412,  11900,  11388,  10876,  10364,
    9852,   9340,   8828,   8316,   7932,   7676,   7420,   7164,   6908,   6652,   6396,   6140,   5884,
    5628,   5372,   5116,   4860,   4604,   4348,   4092,   3900,   3772,   3644,   3516,   3388,   3260,
    3132,   3004,   2876,   2748,   2620,   2492,   2364,   2236,   2108,   1980,   1884,   1820,   1756,
    1692,   1628,   1564,   1500,   1436,   1372,   1308,   1244,   1180,   1116,   1052,   988,    924,
    876,    844,    812,    780,    748,    716,    684,    652,    620,    588,    556,    524,    492,
    460,    428,    396,    372,    356,    340,    324,    308,    292,    276,    260,    244,    228,
    212,    196,    180,    164,    148,    132,    120,    112,    104,    96,     88,     80,     72,
    64,     56,     48,     40,     32,     24,     16,     8,      0,
};
constexpr std::array<Sample, 256> kReferenceA{
    -5504,  -5248,  -6016,  -5760,  -4480,  -4224,  -4992,  -4736,  -7552,  -7296,  -8064,  -7808,  -6528,
    -6272,  -7040,  -6784,  -2752,  -2624,  -3008,  -2880,  -2240,  -2112,  -2496,  -2368,  -3776,  -3648,
    -4032,  -3904,  -3264,  -3136,  -3520,  -3392,  -22016, -20992, -24064, -23040, -17920, -16896, -19968,
    -18944, -30208, -29184, -32256, -31232, -26112, -25088, -28160, -27136, -11008, -10496, -12032, -11520,
    -8960,  -8448,  -9984,  -9472,  -15104, -14592, -16128, -15616, -13056, -12544, -14080, -13568, -344,
    -328,   -376,   -360,   -280,   -264,   -312,   -296,   -472,   -456,   -504,   -488,   -408,   -392,
    -440,   -424,   -88,    -72,    -120,   -104,   -24,    -8,     -56,    -40,    -216,   -200,   -248,
    -232,   -152,   -136,   -184,   -168,   -1376,  -1312,  -1504,  -1440,  -1120,  -1056,  -1248,  -1184,
    -1888,  -1824,  -2016,  -1952,  -1632,  -1568,  -1760,  -1696,  -688,   -656,   -752,   -720,   -560,
    -528,   -624,   -592,   -944,   -912,   -1008,  -976,   -816,   -784,   -880,   -848,   5504,   5248,
    6016,   5760,   4480,   4224,   4992,   4736,   7552,   7296,   8064,   7808,   6528,   6272,   7040,
    6784,   2752,   2624,   3008,   2880,   2240,   2112,   2496,   2368,   3776,   3648,   4032,   3904,
    3264,   3136,   3520,   3392,   22016,  20992,  24064,  23040,  17920,  16896,  19968,  18944,  30208,
    29184,  32256,  31232,  26112,  25088,  28160,  27136,  11008,  10496,  12032,  11520,  8960,   8448,
    9984,   9472,   15104,  14592,  16128,  15616,  13056,  12544,  14080,  13568,  344,    328,    376,
    360,    280,    264,    312,    296,    472,    456,    504,    488,    408,    392,    440,    424,
    88,     72,     120,    104,    24,     8,      56,     40,     216,    200,    248,    232,    152,
    136,    184,    168,    1376,   1312,   1504,   1440,   1120,   1056,   1248,   1184,   1888,   1824,
    2016,   1952,   1632,   1568,   1760,   1696,   688,    656,    752,    720,    560,    528,    624,
    592,    944,    912,    1008,   976,    816,    784,    880,    848,
};

// Decision values as in ITU-T G.711 tables 1a and 2a, in the recommendation's own integers: built from the
// widths of the intervals, not from bit operations as the codec is.
struct Intervals {
  int width;
  int count;
};

std::vector<int> decision_values(std::initializer_list<Intervals> parts) {
  std::vector<int> values{0};
  for (const auto& part : parts) {
    for (int i = 0; i < part.count; ++i) values.push_back(values.back() + part.width);
  }
  return values;
}

const std::vector<int> kMuDecisions =
    decision_values({{1, 1}, {2, 15}, {4, 16}, {8, 16}, {16, 16}, {32, 16}, {64, 16}, {128, 16}, {256, 16}});
const std::vector<int> kADecisions =
    decision_values({{2, 32}, {4, 16}, {8, 16}, {16, 16}, {32, 16}, {64, 16}, {128, 16}});

int interval_of(const std::vector<int>& decisions, int magnitude) {
  int interval = 0;
  while (interval < 127 && decisions[static_cast<std::size_t>(interval) + 1] <= magnitude) ++interval;
  return interval;
}

TEST(G711, DecodesLikeIndependentDecoders) {
  for (std::size_t byte = 0; byte < 256; ++byte) {
    EXPECT_EQ(g711_decode(Codec::kPcmu, static_cast<std::uint8_t>(byte)), kReferenceMu[byte]) << byte;
    EXPECT_EQ(g711_decode(Codec::kPcma, static_cast<std::uint8_t>(byte)), kReferenceA[byte]) << byte;
  }
}

TEST(G711, EncodesEverySampleByTheDecisionValuesOfTheRecommendation) {
  for (int sample = -32768; sample <= 32767; sample += 4) {  // mu-law looks at 14 bits
    const int interval = interval_of(kMuDecisions, std::abs(sample) / 4);
    const auto expected = static_cast<std::uint8_t>((sample < 0 ? 0x00 : 0x80) | (~interval & 0x7F));
    ASSERT_EQ(g711_encode(Codec::kPcmu, static_cast<Sample>(sample)), expected) << sample;
  }
  for (int sample = -32768; sample <= 32767; ++sample) {
    // A-law looks at 13 bits and has no zero: the values are centred on halves.
    const int value = sample >> 3;
    const int interval = interval_of(kADecisions, value < 0 ? -value - 1 : value);
    const auto expected = static_cast<std::uint8_t>(((sample < 0 ? 0x00 : 0x80) | interval) ^ 0x55);
    ASSERT_EQ(g711_encode(Codec::kPcma, static_cast<Sample>(sample)), expected) << sample;
  }
}

TEST(G711, EncodingWhatWasDecodedChangesNothing) {
  for (int byte = 0; byte < 256; ++byte) {
    const auto value = static_cast<std::uint8_t>(byte);
    EXPECT_EQ(g711_encode(Codec::kPcma, g711_decode(Codec::kPcma, value)), value);
    if (value == 0x7F) continue;  // mu-law's negative zero becomes the positive one
    EXPECT_EQ(g711_encode(Codec::kPcmu, g711_decode(Codec::kPcmu, value)), value);
  }
}

TEST(G711, SilenceIsTheByteOfZero) {
  EXPECT_EQ(g711_silence(Codec::kPcmu), g711_encode(Codec::kPcmu, 0));
  EXPECT_EQ(g711_silence(Codec::kPcma), g711_encode(Codec::kPcma, 0));
}

TEST(G711, BlocksEqualSingleSamples) {
  std::vector<Sample> samples;
  for (int i = -32768; i <= 32767; i += 97) samples.push_back(static_cast<Sample>(i));
  std::vector<std::uint8_t> bytes(samples.size());
  std::vector<Sample> decoded(samples.size());
  for (const Codec codec : {Codec::kPcmu, Codec::kPcma}) {
    g711_encode(codec, samples, bytes);
    g711_decode(codec, bytes, decoded);
    for (std::size_t i = 0; i < samples.size(); ++i) {
      ASSERT_EQ(bytes[i], g711_encode(codec, samples[i]));
      ASSERT_EQ(decoded[i], g711_decode(codec, bytes[i]));
    }
  }
}

}  // namespace
}  // namespace ringback::audio
