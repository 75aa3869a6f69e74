#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/time.h"

namespace ringback::rtp {

/// Learns how late packets come: the distribution of arrival time minus media time, against the fastest
/// recent packet.
///
/// The fastest packet is a minimum over the last 5 to 10 s, so a drifting sender clock moves it along. The
/// distribution forgets with a time constant of about 500 packets (10 s of 20 ms frames). Plain value, no
/// allocation, about 20 ns a packet.
class DelayEstimator {
 public:
  /// A packet with `media_time` (its timestamp as a time) came at `arrival`. Returns its relative delay.
  /// `weight` counts it several times: one that missed its playout teaches more than one that was on time.
  base::Duration record(base::TimePoint arrival, base::Duration media_time, unsigned weight = 1);

  /// Arrival minus media time of the fastest recent packet: where media time zero lies on the local time
  /// line. Needs one recorded packet.
  [[nodiscard]] base::TimePoint fastest_path() const;
  [[nodiscard]] bool empty() const { return !current_minimum_.has_value(); }

  /// The delay within which all but `kTolerated` of the packets came.
  [[nodiscard]] base::Duration covering_delay() const { return covering_delay_; }

  /// Enough packets have come to tell, and all but `kTolerated` of them within kEvenSpread of the fastest.
  [[nodiscard]] bool even() const {
    return total_ >= kEnough * increment_ && spread_ <= static_cast<float>(kTolerated) * total_;
  }

  /// Forgets the fastest path, keeps the distribution: the sender's timestamps started anew.
  void restart_path();
  void reset();

  /// Share of packets that may come later than covering_delay(). Less would let one burst in 30 s set the
  /// delay of the whole call; more is audible as concealment.
  static constexpr double kTolerated = 0.03;
  /// What a timer of the sender and a late wake-up of ours add to a path without jitter.
  static constexpr base::Duration kEvenSpread{2'000};

 private:
  static constexpr base::Duration kBinWidth{4'000};
  static constexpr std::size_t kBins = 128;
  static constexpr float kEnough = 50;  ///< packets: one second of speech
  static constexpr base::Duration kMinimumWindow{5'000'000};

  void update_minimum(base::TimePoint arrival, base::TimePoint path);
  /// Moves the border between the packets that are covered and the slowest ones, which may come later.
  void move_border();
  /// Scales the weights down before they outgrow their type.
  void rescale();

  std::optional<base::TimePoint> current_minimum_;   ///< of the window that is running
  std::optional<base::TimePoint> previous_minimum_;  ///< of the window before
  base::TimePoint window_end_{};

  float total_ = 0;
  float spread_ = 0;        ///< weight of the packets beyond kEvenSpread
  std::size_t border_ = 0;  ///< first bin beyond what is covered
  float tail_ = 0;          ///< weight of the bins from the border on
  float increment_ = 1;     ///< grows instead of decaying every bin
  base::Duration covering_delay_{};
  std::array<float, kBins> bins_{};
};

}  // namespace ringback::rtp
