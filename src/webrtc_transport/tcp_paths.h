#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/endpoint.h"
#include "base/executor.h"
#include "net/worker_stream.h"
#include "webrtc/ice_path.h"
#include "webrtc/stream_framing.h"

namespace ringback::webrtc_transport {

/// Takes what comes by other ways than the UDP socket.
class PathReceiver {
 public:
  /// The bytes may be changed in place and are gone after the call.
  virtual void on_path_datagram(std::span<std::uint8_t> bytes, const webrtc::IcePath& from) = 0;

 protected:
  ~PathReceiver() = default;
};

/// The active ICE-TCP connections of one peer connection (RFC 6544), packets framed by RFC 4571. A connection
/// is opened by the first check that is sent to its address, and opened again by a later check when it was
/// lost: the check that ICE sends every few seconds repairs the path. Worker thread.
class TcpPaths {
 public:
  TcpPaths(net::Front& front, base::Executor& worker, PathReceiver& receiver)
      : front_(front), worker_(worker), receiver_(receiver) {}

  void send(std::span<const std::uint8_t> datagram, const base::Endpoint& to);

 private:
  /// More TCP addresses than a server has.
  static constexpr std::size_t kMaxConnections = 8;

  class Connection final : private net::WorkerStreamObserver {
   public:
    Connection(TcpPaths& owner, const base::Endpoint& to) : owner_(owner), to_(to) {}
    void send(std::span<const std::uint8_t> datagram);
    [[nodiscard]] const base::Endpoint& to() const { return to_; }

   private:
    void on_stream_data(std::span<const std::uint8_t> bytes) override;
    void on_stream_closed(std::string_view reason) override;

    TcpPaths& owner_;
    const base::Endpoint to_;
    webrtc::StreamPackets packets_{webrtc::StreamFraming::kLengthPrefixed};
    std::unique_ptr<net::WorkerStream> stream_;  ///< null: closed
  };

  net::Front& front_;
  base::Executor& worker_;
  PathReceiver& receiver_;
  std::vector<std::unique_ptr<Connection>> connections_;
};

}  // namespace ringback::webrtc_transport
