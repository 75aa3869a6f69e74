#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "audio/codec.h"
#include "audio/dtmf_event.h"
#include "audio/goertzel.h"
#include "base/time.h"
#include "rtp/packet.h"

namespace ringback::phone {

/// What the phone receives: RTP in, samples in the order of their timestamps, key presses and measurements
/// out. Gaps are filled with silence on purpose: the phone is an instrument, and must not hide what was lost.
/// Owner: one call.
class Ear {
 public:
  struct Statistics {
    std::uint64_t packets = 0;  ///< audio
    std::uint64_t lost = 0;     ///< missing sequence numbers, late packets counted back
  };
  struct Measurement {
    audio::ToneMeasurement tone;
    float level_dbm0 = -120;
  };
  /// The longest run of samples that one packet brings: 60 ms and the silence of a gap before it.
  static constexpr std::size_t kMaxSamples = audio::kPhoneRate;

  /// `event_payload_type` is empty when no telephone-event was agreed on.
  void set_formats(audio::Codec codec, std::uint8_t payload_type,
                   std::optional<std::uint8_t> event_payload_type);

  struct Heard {
    std::span<const audio::Sample> samples;  ///< valid until the next call
    std::optional<char> digit;
  };
  Heard receive(const rtp::PacketView& packet);

  /// The last 200 ms, once a second of sound has come since the last measurement.
  [[nodiscard]] std::optional<Measurement> measure();
  [[nodiscard]] const Statistics& statistics() const { return statistics_; }

 private:
  void count(const rtp::PacketView& packet);
  std::size_t fill_gap(std::uint32_t timestamp);
  void remember(std::span<const audio::Sample> samples);

  audio::Codec codec_ = audio::Codec::kPcmu;
  std::uint8_t payload_type_ = 0;
  std::optional<std::uint8_t> event_payload_type_;

  std::optional<std::uint32_t> ssrc_;
  std::uint16_t expected_sequence_ = 0;
  std::uint32_t expected_timestamp_ = 0;
  Statistics statistics_;
  audio::DtmfReceiver keys_;

  std::array<audio::Sample, kMaxSamples> heard_{};
  std::array<audio::Sample, audio::kPhoneRate / 5> recent_{};  ///< ring of 200 ms
  std::size_t recent_next_ = 0;
  std::size_t unmeasured_ = 0;
};

}  // namespace ringback::phone
