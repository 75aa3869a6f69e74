#include "rtp/receive_stats.h"

#include <algorithm>

namespace ringback::rtp {
namespace {

/// RFC 3550 appendix A.1.
constexpr std::int64_t kMaxDropout = 3000;
constexpr std::int64_t kMaxMisorder = 100;
/// Talk spurts after a pause would otherwise count the pause as jitter when a sender's timestamps stop
/// meanwhile.
constexpr std::int64_t kMaxTransitSeconds = 5;

}  // namespace

void ReceiveStats::on_packet(base::TimePoint now, const PacketView& packet) {
  ++packets_;
  payload_bytes_ += packet.payload().size();
  if (packets_ == 1) {
    ssrc_ = packet.ssrc();
    restart(packet.sequence());
  } else {
    const std::int64_t sequence = sequences_.peek(packet.sequence());
    const std::int64_t ahead = sequence - highest_sequence_;
    if (ahead > kMaxDropout || ahead < -kMaxMisorder) {
      // Two in a row make a restart; one alone is a stray.
      const bool confirmed = jump_candidate_ == packet.sequence();
      jump_candidate_ = static_cast<std::uint16_t>(packet.sequence() + 1);
      if (!confirmed) return;
      lost_before_restart_ = cumulative_lost();
      restart(packet.sequence());
    } else {
      jump_candidate_.reset();
      highest_sequence_ = std::max(highest_sequence_, sequences_.unwrap(packet.sequence()));
    }
  }
  ++counted_packets_;
  update_jitter(now, packet.timestamp());
}

void ReceiveStats::restart(std::uint16_t sequence) {
  sequences_.reset();
  base_sequence_ = sequences_.unwrap(sequence);
  highest_sequence_ = base_sequence_;
  jump_candidate_.reset();
  counted_packets_ = 0;
  expected_prior_ = 0;
  received_prior_ = 0;
  last_packet_.reset();
}

void ReceiveStats::update_jitter(base::TimePoint now, std::uint32_t timestamp) {
  if (last_packet_) {
    const std::int64_t elapsed = (now - *last_packet_).count() * clock_rate_ / 1'000'000;
    const std::int64_t transit_change = elapsed - timestamp_distance(last_timestamp_, timestamp);
    const std::int64_t deviation = transit_change < 0 ? -transit_change : transit_change;
    if (deviation < kMaxTransitSeconds * clock_rate_) {
      jitter_q4_ = static_cast<std::uint32_t>(jitter_q4_ + deviation - ((jitter_q4_ + 8) >> 4));
    }
  }
  last_packet_ = now;
  last_timestamp_ = timestamp;
}

void ReceiveStats::on_sender_report(base::TimePoint now, const SenderReport& report) {
  sender_clock_ = {.ntp = report.ntp_time, .rtp_timestamp = report.rtp_timestamp, .received = now};
}

std::int64_t ReceiveStats::cumulative_lost() const {
  if (counted_packets_ == 0) return lost_before_restart_;
  return lost_before_restart_ + highest_sequence_ - base_sequence_ + 1 -
         static_cast<std::int64_t>(counted_packets_);
}

base::Duration ReceiveStats::jitter() const {
  return base::Duration(std::int64_t{jitter_q4_ >> 4} * 1'000'000 / clock_rate_);
}

std::optional<NtpTime> ReceiveStats::ntp_of(std::uint32_t rtp_timestamp) const {
  if (!sender_clock_) return std::nullopt;
  const std::int64_t ticks = timestamp_distance(sender_clock_->rtp_timestamp, rtp_timestamp);
  const std::int64_t seconds = ticks / clock_rate_;
  const std::int64_t fraction = (ticks % clock_rate_) * (std::int64_t{1} << 32) / clock_rate_;
  return sender_clock_->ntp + static_cast<std::uint64_t>(seconds * (std::int64_t{1} << 32) + fraction);
}

std::optional<ReportBlock> ReceiveStats::make_report_block(base::TimePoint now) {
  if (packets_ == 0) return std::nullopt;
  const std::int64_t expected = highest_sequence_ - base_sequence_ + 1;
  const auto received = static_cast<std::int64_t>(counted_packets_);
  const std::int64_t expected_interval = expected - expected_prior_;
  const std::int64_t lost_interval = expected_interval - (received - received_prior_);
  expected_prior_ = expected;
  received_prior_ = received;

  ReportBlock block{.ssrc = ssrc_,
                    .cumulative_lost = static_cast<std::int32_t>(
                        std::clamp<std::int64_t>(cumulative_lost(), -0x800000, 0x7fffff)),
                    .highest_sequence = static_cast<std::uint32_t>(highest_sequence_),
                    .jitter = jitter_q4_ >> 4};
  if (expected_interval > 0 && lost_interval > 0) {
    block.fraction_lost =
        static_cast<std::uint8_t>(std::min<std::int64_t>(lost_interval * 256 / expected_interval, 255));
  }
  if (sender_clock_) {
    block.last_sender_report = compact_ntp(sender_clock_->ntp);
    block.delay_since_last_report = compact_from_duration(now - sender_clock_->received);
  }
  return block;
}

}  // namespace ringback::rtp
