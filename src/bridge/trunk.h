#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace ringback::bridge {

enum class TrunkTransport { kAuto, kUdp, kTcp };

/// Where a trunk was configured.
enum class TrunkOrigin { kSettings, kYaml, kApi };

/// An account at a SIP provider (or a PBX): where calls are sent and who we say we are.
struct Trunk {
  std::string id;
  std::string name;
  std::string provider;
  TrunkOrigin origin = TrunkOrigin::kSettings;

  std::string host;        ///< host name or IP literal (IPv6 without brackets)
  std::uint16_t port = 0;  ///< 0: by DNS SRV, else the transport's default
  TrunkTransport transport = TrunkTransport::kAuto;
  std::vector<std::string> numbers;  ///< caller IDs; the first is used
  std::string username;              ///< digest user; empty: no credentials
  std::string password;
  std::string from_user;  ///< user part of SIP_TRUNK_URI, if any: used in From when there is no number
  std::string from_host;  ///< host part of From; empty: host
  std::map<std::string, std::string> headers;  ///< added to the INVITE

  /// "host", "host:5070" or "[::1]:5070": what the attribute sip.hostname shows.
  [[nodiscard]] std::string address() const;
  /// The user part of the From header: first number, else from_user, else username, else "ringback".
  [[nodiscard]] std::string caller() const;
};

/// Reads SIP_TRUNK_URI: sip:host, sip:name@host:port, ;transport=udp|tcp, or a bare host. What we cannot use
/// (sips:, transport=tls) is refused with a sentence.
[[nodiscard]] base::ErrorOr<Trunk> trunk_from_uri(std::string_view uri);

/// Sets host and port from "host", "host:port", "1.2.3.4:5060" or "[::1]:5060" (no scheme, no parameters).
[[nodiscard]] base::ErrorOr<> set_trunk_address(Trunk& trunk, std::string_view address);

/// All trunks, as an immutable snapshot that is swapped whole.
struct TrunkTable {
  std::vector<Trunk> trunks;

  [[nodiscard]] const Trunk* find(std::string_view id) const;
  /// The trunk for a call that names none: the one of the settings, then YAML, then the API; null if there is
  /// none.
  [[nodiscard]] const Trunk* preferred() const;
};

using TrunkTablePtr = std::shared_ptr<const TrunkTable>;

}  // namespace ringback::bridge
