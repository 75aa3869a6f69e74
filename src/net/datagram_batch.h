#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/endpoint.h"
#include "net/socket_address.h"
#include "net/udp_port.h"

namespace ringback::net {

/// The slots that all UdpPorts of one worker share: what they receive in a wake-up and what they send in a
/// turn. About half a megabyte per worker, whatever the number of ports. Used by UdpPort only; the worker
/// flushes it.
class DatagramBatch {
 public:
  static constexpr std::size_t kSendSlots = 256;
  static constexpr unsigned kReceiveSlots = 32;

  explicit DatagramBatch(Worker& worker);

  /// Sends everything that is pending, a sendmmsg per port.
  void flush();

 private:
  friend class UdpPort;

  struct SendSlot {
    SocketAddress to;
    std::uint16_t size = 0;
    std::uint16_t next = UdpPort::kNoSlot;  // of the same port
    std::array<std::uint8_t, UdpPort::kMaxDatagram> bytes;
  };

  std::span<std::uint8_t> prepare(const UdpPort& port);
  void commit(UdpPort& port, std::size_t size, const base::Endpoint& to);
  void flush(UdpPort& port);
  void forget(UdpPort& port);
  void receive(UdpPort& port);

  Worker& worker_;
  const UdpPort* preparing_ = nullptr;
  UdpPort* receiving_ = nullptr;  // null again when the port died in its own receive call
  std::vector<UdpPort*> pending_;
  std::vector<SendSlot> send_slots_;
  std::size_t used_ = 0;  // slots taken since the last flush of all
  std::vector<mmsghdr> send_headers_;
  std::vector<iovec> send_parts_;

  std::vector<std::array<std::uint8_t, UdpPort::kMaxDatagram>> receive_slots_;
  std::array<SocketAddress, kReceiveSlots> receive_from_;
  std::array<iovec, kReceiveSlots> receive_parts_{};
  std::array<mmsghdr, kReceiveSlots> receive_headers_{};
};

}  // namespace ringback::net
