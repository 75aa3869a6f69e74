#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "audio/tone.h"
#include "base/error.h"
#include "load/distribution.h"
#include "net/tick.h"
#include "net/udp_port.h"
#include "sdp/sip_profile.h"

namespace ringback::bench {

class Leg;

/// How the one-way delay is measured.
enum class Probe : std::uint8_t {
  kStamp,  ///< every frame carries its number and time in its bytes: needs payloads to pass unchanged
  kBurst,  ///< a tone burst once a second whose beginning is looked for in the sound: survives transcoding
};

/// What one leg measured in a window.
struct LegReport {
  std::uint64_t sent = 0;
  std::uint64_t received = 0;
  std::uint64_t missing = 0;       ///< sequence numbers that never came
  std::uint64_t stamped_lost = 0;  ///< kStamp: frames of the other leg that never arrived here
  Distribution delay_ms;       ///< from the air at one phone to the other's ear, 20 ms packetization included
  Distribution pacing_ms;      ///< |time between two packets - 20 ms|
  Distribution own_pacing_ms;  ///< the same of what we sent: how good the instrument is
};

/// The far side's audio of one call: sends 50 paced PCMU packets a second and measures what comes back.
/// Owner: FarSide, on its worker.
class Leg final : private net::DatagramReceiver, private net::TickHandler {
 public:
  static base::ErrorOr<std::unique_ptr<Leg>> open(net::Worker& worker, unsigned index, Probe probe);

  [[nodiscard]] unsigned index() const { return index_; }
  [[nodiscard]] std::uint16_t port() const { return port_->local().port; }
  /// Who hears us; for kBurst, which looks up when the other one spoke.
  void set_other(const Leg* other) { other_ = other; }
  void start(const base::Endpoint& remote);
  void begin_window();
  [[nodiscard]] LegReport end_window();

 private:
  Leg(net::Worker& worker, unsigned index, Probe probe);
  void on_datagram(base::TimePoint now, std::span<std::uint8_t> bytes, const base::Endpoint& from) override;
  void on_tick(base::TimePoint due, unsigned missed) override;
  void read_stamp(base::TimePoint now, std::span<const std::uint8_t> payload);
  void look_for_burst(base::TimePoint now, std::span<const std::uint8_t> payload);

  net::Worker& worker_;
  unsigned index_;
  Probe probe_;
  std::unique_ptr<net::UdpPort> port_;
  net::Tick tick_;
  const Leg* other_ = nullptr;
  std::optional<base::Endpoint> remote_;
  audio::ToneGenerator burst_;

  std::uint32_t ssrc_;
  std::uint16_t sequence_ = 0;
  std::uint32_t timestamp_ = 0;
  std::uint32_t frame_ = 0;
  base::TimePoint burst_sent_{};  ///< when the first sample of the last burst was "spoken"
  base::TimePoint last_sent_{};
  base::TimePoint last_received_{};
  std::optional<std::uint16_t> expected_sequence_;
  std::optional<std::uint32_t> first_frame_;  ///< of the other leg, in this window
  std::uint32_t last_frame_ = 0;
  std::uint64_t stamped_ = 0;
  std::uint64_t quiet_samples_ = 0;
  bool measuring_ = false;
  LegReport report_;
};

}  // namespace ringback::bench
