#pragma once

#include <cstdint>

#include "base/time.h"
#include "rtp/rtcp.h"
#include "rtp/sequence.h"

namespace ringback::room {

/// What a receiver report tells the sender of one stream (RFC 3550 sections 6.4 and A.3, A.8), and how sender
/// reports tie its timestamps to wall time. Owned by an UpStream; worker thread; fed on the media path.
class Reception {
 public:
  void received(base::TimePoint now, std::uint16_t sequence, std::uint32_t timestamp,
                std::uint32_t clock_rate);
  void sender_report(base::TimePoint now, const rtp::SenderReport& report);

  /// The block of the next report; begins a new interval.
  [[nodiscard]] rtp::ReportBlock report(base::TimePoint now, std::uint32_t ssrc);

  [[nodiscard]] bool started() const { return started_; }
  [[nodiscard]] base::TimePoint last_received() const { return last_received_; }

  /// The stream's timestamp at a moment, by its last sender report, else by its last packet.
  [[nodiscard]] std::uint32_t timestamp_at(base::TimePoint now, std::uint32_t clock_rate) const;

  /// Share of packets lost since this was last asked, 0 to 1; less than 0 when nothing was expected.
  [[nodiscard]] double take_loss();

 private:
  [[nodiscard]] std::int64_t expected() const { return highest_ - base_ + 1; }

  rtp::SequenceUnwrapper unwrapper_;
  bool started_ = false;
  std::int64_t base_ = 0;
  std::int64_t highest_ = 0;
  std::int64_t count_ = 0;
  std::int64_t expected_before_ = 0;
  std::int64_t count_before_ = 0;
  std::int64_t quality_expected_ = 0;
  std::int64_t quality_count_ = 0;
  double jitter_ = 0;  ///< in timestamp units
  base::TimePoint last_received_{};
  std::uint32_t last_timestamp_ = 0;

  bool has_report_ = false;
  base::TimePoint report_at_{};  ///< arrival of the last sender report
  std::uint64_t report_ntp_ = 0;
  std::uint32_t report_timestamp_ = 0;
};

}  // namespace ringback::room
