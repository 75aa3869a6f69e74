#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/endpoint.h"
#include "base/result.h"
#include "base/time.h"

namespace ringback::net {

class Front;

enum class Transport : std::uint8_t { kUdp, kTcp, kTls };
/// "udp", "tcp", "tls".
[[nodiscard]] std::string_view to_string(Transport transport);

/// One place to try, in the order of the list that holds it.
struct Target {
  Transport transport = Transport::kUdp;
  base::Endpoint endpoint;
  std::string name = {};  ///< the host name that led here; for logs, and for checking a certificate
  bool operator==(const Target&) const = default;
};

struct ResolveRequest {
  std::string host = {};   ///< a name or a numeric address (IPv6 with or without brackets)
  std::uint16_t port = 0;  ///< 0: not given in the URI
  std::optional<Transport> transport = std::nullopt;  ///< the URI's transport parameter
  bool secure = false;                                ///< sips: only TLS will do
};

struct ResolveError {
  enum class Kind : std::uint8_t {
    kBadName,      ///< not a host name at all
    kNoSuchName,   ///< the name servers say that the name does not exist
    kNoRecords,    ///< the name exists but has no address
    kNoAnswer,     ///< no name server answered in time, or all refuse
    kServerError,  ///< an answer came that cannot be used
  };
  Kind kind;
  std::string message = {};  ///< a sentence that names the host: "the name sip.exmaple.com does not exist"
};

/// DNS for SIP (RFC 3263): NAPTR, SRV, A and AAAA, through c-ares on the front thread, /etc/hosts first.
/// All calls and callbacks on the front thread. A callback never comes before the call that it belongs to
/// returns, and never after the resolver's destruction: what is then under way is dropped.
class Resolver {
 public:
  struct Options {
    std::string servers = {};  ///< "192.0.2.53,192.0.2.54:5353"; empty: /etc/resolv.conf
    base::Duration timeout = std::chrono::seconds(2);  ///< of one try at one server
    unsigned tries = 2;
    bool ipv4 = true;
    bool ipv6 = true;
    /// Transports that we can speak; NAPTR and SRV records for others are ignored.
    std::vector<Transport> transports = {Transport::kUdp, Transport::kTcp};
  };
  using Targets = base::Result<std::vector<Target>, ResolveError>;
  using Callback = std::function<void(Targets)>;
  using Addresses = base::Result<std::vector<base::IpAddress>, ResolveError>;

  Resolver(Front& front, Options options);
  ~Resolver();

  /// The ordered list of targets, never empty when it succeeds. At most 16.
  void resolve(const ResolveRequest& request, Callback callback);
  /// Addresses of a name, for what is not SIP.
  void resolve_addresses(const std::string& host, std::function<void(Addresses)> callback);

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace ringback::net
