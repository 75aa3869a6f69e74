#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/endpoint.h"
#include "base/time.h"
#include "webrtc/stun.h"

namespace ringback::webrtc {

/// A client of one TURN server (RFC 8656): an allocation for UDP with long-term credentials, kept alive, and
/// a channel for every peer that something is sent to. What is sent before the channel stands waits for it,
/// the newest packet only.
///
/// Left out on purpose: permissions and indications of their own (binding a channel makes the permission too,
/// section 12), IPv6 allocations, TCP to the peers (RFC 6062), other servers by ALTERNATE-SERVER.
///
/// Confined to its owner's thread; re-entered by the sink only where it says so.
class TurnClient {
 public:
  class Sink {
   public:
    /// A packet for the server; the owner knows the transport and its framing.
    virtual void send_to_server(std::span<const std::uint8_t> packet) = 0;
    /// Media path: what a peer sent to our relayed address, in the bytes that receive() was given. The last
    /// thing that receive() does: what comes may be answered by send() at once.
    virtual void on_relayed(std::span<std::uint8_t> data, const base::Endpoint& peer) = 0;

   protected:
    ~Sink() = default;
  };
  enum class State : std::uint8_t { kNew, kAllocating, kReady, kFailed };

  /// `reliable`: the transport repeats by itself what is lost.
  TurnClient(std::string username, std::string password, bool reliable, Sink& sink);

  void allocate(base::TimePoint now);
  void send(base::TimePoint now, std::span<const std::uint8_t> data, const base::Endpoint& peer);
  void receive(base::TimePoint now, std::span<std::uint8_t> packet);
  void advance(base::TimePoint now);
  [[nodiscard]] base::TimePoint next_deadline() const;
  /// Gives the allocation back; what is lost of that is repaired by its lifetime.
  void release();

  [[nodiscard]] State state() const { return state_; }
  /// Our address as peers see it, when ready.
  [[nodiscard]] const std::optional<base::Endpoint>& relayed() const { return relayed_; }
  /// When failed: the reason in words of the protocol (static text, for logs).
  [[nodiscard]] std::string_view failure() const { return failure_; }

 private:
  struct Channel {
    base::Endpoint peer;
    std::uint16_t number = 0;
    bool bound = false;
    base::TimePoint bind_at = base::kNever;  ///< when it must be bound again
    std::vector<std::uint8_t> waiting;       ///< the newest packet until it is bound
  };
  /// A request that is not answered yet.
  struct Request {
    std::uint16_t method = 0;
    std::uint16_t channel = 0;
    StunTransactionId id{};
    unsigned transmissions = 0;
    base::TimePoint again_at = base::kNever;
  };
  /// A peer has a few addresses; a room server that trickles more is not helped.
  static constexpr std::size_t kMaxChannels = 16;

  void ask(base::TimePoint now, std::uint16_t method, std::uint16_t channel);
  void transmit(base::TimePoint now, Request& request);
  void on_channel_data(std::span<std::uint8_t> packet);
  void on_success(base::TimePoint now, const Request& request, const StunMessage& response);
  void on_error(base::TimePoint now, const Request& request, const StunMessage& response);
  void on_lost(const Request& request);
  void write(StunWriter& writer, std::uint16_t method, std::uint16_t channel, std::uint32_t lifetime) const;
  void send_data(const Channel& channel, std::span<const std::uint8_t> data);
  Channel* find(std::uint16_t number);
  void fail(std::string_view why);

  const std::string username_;
  const std::string password_;
  const bool reliable_;
  Sink& sink_;
  State state_ = State::kNew;
  std::string_view failure_;
  std::string realm_;
  std::string nonce_;
  std::string key_;  ///< RFC 8489 section 9.2.2; empty until the server has told its realm
  std::optional<base::Endpoint> relayed_;
  base::TimePoint refresh_at_ = base::kNever;
  std::vector<Channel> channels_;
  std::vector<Request> requests_;
  unsigned challenges_ = 0;  ///< since the last success
};

}  // namespace ringback::webrtc
