#include "room/reception.h"

#include <algorithm>
#include <cmath>

namespace ringback::room {
namespace {

std::int64_t to_ticks(base::Duration duration, std::uint32_t clock_rate) {
  return duration.count() * clock_rate / 1'000'000;
}

}  // namespace

void Reception::received(base::TimePoint now, std::uint16_t sequence, std::uint32_t timestamp,
                         std::uint32_t clock_rate) {
  const std::int64_t full = unwrapper_.unwrap(sequence);
  if (!started_) {
    started_ = true;
    base_ = highest_ = full;
  } else {
    highest_ = std::max(highest_, full);
    const auto spread = static_cast<double>(to_ticks(now - last_received_, clock_rate) -
                                            rtp::timestamp_distance(last_timestamp_, timestamp));
    jitter_ += (std::abs(spread) - jitter_) / 16;
  }
  ++count_;
  last_received_ = now;
  last_timestamp_ = timestamp;
}

void Reception::sender_report(base::TimePoint now, const rtp::SenderReport& report) {
  has_report_ = true;
  report_at_ = now;
  report_ntp_ = report.ntp_time;
  report_timestamp_ = report.rtp_timestamp;
}

rtp::ReportBlock Reception::report(base::TimePoint now, std::uint32_t ssrc) {
  rtp::ReportBlock block{.ssrc = ssrc};
  const std::int64_t expected_now = expected();
  const std::int64_t expected_interval = expected_now - expected_before_;
  const std::int64_t lost_interval = expected_interval - (count_ - count_before_);
  expected_before_ = expected_now;
  count_before_ = count_;
  if (expected_interval > 0 && lost_interval > 0) {
    block.fraction_lost =
        static_cast<std::uint8_t>(std::min<std::int64_t>(lost_interval * 256 / expected_interval, 255));
  }
  block.cumulative_lost =
      static_cast<std::int32_t>(std::clamp<std::int64_t>(expected_now - count_, -0x800000, 0x7fffff));
  block.highest_sequence = static_cast<std::uint32_t>(highest_);
  block.jitter = static_cast<std::uint32_t>(jitter_);
  if (has_report_) {
    block.last_sender_report = static_cast<std::uint32_t>(report_ntp_ >> 16);
    block.delay_since_last_report =
        static_cast<std::uint32_t>((now - report_at_).count() * 65536 / 1'000'000);
  }
  return block;
}

std::uint32_t Reception::timestamp_at(base::TimePoint now, std::uint32_t clock_rate) const {
  if (has_report_)
    return report_timestamp_ + static_cast<std::uint32_t>(to_ticks(now - report_at_, clock_rate));
  return last_timestamp_ + static_cast<std::uint32_t>(to_ticks(now - last_received_, clock_rate));
}

double Reception::take_loss() {
  if (!started_) return -1;
  const std::int64_t expected_interval = expected() - quality_expected_;
  const std::int64_t lost = expected_interval - (count_ - quality_count_);
  quality_expected_ = expected();
  quality_count_ = count_;
  if (expected_interval <= 0) return -1;
  return std::max<double>(static_cast<double>(lost) / static_cast<double>(expected_interval), 0);
}

}  // namespace ringback::room
