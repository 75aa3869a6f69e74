#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/endpoint.h"
#include "base/error.h"
#include "base/time.h"
#include "net/file_descriptor.h"
#include "net/worker.h"

namespace ringback::net {

/// Receives the datagrams of a UdpPort or DatagramSocket. The bytes may be changed in place (decryption) and
/// are gone after the call. The receiver may destroy its port inside the call.
class DatagramReceiver {
 public:
  /// A datagram is about to be read: the moment to prefetch what on_datagram() will need, because the
  /// kernel's work takes about as long as the memory's.
  virtual void prefetch() {}
  virtual void on_datagram(base::TimePoint now, std::span<std::uint8_t> bytes,
                           const base::Endpoint& from) = 0;

 protected:
  ~DatagramReceiver() = default;
};

struct UdpCounters {
  std::uint64_t rx_packets = 0;
  std::uint64_t rx_bytes = 0;
  std::uint64_t rx_oversized = 0;  ///< longer than kMaxDatagram, dropped
  std::uint64_t tx_packets = 0;
  std::uint64_t tx_bytes = 0;
  std::uint64_t tx_dropped = 0;  ///< refused by the kernel: full socket buffer, no route, peer's port closed
};

/// A bound UDP socket on a worker, for media. Created, used and destroyed on the worker's thread.
///
/// Sending is batched: what is committed in one turn of the loop leaves in one sendmmsg at its end. The slots
/// are shared by all ports of the worker, so a port itself costs some 200 bytes and one kernel socket.
class UdpPort final : private IoHandler {
 public:
  /// Largest datagram sent or received: an Ethernet frame's payload and some room. Media and DTLS never
  /// exceed it.
  static constexpr std::size_t kMaxDatagram = 1600;

  struct Options {
    base::Endpoint local = {};  ///< port 0: chosen by the kernel. An IPv6 wildcard also serves IPv4.
    /// Datagrams read per wake-up: up to 32 for a port shared by many peers, 1 for a phone leg's RTP socket.
    unsigned receive_batch = 32;
    /// SO_RCVBUF and SO_SNDBUF, bytes: a shared port must survive a burst, a phone leg needs little.
    unsigned receive_buffer = 1 << 20;
    unsigned send_buffer = 1 << 20;
    /// DSCP and ECN of what is sent; routers that know it let audio pass first.
    unsigned traffic_class = 0;

    static constexpr unsigned kExpeditedForwarding = 0xb8;  ///< for telephony, RFC 4594 4.1

    /// What suits the single-peer RTP or RTCP socket of a phone leg.
    static Options for_leg(const base::Endpoint& local) {
      return {.local = local,
              .receive_batch = 1,
              .receive_buffer = 64 << 10,
              .send_buffer = 64 << 10,
              .traffic_class = kExpeditedForwarding};
    }
  };

  /// The error is a sentence such as "port 10000 (UDP) is in use by another program".
  [[nodiscard]] static base::ErrorOr<std::unique_ptr<UdpPort>> open(Worker& worker, const Options& options,
                                                                    DatagramReceiver& receiver);
  /// Sends what is still pending.
  ~UdpPort();

  /// The address bound to, with the port that was chosen.
  [[nodiscard]] const base::Endpoint& local() const { return local_; }
  [[nodiscard]] const UdpCounters& counters() const { return counters_; }

  /// kMaxDatagram writable bytes of the next send slot. Follow with commit() before any port of the worker
  /// prepares or sends again; without commit() the slot is simply reused.
  [[nodiscard]] std::span<std::uint8_t> prepare();
  /// Sends the first `size` bytes of the prepared slot at the end of this turn.
  void commit(std::size_t size, const base::Endpoint& to);
  /// prepare(), copy, commit(). False (and counted as dropped) when longer than kMaxDatagram.
  bool send(std::span<const std::uint8_t> bytes, const base::Endpoint& to);
  /// From now on the kernel lets in only datagrams of this peer, and all that is sent goes to it: cheaper for
  /// both, and nobody else can load the worker. False when the kernel refuses, or chose the port's number (it
  /// would take it back in disconnect()); the port then stays as it was.
  bool connect(const base::Endpoint& peer);
  /// Open to everybody again.
  void disconnect();
  [[nodiscard]] bool connected() const { return connected_; }
  /// Sends what this port has pending now. Only for code that is about to destroy the port, which does it
  /// itself.
  void flush();

 private:
  friend class DatagramBatch;
  UdpPort(Worker& worker, const Options& options, DatagramReceiver& receiver, FileDescriptor socket,
          const base::Endpoint& local);
  void on_io(std::uint32_t events) override;

  static constexpr std::uint16_t kNoSlot = 0xffff;

  Worker& worker_;
  DatagramReceiver& receiver_;
  FileDescriptor socket_;
  base::Endpoint local_;
  unsigned receive_batch_;
  bool is_v6_;
  bool connected_ = false;
  bool numbered_;  ///< by its owner, not by the kernel
  UdpCounters counters_;
  // The chain of this port's filled slots in the worker's batch.
  std::uint16_t first_pending_ = kNoSlot;
  std::uint16_t last_pending_ = kNoSlot;
};

}  // namespace ringback::net
