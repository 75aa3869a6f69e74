#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

struct socket;  // usrsctp's

namespace ringback::webrtc {

class DataChannels;

/// The process's one SCTP implementation (usrsctp without threads). It is a global object inside the library
/// with reports of dead-locks between threads, so exactly one SctpStack exists at a time and it, with all
/// DataChannels made on it, belongs to one thread (the front thread).
///
/// Owner: the composition root; outlives every DataChannels.
class SctpStack {
 public:
  SctpStack();
  ~SctpStack();
  SctpStack(const SctpStack&) = delete;
  SctpStack& operator=(const SctpStack&) = delete;

  /// Runs SCTP's timers. Call every 10 to 50 ms with the milliseconds since the last call; then drain the
  /// events of every DataChannels.
  void handle_timers(std::uint32_t elapsed_ms);

 private:
  friend class DataChannels;
  /// Names an endpoint inside usrsctp, which calls back with it: a number and not a pointer, because the
  /// library may mention an endpoint that is gone.
  using EndpointKey = std::uintptr_t;

  /// usrsctp's news about a socket; `key` is an EndpointKey.
  static void on_upcall(struct socket* socket, void* key, int flags);
  EndpointKey add(DataChannels& endpoint);
  void remove(EndpointKey key);
  void output(EndpointKey key, const void* packet, std::size_t size);
  void mark_ready(EndpointKey key);

  EndpointKey next_key_ = 1;
  std::unordered_map<EndpointKey, DataChannels*> endpoints_;
  std::vector<EndpointKey> ready_;     ///< endpoints whose socket has news
  std::vector<std::uint8_t> scratch_;  ///< what an endpoint reads into; used within one call only
};

}  // namespace ringback::webrtc
