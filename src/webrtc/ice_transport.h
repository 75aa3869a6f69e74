#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/endpoint.h"
#include "base/time.h"
#include "webrtc/candidate.h"
#include "webrtc/ice_path.h"
#include "webrtc/stun.h"

namespace ringback::webrtc {

/// User name fragment and password of one side (RFC 8445 5.3).
struct IceCredentials {
  std::string ufrag;
  std::string password;

  /// Fresh random ones; the fragment starts with `prefix` and has 48 random bits or more behind it.
  static IceCredentials generate(std::string_view prefix);
  bool operator==(const IceCredentials&) const = default;
};

/// What became of a STUN message.
enum class StunOutcome : std::uint8_t {
  kRefused,        ///< malformed, wrong credentials, unexpected; perhaps answered with an error
  kAuthenticated,  ///< made with the right password: its source belongs to the peer
};

/// ICE for one component, in either implementation (IceLite, IceAgent).
///
/// Driven by its PeerConnection and with it confined to one thread; never re-entered by the sink.
class IceTransport {
 public:
  /// Where datagrams go; see PeerConnection::Sink.
  class Sink {
   public:
    virtual std::span<std::uint8_t> prepare() = 0;
    virtual void commit(std::size_t size, const IcePath& to) = 0;

   protected:
    ~Sink() = default;
  };

  virtual ~IceTransport() = default;

  [[nodiscard]] virtual const IceCredentials& local() const = 0;
  /// The present fragment, then the one that a restart replaced as long as it is still valid.
  [[nodiscard]] virtual std::vector<std::string> local_ufrags() const = 0;
  /// New credentials of ours; what was selected stays in use until the new ones selected something.
  virtual void restart(IceCredentials local) = 0;
  /// The peer's credentials: first ones, or new ones after a restart.
  virtual void set_remote(base::TimePoint now, IceCredentials remote) = 0;
  virtual void add_remote_candidate(base::TimePoint now, const Candidate& candidate) = 0;

  /// A TURN relay that works (a lite agent needs none).
  virtual void add_relay(base::TimePoint, IcePath::Via) {}

  virtual StunOutcome receive(base::TimePoint now, std::span<const std::uint8_t> datagram,
                              const IcePath& from) = 0;
  virtual void advance(base::TimePoint now) = 0;
  [[nodiscard]] virtual base::TimePoint next_deadline() const = 0;

  /// Whether an authenticated check or answer came from there.
  [[nodiscard]] virtual bool is_peer(const IcePath& path) const = 0;
  /// Where to send; the nominated path, or before nomination one that works.
  [[nodiscard]] virtual const std::optional<IcePath>& selected() const = 0;
  /// When the peer last proved to be there by ICE; meaningless before anything was selected.
  [[nodiscard]] virtual base::TimePoint last_heard() const = 0;
  /// All hope is lost: every candidate pair failed (a lite agent never says so).
  [[nodiscard]] virtual bool exhausted() const = 0;
};

/// Answers a binding request: success with the sender's address, or an error (then `error` is not 0).
void answer_binding(IceTransport::Sink& sink, const StunMessage& request, const IcePath& to,
                    std::string_view password, std::uint16_t error = 0);

}  // namespace ringback::webrtc
