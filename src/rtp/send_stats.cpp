#include "rtp/send_stats.h"

namespace ringback::rtp {
namespace {

/// Longer than any path that can carry a call; a wrapped or invented echo is above it.
constexpr base::Duration kMaxRoundTrip{30'000'000};

}  // namespace

void SendStats::on_packet(base::TimePoint now, std::uint32_t rtp_timestamp, std::size_t payload_size) {
  ++packets_;
  payload_bytes_ += payload_size;
  last_packet_ = now;
  last_timestamp_ = rtp_timestamp;
}

std::optional<SenderReport> SendStats::make_sender_report(base::TimePoint now, const NtpClock& clock) const {
  if (packets_ == 0) return std::nullopt;
  const std::int64_t ticks = (now - last_packet_).count() * clock_rate_ / 1'000'000;
  return SenderReport{.ssrc = ssrc_,
                      .ntp_time = clock.at(now),
                      .rtp_timestamp = last_timestamp_ + static_cast<std::uint32_t>(ticks),
                      .packet_count = static_cast<std::uint32_t>(packets_),
                      .octet_count = static_cast<std::uint32_t>(payload_bytes_),
                      .blocks = {}};
}

void SendStats::on_report_block(base::TimePoint now, const NtpClock& clock, const ReportBlock& block) {
  if (block.ssrc != ssrc_) return;
  last_block_ = block;
  if (block.last_sender_report == 0) return;
  const std::uint32_t compact =
      compact_ntp(clock.at(now)) - block.last_sender_report - block.delay_since_last_report;
  // A peer that rounds up its delay makes a tiny round trip negative.
  if (compact >= 0x80000000U) {
    round_trip_ = base::Duration::zero();
    return;
  }
  const base::Duration measured = duration_from_compact(compact);
  if (measured <= kMaxRoundTrip) round_trip_ = measured;
}

}  // namespace ringback::rtp
