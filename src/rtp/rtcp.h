#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "rtp/fixed_list.h"

namespace ringback::rtp {

enum class RtcpType : std::uint8_t {
  kSenderReport = 200,
  kReceiverReport = 201,
  kSourceDescription = 202,
  kBye = 203,
  kApp = 204,
  kTransportFeedback = 205,  ///< RFC 4585: NACK (format 1), transport-wide congestion control (format 15)
  kPayloadFeedback = 206,    ///< RFC 4585: PLI (1), FIR (4, RFC 5104), REMB (15)
  kExtendedReport = 207,
};
inline constexpr std::uint8_t kFormatNack = 1;
inline constexpr std::uint8_t kFormatTransportCc = 15;
inline constexpr std::uint8_t kFormatPli = 1;
inline constexpr std::uint8_t kFormatFir = 4;
inline constexpr std::uint8_t kFormatRemb = 15;

/// One packet of a compound: its type, the five bits beside the version (report count or feedback format),
/// and what follows the 4-byte header without padding.
struct RtcpPacket {
  RtcpType type{};
  std::uint8_t count = 0;
  std::span<const std::uint8_t> body;
};

/// Walks through a plain compound RTCP packet (also a reduced-size one, RFC 5506):
/// `RtcpReader reader(bytes); while (auto packet = reader.next()) switch (packet->type) ...`.
class RtcpReader {
 public:
  explicit RtcpReader(std::span<const std::uint8_t> bytes) : rest_(bytes) {}
  /// nullopt at the end, or where the bytes stop being RTCP (then malformed()).
  std::optional<RtcpPacket> next();
  [[nodiscard]] bool malformed() const { return malformed_; }

 private:
  std::span<const std::uint8_t> rest_;
  bool malformed_ = false;
};

/// RFC 3550 section 6.4.1.
struct ReportBlock {
  std::uint32_t ssrc = 0;
  std::uint8_t fraction_lost = 0;    ///< in 1/256 since the last report
  std::int32_t cumulative_lost = 0;  ///< 24 bits on the wire, negative with duplicates
  std::uint32_t highest_sequence = 0;
  std::uint32_t jitter = 0;                   ///< in timestamp units
  std::uint32_t last_sender_report = 0;       ///< middle 32 bits of the NTP time of the last SR, 0: none
  std::uint32_t delay_since_last_report = 0;  ///< in 1/65536 s
};
using ReportBlocks = FixedList<ReportBlock, 31>;

struct SenderReport {
  std::uint32_t ssrc = 0;
  std::uint64_t ntp_time = 0;  ///< 32.32 fixed point seconds (rtp/ntp_time.h)
  std::uint32_t rtp_timestamp = 0;
  std::uint32_t packet_count = 0;
  std::uint32_t octet_count = 0;
  ReportBlocks blocks;
};
struct ReceiverReport {
  std::uint32_t ssrc = 0;
  ReportBlocks blocks;
};
struct SourceName {
  std::uint32_t ssrc = 0;
  std::string_view cname;  ///< points into the packet
};
struct Nack {
  std::uint32_t sender_ssrc = 0;
  std::uint32_t media_ssrc = 0;
  FixedList<std::uint16_t, 512> sequences;  ///< what does not fit is ignored
};
struct PictureLoss {
  std::uint32_t sender_ssrc = 0;
  std::uint32_t media_ssrc = 0;
};
struct FullIntraEntry {
  std::uint32_t ssrc = 0;
  std::uint8_t command = 0;  ///< a repeated number is a repeated request, not a new one
};
struct FullIntraRequest {
  std::uint32_t sender_ssrc = 0;
  FixedList<FullIntraEntry, 32> entries;
};
struct BandwidthEstimate {  ///< REMB, draft-alvestrand-rmcat-remb
  std::uint32_t sender_ssrc = 0;
  std::uint64_t bits_per_second = 0;
  FixedList<std::uint32_t, 255> media_ssrcs;
};
struct ArrivalStatus {
  std::uint16_t sequence = 0;  ///< transport-wide
  bool received = false;
  std::int16_t delta =
      0;  ///< in 250 us after the previous received packet (the first: after the reference time)
};
struct TransportFeedback {  ///< draft-holmer-rmcat-transport-wide-cc-extensions-01
  std::uint32_t sender_ssrc = 0;
  std::uint32_t media_ssrc = 0;
  std::int32_t reference_time = 0;  ///< in 64 ms, 24 bits signed
  std::uint8_t feedback_count = 0;
  FixedList<ArrivalStatus, 1024> packets;
};

/// Typed contents; nullopt when the packet is of another type or its lengths contradict each other.
[[nodiscard]] std::optional<SenderReport> parse_sender_report(const RtcpPacket& packet);
[[nodiscard]] std::optional<ReceiverReport> parse_receiver_report(const RtcpPacket& packet);
[[nodiscard]] std::optional<FixedList<SourceName, 31>> parse_source_names(const RtcpPacket& packet);
[[nodiscard]] std::optional<FixedList<std::uint32_t, 31>> parse_bye(const RtcpPacket& packet);
[[nodiscard]] std::optional<Nack> parse_nack(const RtcpPacket& packet);
[[nodiscard]] std::optional<PictureLoss> parse_pli(const RtcpPacket& packet);
[[nodiscard]] std::optional<FullIntraRequest> parse_fir(const RtcpPacket& packet);
[[nodiscard]] std::optional<BandwidthEstimate> parse_remb(const RtcpPacket& packet);
/// Fills `out` (6 KiB; the caller's, so that nothing is copied); false as above, or for more than 1024
/// packets.
[[nodiscard]] bool parse_transport_feedback(const RtcpPacket& packet, TransportFeedback& out);

/// Builds a compound packet in the caller's bytes. Each add_...() returns false, and changes nothing, when
/// there is no room. The order is the caller's: RFC 3550 section 6.1 wants a report first and SDES with the
/// CNAME behind it.
class RtcpWriter {
 public:
  explicit RtcpWriter(std::span<std::uint8_t> out) : out_(out) {}

  bool add_sender_report(const SenderReport& report);
  bool add_receiver_report(const ReceiverReport& report);
  /// One SDES chunk; `cname` is cut after 255 bytes.
  bool add_cname(std::uint32_t ssrc, std::string_view cname);
  bool add_bye(std::span<const std::uint32_t> ssrcs);
  /// `sequences` in ascending order (wrap allowed); neighbours share one entry. Nothing is added for an empty
  /// list.
  bool add_nack(std::uint32_t sender_ssrc, std::uint32_t media_ssrc,
                std::span<const std::uint16_t> sequences);
  bool add_pli(std::uint32_t sender_ssrc, std::uint32_t media_ssrc);
  bool add_fir(std::uint32_t sender_ssrc, std::span<const FullIntraEntry> entries);
  bool add_remb(std::uint32_t sender_ssrc, std::uint64_t bits_per_second,
                std::span<const std::uint32_t> ssrcs);
  /// `feedback.packets` must have consecutive sequence numbers.
  bool add_transport_feedback(const TransportFeedback& feedback);

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::span<const std::uint8_t> bytes() const { return out_.first(size_); }

 private:
  /// Space for one packet of `body_size` bytes (a multiple of four) behind its written header, or nullptr.
  std::uint8_t* begin(RtcpType type, std::uint8_t count, std::size_t body_size);

  std::span<std::uint8_t> out_;
  std::size_t size_ = 0;
};

}  // namespace ringback::rtp
