#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <fstream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "rtp/jitter_buffer.h"
#include "rtp/packet.h"

// Virtual time around a JitterBuffer, for its tests and its benchmark only.

namespace ringback::rtp::simulation {

using base::Duration;
using base::TimePoint;

inline constexpr std::uint32_t kClockRate = 8000;
inline constexpr Duration kFrame{20'000};
inline constexpr std::int64_t kFrameTicks = 160;

/// One packet on its way; `ideal` is when it would have come over the fastest path.
struct Arrival {
  TimePoint at;
  TimePoint ideal;
  std::uint16_t sequence = 0;
  std::uint32_t timestamp = 0;
  std::size_t size = 40;
};

/// Reads src/rtp/testdata/<name>.trace: microseconds of extra delay per packet, nullopt when lost.
inline std::vector<std::optional<Duration>> read_trace(const std::string& folder, const std::string& name) {
  std::ifstream file(folder + "/" + name + ".trace");
  std::vector<std::optional<Duration>> delays;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    delays.push_back(line == "-" ? std::nullopt : std::optional(Duration(std::stoll(line))));
  }
  return delays;
}

/// A stream of 20 ms packets over a path with these delays, in order of arrival. `rate` is the sender's clock
/// against ours: 1.0002 sends 200 ppm too fast.
inline std::vector<Arrival> stream_over(const std::vector<std::optional<Duration>>& delays,
                                        double rate = 1.0) {
  std::vector<Arrival> arrivals;
  for (std::size_t i = 0; i < delays.size(); ++i) {
    if (!delays[i]) continue;
    const TimePoint ideal(
        Duration(1'000'000 + static_cast<std::int64_t>(static_cast<double>(i * 20'000) / rate)));
    arrivals.push_back({.at = ideal + *delays[i],
                        .ideal = ideal,
                        .sequence = static_cast<std::uint16_t>(65000 + i),
                        .timestamp = static_cast<std::uint32_t>(4'000'000'000U + i * kFrameTicks)});
  }
  std::stable_sort(arrivals.begin(), arrivals.end(),
                   [](const auto& a, const auto& b) { return a.at < b.at; });
  return arrivals;
}

inline void insert(JitterBuffer& buffer, const Arrival& arrival) {
  std::array<std::uint8_t, 256> bytes;
  const std::array<std::uint8_t, 200> payload{};
  const std::size_t size = write_packet(
      bytes, {.payload_type = 0, .sequence = arrival.sequence, .timestamp = arrival.timestamp, .ssrc = 1},
      std::span(payload).first(arrival.size));
  if (const auto packet = PacketView::parse(std::span(bytes).first(size))) buffer.insert(arrival.at, *packet);
}

/// What a listener would notice.
struct Outcome {
  std::vector<Duration> delays;  ///< of each played frame, against its ideal arrival
  std::size_t played = 0;
  std::size_t concealed = 0;
  std::size_t recoverable = 0;  ///< concealed with the next packet at hand
  std::size_t silent = 0;
  std::size_t accelerated = 0;
  std::size_t expanded = 0;
  bool in_order = true;

  [[nodiscard]] Duration mean_delay() const {
    Duration sum{};
    for (const Duration delay : delays) sum += delay;
    return delays.empty() ? sum : sum / static_cast<Duration::rep>(delays.size());
  }
  [[nodiscard]] Duration max_delay() const {
    return delays.empty() ? Duration{} : *std::max_element(delays.begin(), delays.end());
  }
};

/// Plays a stream through a buffer. kSlewing pulls at arrivals and deadlines, kTick every 20 ms, 7 ms out of
/// phase with the stream's start.
class Playback {
 public:
  explicit Playback(JitterBuffer& buffer, PlayoutClock clock) : buffer_(buffer), clock_(clock) {}

  Outcome run(const std::vector<Arrival>& arrivals, Duration tail = Duration::zero()) {
    if (arrivals.empty()) return outcome_;
    tick_ = arrivals.front().at + Duration(7'000);
    for (const Arrival& arrival : arrivals) {
      ideal_.push_back({arrival.timestamp, arrival.ideal});
      run_until(arrival.at);
      insert(buffer_, arrival);
      if (clock_ == PlayoutClock::kSlewing) drain(arrival.at);
    }
    run_until(arrivals.back().at + tail);
    return outcome_;
  }

 private:
  void run_until(TimePoint until) {
    if (clock_ == PlayoutClock::kTick) {
      for (; tick_ < until; tick_ += kFrame) {
        JitterFrame frame = buffer_.pull(tick_);
        note(tick_, frame);
        while (frame.adjustment == Adjustment::kAccelerate) note(tick_, frame = buffer_.pull(tick_));
      }
      return;
    }
    while (buffer_.next_deadline() < until) drain(buffer_.next_deadline());
  }

  void drain(TimePoint now) {
    for (JitterFrame frame = buffer_.pull(now); frame.kind != Playout::kWait; frame = buffer_.pull(now)) {
      note(now, frame);
    }
  }

  void note(TimePoint now, const JitterFrame& frame) {
    switch (frame.kind) {
      case Playout::kWait:
        break;
      case Playout::kFrame: {
        ++outcome_.played;
        if (frame.adjustment == Adjustment::kAccelerate) ++outcome_.accelerated;
        if (last_ && static_cast<std::int32_t>(frame.timestamp - *last_) <= 0) outcome_.in_order = false;
        last_ = frame.timestamp;
        const auto it = std::find_if(ideal_.rbegin(), ideal_.rend(),
                                     [&](const auto& entry) { return entry.first == frame.timestamp; });
        if (it != ideal_.rend()) outcome_.delays.push_back(now - it->second);
        break;
      }
      case Playout::kConceal:
        if (frame.adjustment == Adjustment::kExpand) {
          ++outcome_.expanded;
        } else {
          ++outcome_.concealed;
          if (!frame.next_payload.empty()) ++outcome_.recoverable;
        }
        break;
      case Playout::kSilence:
        ++outcome_.silent;
        break;
    }
  }

  JitterBuffer& buffer_;
  PlayoutClock clock_;
  TimePoint tick_{};
  std::vector<std::pair<std::uint32_t, TimePoint>> ideal_;
  std::optional<std::uint32_t> last_;
  Outcome outcome_;
};

inline JitterBufferSettings settings_for(PlayoutClock clock) {
  JitterBufferSettings settings;
  settings.clock_rate = kClockRate;
  settings.clock = clock;
  return settings;
}

inline Outcome play(const std::vector<Arrival>& arrivals, PlayoutClock clock) {
  JitterBuffer buffer(settings_for(clock));
  return Playback(buffer, clock).run(arrivals);
}

}  // namespace ringback::rtp::simulation
