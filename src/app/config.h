#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/setting.h"
#include "base/endpoint.h"
#include "base/error.h"
#include "base/log.h"
#include "base/time.h"
#include "bridge/bus_service.h"
#include "bridge/sip_settings.h"
#include "bridge/trunk.h"
#include "dialer/dialled_number.h"
#include "dialer/livekit_call_service.h"

namespace ringback::app {

/// The settings of `ringback serve`, checked and typed. Made once at start, immutable afterwards.
struct Config {
  std::string api_key;
  std::string api_secret;
  std::string livekit_url;  ///< a LiveKit server elsewhere has the rooms; empty: we do
  std::string room_url;     ///< what browsers get

  std::vector<bridge::Trunk> trunks;
  /// Set when somebody else's rooms and SIP service are used: then neither of ours runs.
  std::optional<dialer::LiveKitCallService::Options> livekit_sip;

  /// Set when ringback takes livekit-sip's place on that server's bus.
  std::optional<bridge::BusService::Options> bus;

  std::vector<std::string> webhook_urls;  ///< of the embedded room server

  std::string database_url;
  std::string node_id;  ///< among the nodes that share a database
  std::string data_dir;
  std::string web_dir;

  std::string http_bind;
  std::uint16_t http_port = 0;
  std::uint16_t room_port = 0;
  std::uint16_t room_udp_port = 0;
  std::uint16_t sip_port = 0;
  base::IpAddress bind_address;    ///< empty: all
  base::IpAddress public_address;  ///< empty: the address bound to

  std::vector<std::string> api_keys;
  std::vector<std::string> cors_origins;
  std::string default_region;
  dialer::NumberCheck number_check = dialer::NumberCheck::kLenient;
  unsigned workers = 1;

  bridge::SipSettings sip;
  base::Duration drain_timeout{};  ///< how long SIGTERM lets live calls go on

  base::LogLevel log_level = base::LogLevel::kInfo;
  base::LogFormat log_format = base::LogFormat::kText;
};

/// Checks every value. The error names setting, value, source and what is accepted.
[[nodiscard]] base::ErrorOr<Config> make_config(const SettingValues& values,
                                                const std::vector<TrunkEntry>& yaml_trunks);

/// Reads the node's name from the data folder, or makes one, where none was given.
[[nodiscard]] base::ErrorOr<> provide_node_id(SettingValues& values);

/// Reads the data folder's keys, or generates them once (file mode 0600), where no key was given.
[[nodiscard]] base::ErrorOr<> provide_keys(SettingValues& values);

}  // namespace ringback::app
