#pragma once

#include <cstdint>
#include <optional>

#include "base/time.h"
#include "rtp/ntp_time.h"
#include "rtp/packet.h"
#include "rtp/rtcp.h"
#include "rtp/sequence.h"

namespace ringback::rtp {

/// What RFC 3550 asks a receiver to know of one SSRC: highest sequence number, loss, jitter (appendix A.3,
/// A.8), and the report block made of them. One increment per packet; the owner's thread; a plain value.
class ReceiveStats {
 public:
  explicit ReceiveStats(std::uint32_t clock_rate) : clock_rate_(clock_rate) {}

  /// A packet of the stream, not a retransmission over RTX.
  void on_packet(base::TimePoint now, const PacketView& packet);

  /// A sender report of this SSRC: reports echo its time.
  void on_sender_report(base::TimePoint now, const SenderReport& report);

  /// The report block to send, and starts a new interval for fraction_lost. nullopt before the first packet.
  std::optional<ReportBlock> make_report_block(base::TimePoint now);

  [[nodiscard]] std::uint64_t packets() const { return packets_; }
  [[nodiscard]] std::uint64_t payload_bytes() const { return payload_bytes_; }
  /// Expected minus received; negative when duplicates outnumber losses.
  [[nodiscard]] std::int64_t cumulative_lost() const;
  /// Interarrival jitter, smoothed over about 16 packets.
  [[nodiscard]] base::Duration jitter() const;
  [[nodiscard]] std::optional<base::TimePoint> last_packet_time() const { return last_packet_; }
  /// Sender's wall clock for an RTP timestamp, once a sender report came: lip synchronisation of two streams.
  [[nodiscard]] std::optional<NtpTime> ntp_of(std::uint32_t rtp_timestamp) const;

 private:
  struct SenderClock {
    NtpTime ntp = 0;
    std::uint32_t rtp_timestamp = 0;
    base::TimePoint received;
  };

  void update_jitter(base::TimePoint now, std::uint32_t timestamp);
  void restart(std::uint16_t sequence);

  std::uint32_t clock_rate_;
  SequenceUnwrapper sequences_;
  std::uint32_t ssrc_ = 0;
  std::int64_t base_sequence_ = 0;
  std::int64_t highest_sequence_ = 0;
  std::optional<std::uint16_t> jump_candidate_;
  std::uint64_t packets_ = 0;
  std::uint64_t payload_bytes_ = 0;
  std::uint64_t counted_packets_ = 0;  ///< since the last restart of the sequence
  std::int64_t lost_before_restart_ = 0;
  std::int64_t expected_prior_ = 0;
  std::int64_t received_prior_ = 0;

  std::optional<base::TimePoint> last_packet_;
  std::uint32_t last_timestamp_ = 0;
  std::uint32_t jitter_q4_ = 0;  ///< timestamp units times 16 (RFC 3550 appendix A.8)
  std::optional<SenderClock> sender_clock_;
};

}  // namespace ringback::rtp
