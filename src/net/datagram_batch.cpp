#include "net/datagram_batch.h"

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <span>

#include "net/worker.h"

namespace ringback::net {
namespace {

// For one datagram, which is what phone legs send and receive, the plain calls are cheaper.

int send(int socket, std::span<mmsghdr> datagrams) {
  if (datagrams.size() > 1) {
    return sendmmsg(socket, datagrams.data(), static_cast<unsigned>(datagrams.size()), MSG_DONTWAIT);
  }
  return sendmsg(socket, &datagrams[0].msg_hdr, MSG_DONTWAIT) < 0 ? -1 : 1;
}

int receive(int socket, std::span<mmsghdr> datagrams) {
  if (datagrams.size() > 1) {
    return recvmmsg(socket, datagrams.data(), static_cast<unsigned>(datagrams.size()), MSG_DONTWAIT, nullptr);
  }
  const ssize_t size = recvmsg(socket, &datagrams[0].msg_hdr, MSG_DONTWAIT);
  if (size < 0) return -1;
  datagrams[0].msg_len = static_cast<unsigned>(size);
  return 1;
}

}  // namespace

DatagramBatch::DatagramBatch(Worker& worker)
    : worker_(worker),
      send_slots_(kSendSlots),
      send_headers_(kSendSlots),
      send_parts_(kSendSlots),
      receive_slots_(kReceiveSlots) {
  pending_.reserve(kSendSlots);
  for (std::size_t i = 0; i < kReceiveSlots; ++i) {
    receive_parts_[i] = {.iov_base = receive_slots_[i].data(), .iov_len = receive_slots_[i].size()};
    msghdr& header = receive_headers_[i].msg_hdr;
    header.msg_name = receive_from_[i].get();
    header.msg_iov = &receive_parts_[i];
    header.msg_iovlen = 1;
  }
}

std::span<std::uint8_t> DatagramBatch::prepare(const UdpPort& port) {
  if (used_ == kSendSlots) flush();
  preparing_ = &port;
  return send_slots_[used_].bytes;
}

void DatagramBatch::commit(UdpPort& port, std::size_t size, const base::Endpoint& to) {
  assert(preparing_ == &port && "another port of this worker has prepared a slot in between");
  assert(size <= UdpPort::kMaxDatagram);
  preparing_ = nullptr;
  SendSlot& slot = send_slots_[used_];
  slot.to = SocketAddress(to, port.is_v6_);
  if (!slot.to.valid()) {
    ++port.counters_.tx_dropped;
    return;
  }
  slot.size = static_cast<std::uint16_t>(size);
  slot.next = UdpPort::kNoSlot;
  const auto index = static_cast<std::uint16_t>(used_++);
  if (port.first_pending_ == UdpPort::kNoSlot) {
    port.first_pending_ = index;
    pending_.push_back(&port);
  } else {
    send_slots_[port.last_pending_].next = index;
  }
  port.last_pending_ = index;
}

void DatagramBatch::flush() {
  for (UdpPort* const port : pending_) flush(*port);
  pending_.clear();
  used_ = 0;
}

void DatagramBatch::flush(UdpPort& port) {
  unsigned count = 0;
  for (std::uint16_t i = port.first_pending_; i != UdpPort::kNoSlot; i = send_slots_[i].next) {
    SendSlot& slot = send_slots_[i];
    send_parts_[count] = {.iov_base = slot.bytes.data(), .iov_len = slot.size};
    msghdr& header = send_headers_[count].msg_hdr;
    header = {};
    if (!port.connected_) {
      header.msg_name = slot.to.get();
      header.msg_namelen = slot.to.size();
    }
    header.msg_iov = &send_parts_[count];
    header.msg_iovlen = 1;
    ++count;
  }
  port.first_pending_ = port.last_pending_ = UdpPort::kNoSlot;

  for (unsigned done = 0; done < count;) {
    const int sent = net::send(port.socket_.get(), std::span(send_headers_).subspan(done, count - done));
    if (sent > 0) {
      for (int i = 0; i < sent; ++i)
        port.counters_.tx_bytes += send_parts_[done + static_cast<unsigned>(i)].iov_len;
      port.counters_.tx_packets += static_cast<unsigned>(sent);
      done += static_cast<unsigned>(sent);
      continue;
    }
    // On a connected port the peer's ICMP answer to an earlier datagram comes first, once; nothing was sent.
    if (errno == EINTR || (errno == ECONNREFUSED && port.connected_)) continue;
    if (errno == EAGAIN || errno == ENOBUFS) {
      // A full socket buffer: audio that waits is worse than audio that is lost.
      port.counters_.tx_dropped += count - done;
      return;
    }
    ++port.counters_.tx_dropped;  // this datagram only: no route, or the peer's ICMP answer to an earlier one
    ++done;
  }
}

void DatagramBatch::forget(UdpPort& port) {
  if (port.first_pending_ != UdpPort::kNoSlot) flush(port);
  std::erase(pending_, &port);
  if (preparing_ == &port) preparing_ = nullptr;
  if (receiving_ == &port) receiving_ = nullptr;
}

void DatagramBatch::receive(UdpPort& port) {
  const unsigned capacity = std::min(port.receive_batch_, kReceiveSlots);
  for (unsigned i = 0; i < capacity; ++i) {
    receive_headers_[i].msg_hdr.msg_namelen = SocketAddress::capacity();
  }
  port.receiver_.prefetch();
  const int received = net::receive(port.socket_.get(), std::span(receive_headers_).first(capacity));
  receiving_ = &port;
  // Level-triggered: what did not fit into this batch, and a pending socket error, wake the worker again.
  for (int i = 0; i < received && receiving_ == &port; ++i) {
    const auto index = static_cast<std::size_t>(i);
    const mmsghdr& header = receive_headers_[index];
    if ((header.msg_hdr.msg_flags & MSG_TRUNC) != 0) {
      ++port.counters_.rx_oversized;
      continue;
    }
    ++port.counters_.rx_packets;
    port.counters_.rx_bytes += header.msg_len;
    port.receiver_.on_datagram(worker_.now(), {receive_slots_[index].data(), header.msg_len},
                               receive_from_[index].endpoint());
  }
  receiving_ = nullptr;
}

}  // namespace ringback::net
