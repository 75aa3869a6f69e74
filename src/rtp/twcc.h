#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/time.h"
#include "rtp/rtcp.h"
#include "rtp/sequence.h"

namespace ringback::rtp {

/// Records when packets with a transport-wide sequence number came and writes the feedback that lets their
/// sender estimate the bandwidth (draft-holmer-rmcat-transport-wide-cc-extensions-01). One object per
/// transport; the owner calls make_feedback() about every 100 ms. Memory (8 KiB) is taken by the first
/// packet. One thread.
class TwccRecorder {
 public:
  /// A packet with this value in its transport sequence number extension.
  void on_packet(base::TimePoint now, std::uint16_t transport_sequence);

  /// Fills `out` with what came since the last feedback and the gaps in it. False when nothing is new. May
  /// leave a rest for the next call (a pause of 8 s cannot be expressed within one message).
  bool make_feedback(std::uint32_t sender_ssrc, std::uint32_t media_ssrc, TransportFeedback& out);

 private:
  static constexpr std::int64_t kWindow = 1024;  ///< as many as one feedback message may describe here
  static constexpr std::int64_t kNone = -1;

  [[nodiscard]] std::int64_t& arrival(std::int64_t sequence) {
    return (*arrivals_)[static_cast<std::size_t>(sequence) % kWindow];
  }

  SequenceUnwrapper sequences_;
  std::optional<std::int64_t> begin_;  ///< first sequence number the next feedback describes
  std::int64_t end_ = 0;               ///< one past the newest
  /// In 250 us since the recorder's time zero; kNone: not here. Null until the first packet.
  std::unique_ptr<std::array<std::int64_t, kWindow>> arrivals_;
  std::uint8_t feedback_count_ = 0;
};

}  // namespace ringback::rtp
