#include "audio/g711.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstddef>

namespace ringback::audio {
namespace {

// Both laws are piecewise logarithmic: sign, three bits of segment, four bits within the segment.

constexpr int kMuBias =
    33 << 2;  // added so that every segment starts at a power of two; 14 bit value, left aligned
constexpr int kMuClip = 32767 - kMuBias;

constexpr Sample decode_mu(std::uint8_t byte) {
  const int code = ~byte & 0xFF;  // all bits are inverted on the wire
  const int segment = (code >> 4) & 7;
  const int magnitude = ((((code & 0x0F) << 3) + kMuBias) << segment) - kMuBias;
  return static_cast<Sample>((code & 0x80) != 0 ? -magnitude : magnitude);
}

constexpr std::uint8_t encode_mu(int sample) {
  const int sign = sample < 0 ? 0x80 : 0;
  // In the 14-bit domain of the recommendation, negative values mirror positive ones exactly.
  const int magnitude = std::min(sample < 0 ? -sample : sample, kMuClip) + kMuBias;
  const int segment = std::bit_width(static_cast<unsigned>(magnitude)) - 8;
  const int interval = (magnitude >> (segment + 3)) & 0x0F;
  return static_cast<std::uint8_t>(~(sign | (segment << 4) | interval));
}

constexpr Sample decode_a(std::uint8_t byte) {
  const int code = byte ^ 0x55;  // even bits are inverted on the wire
  const int segment = (code >> 4) & 7;
  int magnitude = ((code & 0x0F) << 4) + 8;  // middle of the interval
  if (segment > 0) magnitude = (magnitude + 0x100) << (segment - 1);
  return static_cast<Sample>((code & 0x80) != 0 ? magnitude : -magnitude);
}

constexpr std::uint8_t encode_a(int sample) {
  // A-law has no zero: -1 in 13 bits is the first negative interval, hence the one's complement.
  const int sign = sample < 0 ? 0 : 0x80;
  const int magnitude = (sample < 0 ? ~sample : sample) >> 3;  // 12 bit magnitude
  const int segment = magnitude < 32 ? 0 : std::bit_width(static_cast<unsigned>(magnitude)) - 5;
  const int interval = segment < 2 ? (magnitude >> 1) & 0x0F : (magnitude >> segment) & 0x0F;
  return static_cast<std::uint8_t>((sign | (segment << 4) | interval) ^ 0x55);
}

using DecodeTable = std::array<Sample, 256>;
// Encoding looks at the upper 14 (mu) and 13 (A) bits only; one table index per such value.
using EncodeTable = std::array<std::uint8_t, 1 << 14>;

constexpr DecodeTable make_decode_table(Codec codec) {
  DecodeTable table{};
  for (int byte = 0; byte < 256; ++byte) {
    const auto value = static_cast<std::uint8_t>(byte);
    table[static_cast<std::size_t>(byte)] = codec == Codec::kPcma ? decode_a(value) : decode_mu(value);
  }
  return table;
}

EncodeTable make_encode_table(Codec codec) {
  EncodeTable table{};
  for (int value = 0; value < (1 << 14); ++value) {
    // The index is the unsigned view of a 16-bit sample without its two lowest bits.
    const int sample = static_cast<Sample>(static_cast<std::uint16_t>(value << 2));
    table[static_cast<std::size_t>(value)] = codec == Codec::kPcma ? encode_a(sample) : encode_mu(sample);
  }
  return table;
}

constexpr DecodeTable kMuDecode = make_decode_table(Codec::kPcmu);
constexpr DecodeTable kADecode = make_decode_table(Codec::kPcma);

const EncodeTable& encode_table(Codec codec) {
  static const EncodeTable mu = make_encode_table(Codec::kPcmu);
  static const EncodeTable a = make_encode_table(Codec::kPcma);
  return codec == Codec::kPcma ? a : mu;
}

std::size_t encode_index(Sample sample) {
  return static_cast<std::uint16_t>(sample) >> 2;
}

}  // namespace

std::uint8_t g711_encode(Codec codec, Sample sample) {
  return encode_table(codec)[encode_index(sample)];
}

Sample g711_decode(Codec codec, std::uint8_t byte) {
  return codec == Codec::kPcma ? kADecode[byte] : kMuDecode[byte];
}

void g711_encode(Codec codec, std::span<const Sample> in, std::span<std::uint8_t> out) {
  assert(is_g711(codec) && out.size() >= in.size());
  const EncodeTable& table = encode_table(codec);
  for (std::size_t i = 0; i < in.size(); ++i) out[i] = table[encode_index(in[i])];
}

void g711_decode(Codec codec, std::span<const std::uint8_t> in, std::span<Sample> out) {
  assert(is_g711(codec) && out.size() >= in.size());
  const DecodeTable& table = codec == Codec::kPcma ? kADecode : kMuDecode;
  for (std::size_t i = 0; i < in.size(); ++i) out[i] = table[in[i]];
}

}  // namespace ringback::audio
