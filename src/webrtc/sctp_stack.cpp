#include "webrtc/sctp_stack.h"

#include <cassert>

#include <usrsctp.h>

#include "webrtc/data_channels.h"

namespace ringback::webrtc {
namespace {

/// usrsctp's output callback gets no context but the endpoint's key.
SctpStack* g_stack = nullptr;

// Milliseconds. The RFC's second as least retransmission time is for the open Internet; a lost chat message
// should not wait that long on a path whose round trip DTLS has just shown to be short. It must stay above
// the 200 ms by which peers may delay an acknowledgement. The RFC's minute as greatest would leave a channel
// dead long after the path came back; ICE gives a silent peer up after 15 s anyway.
constexpr std::uint32_t kRtoInitial = 500;
constexpr std::uint32_t kRtoMin = 400;
constexpr std::uint32_t kRtoMax = 2000;
constexpr std::uint32_t kDelayedSack = 20;

/// usrsctp's 512 would refuse small messages long before DataChannels::kSendBuffer is full.
constexpr std::uint32_t kMaxChunksOnQueue = 16 * 1024;

constexpr int kFinishAttempts = 100;
constexpr std::uint32_t kFinishStep = 100;  // ms of SCTP time per attempt

}  // namespace

SctpStack::SctpStack() : scratch_(DataChannels::kMaxMessageSize + 1) {
  assert(g_stack == nullptr && "usrsctp is one global object");
  g_stack = this;
  const auto on_output = [](void* address, void* packet, std::size_t size, std::uint8_t, std::uint8_t) {
    if (g_stack != nullptr) g_stack->output(reinterpret_cast<EndpointKey>(address), packet, size);
    return 0;
  };
  usrsctp_init_nothreads(0, on_output, nullptr);
  usrsctp_sysctl_set_sctp_blackhole(2);  // no answers to packets of unknown associations
  usrsctp_sysctl_set_sctp_ecn_enable(0);
  usrsctp_sysctl_set_sctp_asconf_enable(0);
  usrsctp_sysctl_set_sctp_auth_enable(0);
  usrsctp_sysctl_set_sctp_rto_initial_default(kRtoInitial);
  usrsctp_sysctl_set_sctp_rto_min_default(kRtoMin);
  usrsctp_sysctl_set_sctp_rto_max_default(kRtoMax);
  usrsctp_sysctl_set_sctp_init_rto_max_default(kRtoMax);
  usrsctp_sysctl_set_sctp_delayed_sack_time_default(kDelayedSack);
  usrsctp_sysctl_set_sctp_max_chunks_on_queue(kMaxChunksOnQueue);
}

SctpStack::~SctpStack() {
  assert(endpoints_.empty() && "a DataChannels outlives its stack");
  // Closed sockets are freed by a timer.
  for (int attempt = 0; attempt < kFinishAttempts && usrsctp_finish() != 0; ++attempt) {
    usrsctp_handle_timers(kFinishStep);
  }
  g_stack = nullptr;
}

void SctpStack::handle_timers(std::uint32_t elapsed_ms) {
  usrsctp_handle_timers(elapsed_ms);
  std::vector<EndpointKey> ready;
  ready.swap(ready_);
  for (const EndpointKey key : ready) {
    const auto endpoint = endpoints_.find(key);
    if (endpoint != endpoints_.end()) endpoint->second->drain();
  }
}

void SctpStack::on_upcall(struct socket*, void* key, int) {
  if (g_stack != nullptr) g_stack->mark_ready(reinterpret_cast<EndpointKey>(key));
}

SctpStack::EndpointKey SctpStack::add(DataChannels& endpoint) {
  const EndpointKey key = next_key_++;
  endpoints_.emplace(key, &endpoint);
  usrsctp_register_address(reinterpret_cast<void*>(key));
  return key;
}

void SctpStack::remove(EndpointKey key) {
  endpoints_.erase(key);
  usrsctp_deregister_address(reinterpret_cast<void*>(key));
}

void SctpStack::output(EndpointKey key, const void* packet, std::size_t size) {
  const auto endpoint = endpoints_.find(key);
  if (endpoint == endpoints_.end()) return;
  endpoint->second->sink_.send_packet({static_cast<const std::uint8_t*>(packet), size});
}

void SctpStack::mark_ready(EndpointKey key) {
  const auto endpoint = endpoints_.find(key);
  if (endpoint == endpoints_.end() || endpoint->second->ready_) return;
  endpoint->second->ready_ = true;
  ready_.push_back(key);
}

}  // namespace ringback::webrtc
