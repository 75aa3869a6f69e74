#pragma once

#include <cstddef>
#include <cstdint>

#include "audio/opus.h"
#include "audio/tone.h"
#include "base/time.h"

namespace ringback::bridge {

/// How the phone's audio is published in the room.
enum class RoomAudio {
  kAuto,  ///< G.711 as it comes from the phone when the room and its clients take it, else Opus
  kG711,
  kOpus,
};

/// What an operator decides about phone legs. Immutable once the service runs; every thread reads the same.
struct SipSettings {
  RoomAudio room_audio = RoomAudio::kAuto;
  audio::OpusEncoderSettings opus;
  audio::ToneSpec ringback_tone = audio::tones::kRingbackUs;
  base::Duration ringing_timeout = std::chrono::seconds(60);
  base::Duration max_call_duration = std::chrono::hours(4);
  base::Duration media_timeout = std::chrono::seconds(30);
  base::Duration empty_room_timeout = std::chrono::seconds(20);
  /// An address that answers nothing at all to the INVITE is given up after this time.
  base::Duration no_response_timeout = std::chrono::seconds(10);
  /// Calls at one time; 0: as many as there are RTP ports.
  std::size_t max_calls = 0;
  /// A worker that is busier than this share of its time leaves the calls of a bus to other nodes.
  double max_cpu = 0.9;
  std::uint16_t rtp_first = 10000;
  std::uint16_t rtp_last = 19999;
};

}  // namespace ringback::bridge
