#pragma once

#include <cstdint>
#include <span>

#include "audio/dtmf_event.h"

namespace ringback::audio {

/// An outgoing RTP packet without its header's constants: the owner adds SSRC and payload type, and its
/// random offsets to sequence and timestamp (RFC 3550 section 5.1). Valid only during the call that hands it
/// over.
struct AudioPacket {
  std::span<const std::uint8_t> payload;
  std::uint16_t sequence = 0;   ///< counts from 0; a gap is a packet that was lost before it reached us
  std::uint32_t timestamp = 0;  ///< counts from 0 in units of the stream's clock rate
  bool marker = false;          ///< first packet after a silence (RFC 3551 section 4.1)
  std::uint8_t level = 127;     ///< RFC 6464: 0 (loudest) to 127 (silence)
};

/// Where a pipeline's packets go. Called from within receive() and advance(); must not call the pipeline
/// back.
class AudioSink {
 public:
  virtual ~AudioSink() = default;
  virtual void on_audio(const AudioPacket& packet) = 0;
  /// A telephone-event packet in the same stream; `sequence` and `timestamp` count like those of the audio.
  virtual void on_dtmf(const DtmfSender::Packet& packet, std::uint16_t sequence) = 0;
};

}  // namespace ringback::audio
