#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "audio/audio_sink.h"
#include "audio/g711.h"
#include "audio/opus.h"
#include "base/time.h"
#include "rtp/packet.h"

/// What the tests of both pipelines share: a recording sink and packets made by hand, in virtual time.
namespace ringback::audio::testing {

inline base::TimePoint at(base::Duration since_start) {
  return base::TimePoint{std::chrono::seconds(1000)} + since_start;
}
inline base::TimePoint at_ms(std::int64_t ms) {
  return at(std::chrono::milliseconds(ms));
}

struct SentPacket {
  base::TimePoint time;
  std::vector<std::uint8_t> payload;
  std::uint16_t sequence = 0;
  std::uint32_t timestamp = 0;
  bool marker = false;
  std::uint8_t level = 0;
  bool dtmf = false;
};

class RecordingSink final : public AudioSink {
 public:
  void on_audio(const AudioPacket& packet) override {
    sent.push_back({now,
                    {packet.payload.begin(), packet.payload.end()},
                    packet.sequence,
                    packet.timestamp,
                    packet.marker,
                    packet.level,
                    false});
  }
  void on_dtmf(const DtmfSender::Packet& packet, std::uint16_t sequence) override {
    const auto bytes = packet.event.bytes();
    sent.push_back({now, {bytes.begin(), bytes.end()}, sequence, packet.timestamp, packet.marker, 127, true});
  }

  /// All audio decoded as G.711, in order of sending.
  [[nodiscard]] std::vector<Sample> decoded(Codec codec) const {
    std::vector<Sample> samples;
    for (const auto& packet : sent) {
      if (packet.dtmf) continue;
      for (const std::uint8_t byte : packet.payload) samples.push_back(g711_decode(codec, byte));
    }
    return samples;
  }

  base::TimePoint now{};
  std::vector<SentPacket> sent;
};

/// Owns the bytes of one RTP packet.
class BuiltPacket {
 public:
  BuiltPacket(std::uint16_t sequence, std::uint32_t timestamp, std::span<const std::uint8_t> payload,
              std::uint32_t ssrc = 0x1234) {
    size_ = rtp::write_packet(
        bytes_, {.payload_type = 0, .sequence = sequence, .timestamp = timestamp, .ssrc = ssrc}, payload);
  }
  [[nodiscard]] rtp::PacketView view() const {
    return *rtp::PacketView::parse(std::span(bytes_).first(size_));
  }

 private:
  std::array<std::uint8_t, 2000> bytes_{};
  std::size_t size_ = 0;
};

}  // namespace ringback::audio::testing
