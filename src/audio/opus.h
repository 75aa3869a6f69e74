#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "audio/codec.h"
#include "base/error.h"

struct OpusEncoder;
struct OpusDecoder;

namespace ringback::audio {

/// What the encoder optimises for.
enum class OpusMode : std::uint8_t {
  kVoice,     ///< SILK below 12 kHz: best speech at low rates, in-band FEC; 6.5 ms look-ahead
  kLowDelay,  ///< CELT only (RESTRICTED_LOWDELAY): 2.5 ms look-ahead, cheaper, no in-band FEC
};

/// How much work and how many bits an encoder spends. The defaults are for telephone speech at 8 kHz.
struct OpusEncoderSettings {
  int rate = kPhoneRate;  ///< input samples per second: 8000, 12000, 16000, 24000 or 48000
  OpusMode mode = OpusMode::kVoice;
  int complexity = 5;    ///< 0..10; 5 costs half of 9
  int bitrate = 24'000;  ///< bits per second
  bool fec = false;      ///< in-band FEC; takes effect once loss is announced (set_expected_loss)
  bool dtx = false;      ///< stop sending in silence
};

/// A mono Opus encoder (RFC 6716). Owner: one pipeline, on its thread. Allocates at creation only (about 44
/// KiB).
class OpusFrameEncoder {
 public:
  /// The largest packet encode() produces.
  static constexpr std::size_t kMaxPacket = 1275;

  static base::ErrorOr<OpusFrameEncoder> create(const OpusEncoderSettings& settings);

  /// Encodes one frame of 2.5 to 60 ms into `packet` (at least kMaxPacket bytes) and returns its length.
  /// 0 means that nothing need be sent (DTX, or a frame length that Opus does not know).
  [[nodiscard]] std::size_t encode(std::span<const Sample> frame, std::span<std::uint8_t> packet);

  /// Tells the encoder what the subscribers' RTCP reports: FEC and robustness follow it. 0..100.
  void set_expected_loss(int percent);
  void set_bitrate(int bits_per_second);
  void set_complexity(int complexity);
  /// Forgets the past, e.g. when the source changes.
  void reset();
  /// Algorithmic delay in samples at the input rate.
  [[nodiscard]] int look_ahead() const;

 private:
  struct Deleter {
    void operator()(OpusEncoder* encoder) const;
  };
  explicit OpusFrameEncoder(OpusEncoder* encoder) : encoder_(encoder) {}
  std::unique_ptr<OpusEncoder, Deleter> encoder_;
};

/// A mono Opus decoder: stereo streams come out mixed down. The output rate is free of the sender's, so a
/// phone's 8 kHz needs no resampler. Owner: one track of a pipeline, on its thread. Allocates at creation
/// only (18 KiB).
class OpusFrameDecoder {
 public:
  static base::ErrorOr<OpusFrameDecoder> create(int rate);

  /// Decodes a packet of up to 120 ms; returns the samples written to `out`, 0 when the packet is malformed.
  [[nodiscard]] std::size_t decode(std::span<const std::uint8_t> packet, std::span<Sample> out);
  /// Rebuilds the lost frame that came before `next` from the redundancy that `next` carries, or conceals
  /// when it carries none. `out` is as long as the lost frame (a multiple of 2.5 ms).
  [[nodiscard]] std::size_t decode_fec(std::span<const std::uint8_t> next, std::span<Sample> out);
  /// Conceals a lost frame as long as `out` (a multiple of 2.5 ms).
  [[nodiscard]] std::size_t conceal(std::span<Sample> out);
  void reset();

  /// Samples at `rate` that `packet` holds, nothing if it is malformed (RFC 6716 section 3.1).
  static std::optional<std::size_t> packet_samples(std::span<const std::uint8_t> packet, int rate);
  /// True for packets that only say "still silent" (DTX: the TOC byte alone or with one byte more).
  static bool is_dtx(std::span<const std::uint8_t> packet) { return packet.size() <= 2; }

 private:
  struct Deleter {
    void operator()(OpusDecoder* decoder) const;
  };
  explicit OpusFrameDecoder(OpusDecoder* decoder) : decoder_(decoder) {}
  std::unique_ptr<OpusDecoder, Deleter> decoder_;
};

}  // namespace ringback::audio
