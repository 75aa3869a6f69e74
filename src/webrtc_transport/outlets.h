#pragma once

#include <memory>

#include "net/stream.h"

namespace ringback::net {
class Front;
class Resolver;
}  // namespace ringback::net

namespace ringback::webrtc_transport {

/// What a connection to a server elsewhere needs to leave by other ways than UDP. All must outlive the ports
/// that use it.
struct Outlets {
  net::Front* front = nullptr;               ///< has the TCP and TLS connections
  net::Resolver* resolver = nullptr;         ///< for the names of TURN servers; used on the front
  std::shared_ptr<net::TlsClient> tls = {};  ///< for TURN by TLS; null: there is none
};

}  // namespace ringback::webrtc_transport
