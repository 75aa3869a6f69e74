#pragma once

#include <cstdint>
#include <optional>

#include "base/time.h"
#include "rtp/ntp_time.h"
#include "rtp/rtcp.h"

namespace ringback::rtp {

/// What a sender knows of one SSRC: the counts of its sender reports, and from the receiver's report blocks
/// its loss, jitter and the round-trip time (RFC 3550 section 6.4.1). A plain value of the owner's thread.
class SendStats {
 public:
  SendStats(std::uint32_t ssrc, std::uint32_t clock_rate) : ssrc_(ssrc), clock_rate_(clock_rate) {}

  void on_packet(base::TimePoint now, std::uint32_t rtp_timestamp, std::size_t payload_size);

  /// The sender report for now, without blocks; nullopt before the first packet. The RTP timestamp is the one
  /// that a packet sent now would carry.
  [[nodiscard]] std::optional<SenderReport> make_sender_report(base::TimePoint now,
                                                               const NtpClock& clock) const;

  /// A report block that names this SSRC.
  void on_report_block(base::TimePoint now, const NtpClock& clock, const ReportBlock& block);

  [[nodiscard]] std::uint32_t ssrc() const { return ssrc_; }
  [[nodiscard]] std::uint64_t packets() const { return packets_; }
  [[nodiscard]] std::uint64_t payload_bytes() const { return payload_bytes_; }
  /// nullopt until a receiver has echoed a sender report.
  [[nodiscard]] std::optional<base::Duration> round_trip() const { return round_trip_; }
  /// Share of packets lost in the receiver's last interval, 0..1.
  [[nodiscard]] double remote_loss() const { return last_block_ ? last_block_->fraction_lost / 256.0 : 0.0; }
  [[nodiscard]] const std::optional<ReportBlock>& last_report_block() const { return last_block_; }

 private:
  std::uint32_t ssrc_;
  std::uint32_t clock_rate_;
  std::uint64_t packets_ = 0;
  std::uint64_t payload_bytes_ = 0;
  base::TimePoint last_packet_{};
  std::uint32_t last_timestamp_ = 0;
  std::optional<base::Duration> round_trip_;
  std::optional<ReportBlock> last_block_;
};

}  // namespace ringback::rtp
