#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/time.h"
#include "rtp/fixed_list.h"
#include "rtp/sequence.h"

namespace ringback::rtp {

/// Decides which missing packets of a received (video) stream to ask for again (RFC 4585 section 6.2.1), how
/// often, and when only a key frame helps. A plain state of the owner's thread; memory (8 KiB) is taken by
/// the first gap.
class NackGenerator {
 public:
  struct Settings {
    std::size_t max_missing = 256;          ///< more at once is not loss but an outage: ask for a key frame
    unsigned max_requests = 8;              ///< per packet
    base::Duration reorder_wait{5'000};     ///< before the first request: the packet may only be late
    base::Duration least_interval{20'000};  ///< between requests for one packet, even at a shorter round trip
    base::Duration give_up_after{1'000'000};  ///< the frame it belonged to has long been due
  };
  enum class Arrival : std::uint8_t {
    kNewest,     ///< later than everything so far
    kRecovered,  ///< fills a gap
    kRepeated,   ///< was here already, or was given up
  };
  using Requests = FixedList<std::uint16_t, 256>;

  explicit NackGenerator(const Settings& settings);
  NackGenerator() : NackGenerator(Settings{}) {}

  /// Each packet of the stream; also those that come back over RTX, with their original sequence number.
  Arrival on_packet(base::TimePoint now, std::uint16_t sequence);

  /// What to request now, in ascending order, assuming the round-trip time; counts as requested.
  [[nodiscard]] Requests take_requests(base::TimePoint now, base::Duration round_trip);
  /// When take_requests() may have something; kNever when nothing is missing.
  [[nodiscard]] base::TimePoint next_deadline() const;

  /// True once after packets were given up: the decoder cannot go on without a key frame.
  [[nodiscard]] bool take_key_frame_needed();

  [[nodiscard]] std::size_t missing() const { return missing_.size(); }
  [[nodiscard]] std::uint64_t given_up() const { return given_up_; }
  void reset();

 private:
  struct Missing {
    std::int64_t sequence = 0;
    base::TimePoint noticed;
    base::TimePoint next_request;
    unsigned requests = 0;
  };

  Settings settings_;
  SequenceUnwrapper sequences_;
  std::optional<std::int64_t> newest_;
  std::vector<Missing> missing_;  ///< ascending; never grows beyond max_missing
  bool key_frame_needed_ = false;
  std::uint64_t given_up_ = 0;
};

}  // namespace ringback::rtp
