#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace ringback::webrtc_transport {

/// The data channels of all transports, as the workers see them. SCTP runs on the front thread: every call is
/// posted there and returns at once. What comes back is posted to MediaPort::send_sctp() and
/// MediaPort::data_received(). Callable from any worker; calls of one worker keep their order.
class DataLinks {
 public:
  virtual ~DataLinks() = default;

  struct Options {
    unsigned worker = 0;       ///< which one owns the transport
    bool dtls_client = false;  ///< decides the parity of stream ids (RFC 8832 section 6)
    std::uint16_t remote_port = 5000;
    std::size_t remote_max_message_size = 65535;
    bool open_channels = false;  ///< we open `_reliable` and `_lossy`; else the peer does
  };
  /// The transport is connected: begin the association. `link` is unique in the process.
  virtual void start(std::uint64_t link, const Options& options) = 0;
  /// An SCTP packet came out of DTLS.
  virtual void receive(std::uint64_t link, std::string packet) = 0;
  /// Sends a message on the channel `_reliable` or `_lossy`. Reliable messages wait for the channel to open.
  virtual void send(std::uint64_t link, bool reliable, std::shared_ptr<const std::string> message) = 0;
  virtual void stop(std::uint64_t link) = 0;
};

}  // namespace ringback::webrtc_transport
