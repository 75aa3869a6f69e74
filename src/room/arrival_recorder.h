#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/time.h"
#include "rtp/rtcp.h"
#include "rtp/sequence.h"

namespace ringback::room {

/// When the packets of a publisher arrived, by transport-wide sequence number, for the feedback from which
/// its congestion control learns how fast it may send (draft-holmer-rmcat-transport-wide-cc-extensions-01).
/// One per transport that negotiated it; worker thread; its 16 KiB are allocated by the first packet.
class ArrivalRecorder {
 public:
  void received(base::TimePoint now, std::uint16_t sequence);

  /// Fills `out` with what arrived or went missing since the last report; false when there is nothing to
  /// tell.
  [[nodiscard]] bool report(std::uint32_t sender_ssrc, std::uint32_t media_ssrc, rtp::TransportFeedback& out);

 private:
  static constexpr std::size_t kWindow = 1024;
  struct Arrival {
    std::int64_t sequence = -1;
    base::TimePoint at{};
  };

  std::unique_ptr<std::array<Arrival, kWindow>> arrivals_;
  rtp::SequenceUnwrapper unwrapper_;
  std::int64_t next_ = 0;     ///< first number not yet reported
  std::int64_t highest_ = 0;  ///< highest number that arrived
  bool pending_ = false;
  std::uint8_t count_ = 0;
};

}  // namespace ringback::room
