#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "base/alarm.h"
#include "net/worker.h"
#include "net/worker_stream.h"
#include "webrtc/ice_path.h"
#include "webrtc/relay_server.h"
#include "webrtc/stream_framing.h"
#include "webrtc/turn_client.h"
#include "webrtc_transport/outlets.h"
#include "webrtc_transport/tcp_paths.h"

namespace ringback::webrtc_transport {

/// One TURN server in use by one peer connection: finds its address, allocates by UDP, TCP or TLS, carries
/// packets. Begins at once; a relay that has failed stays silent, and the log says why. Worker thread.
class Relay final : private webrtc::TurnClient::Sink, private net::WorkerStreamObserver {
 public:
  class Owner : public PathReceiver {
   public:
    /// A packet to the server from the connection's UDP socket.
    virtual void send_udp(std::span<const std::uint8_t> packet, const base::Endpoint& to) = 0;
    virtual void on_relay_ready(webrtc::IcePath::Via via) = 0;

   protected:
    ~Owner() = default;
  };

  Relay(net::Worker& worker, const Outlets& outlets, webrtc::RelayServer server, webrtc::IcePath::Via via,
        Owner& owner);
  ~Relay();

  void send(std::span<const std::uint8_t> datagram, const base::Endpoint& peer);
  /// Whether datagrams from there are the server's.
  [[nodiscard]] bool is(const base::Endpoint& from) const { return udp_ == from; }
  void receive(std::span<std::uint8_t> packet);

 private:
  void find_address();
  void connect(const base::IpAddress& address);
  void follow();
  void give_up(std::string_view why);

  void send_to_server(std::span<const std::uint8_t> packet) override;
  void on_relayed(std::span<std::uint8_t> data, const base::Endpoint& peer) override;
  void on_stream_data(std::span<const std::uint8_t> bytes) override;
  void on_stream_closed(std::string_view reason) override;

  net::Worker& worker_;
  const Outlets& outlets_;
  const webrtc::RelayServer server_;
  const webrtc::IcePath::Via via_;
  Owner& owner_;
  webrtc::TurnClient client_;
  base::Alarm alarm_;
  const std::shared_ptr<Relay*> self_;  ///< null inside when this is gone; read on the worker
  bool ready_ = false;
  bool over_ = false;
  std::optional<base::Endpoint> udp_;          ///< the server, by UDP
  std::unique_ptr<net::WorkerStream> stream_;  ///< to the server, by TCP or TLS
  webrtc::StreamPackets packets_{webrtc::StreamFraming::kTurn};
};

}  // namespace ringback::webrtc_transport
