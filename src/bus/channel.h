#pragma once

#include <compare>
#include <string>
#include <string_view>

namespace ringback::bus {

/// A method of a service on the bus, and the topic (one call, one room) that a server serves it for.
struct Method {
  std::string service;  ///< "SIPInternal"
  std::string name;     ///< "CreateSIPParticipant"
  std::string topic;    ///< "" : none

  auto operator<=>(const Method&) const = default;
};

/// Where clients publish requests: "SIPInternal|CreateSIPParticipant|REQ".
[[nodiscard]] std::string request_channel(const Method& method);
/// Where clients publish whom they have chosen: "...|RCLAIM".
[[nodiscard]] std::string verdict_channel(const Method& method);
/// Where servers publish their claims: "SIPInternal|CLI_x|CLAIM".
[[nodiscard]] std::string claim_channel(std::string_view service, std::string_view client_id);
/// Where servers publish responses: "SIPInternal|CLI_x|RES".
[[nodiscard]] std::string response_channel(std::string_view service, std::string_view client_id);

/// One part of a channel's name: what is not a letter, digit or '_' becomes "u+002d" ("U+0001f600" beyond the
/// basic plane). Bytes that are no UTF-8 count as U+FFFD each.
[[nodiscard]] std::string escaped(std::string_view part);

/// The Redis key that lets one server of many take a request: base64 of the SHA-256 of the published bytes.
[[nodiscard]] std::string queue_lock_key(std::string_view payload);

}  // namespace ringback::bus
