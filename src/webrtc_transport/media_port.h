#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "net/udp_port.h"
#include "webrtc/demultiplexer.h"
#include "webrtc_transport/outlets.h"
#include "webrtc_transport/transport_context.h"

namespace ringback::net {
class Worker;
}  // namespace ringback::net

namespace ringback::webrtc_transport {

/// The UDP port that all peer connections of one worker share, with what they have in common: certificate,
/// demultiplexer, timers, the way to their data channels.
///
/// Lives on its worker: created before the worker starts, destroyed after it has joined and after every
/// Transport on it. The functions belong to that thread.
class MediaPort final : public TransportContext, private net::DatagramReceiver {
 public:
  struct Options {
    base::IpAddress address;  ///< what the port binds
    std::uint16_t port = 0;   ///< worker n takes `port` + n; 0: any free one
    /// Announced in place of our own addresses (NAT); empty: every address of this machine that the port is
    /// reachable by.
    std::vector<base::IpAddress> public_addresses;
    /// For own ports (open_own_port()); must outlive the port. Null: they have UDP only.
    const Outlets* outlets = nullptr;
  };

  /// The error names the port. `data_links` must outlive the port; null: no data channels.
  [[nodiscard]] static base::ErrorOr<std::unique_ptr<MediaPort>> open(net::Worker& worker,
                                                                      const Options& options,
                                                                      DataLinks* data_links);
  ~MediaPort();

  // Called by DataRelay's posts.
  void send_sctp(std::uint64_t link, std::string_view packet);
  void data_received(std::uint64_t link, bool reliable, std::string message);

  [[nodiscard]] const net::UdpCounters& counters() const { return port_->counters(); }

  [[nodiscard]] base::TimePoint now() const override;
  [[nodiscard]] std::uint64_t ntp(base::TimePoint at) const override;
  [[nodiscard]] base::TimerWheel& timers() override;
  [[nodiscard]] unsigned worker_index() const override;
  [[nodiscard]] std::span<std::uint8_t> prepare_datagram() override { return port_->prepare(); }
  void commit_datagram(std::size_t size, const webrtc::IcePath& to) override {
    port_->commit(size, to.remote);
  }
  [[nodiscard]] webrtc::Demultiplexer& demultiplexer() override { return demultiplexer_; }
  [[nodiscard]] const crypto::Certificate& certificate() const override { return certificate_; }
  [[nodiscard]] const std::vector<base::Endpoint>& media_endpoints() const override { return endpoints_; }
  std::uint64_t add_transport(Transport& transport) override;
  void remove_transport(Transport& transport, std::uint64_t link) override;
  [[nodiscard]] DataLinks* data_links() override { return data_links_; }
  [[nodiscard]] base::ErrorOr<std::unique_ptr<DelegatedContext>> open_own_port() override;

 private:
  MediaPort(net::Worker& worker, DataLinks* data_links, crypto::Certificate certificate);

  void on_datagram(base::TimePoint now, std::span<std::uint8_t> bytes, const base::Endpoint& from) override;

  net::Worker& worker_;
  DataLinks* const data_links_;
  const Outlets* outlets_ = nullptr;
  const crypto::Certificate certificate_;
  base::TimePoint epoch_;  ///< the moment of epoch_wall_
  base::WallMillis epoch_wall_;
  std::unique_ptr<net::UdpPort> port_;
  std::vector<base::Endpoint> endpoints_;
  webrtc::Demultiplexer demultiplexer_;
  std::unordered_map<const webrtc::PeerConnection*, Transport*> by_peer_;
  std::unordered_map<std::uint64_t, Transport*> by_link_;
  std::uint64_t next_link_ = 0;
};

}  // namespace ringback::webrtc_transport
