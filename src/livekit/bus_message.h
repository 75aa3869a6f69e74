#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "livekit/twirp.h"

/// The envelope of LiveKit's message bus (psrpc over Redis): what livekit-server and its SIP service publish
/// to each other. Who says what when is bus/rpc_server.h and bus/rpc_client.h. Times are nanoseconds since
/// the Unix epoch.
namespace ringback::livekit {

/// A client asks: the servers of a method.
struct BusRequest {
  std::string request_id;  ///< "REQ_..."
  std::string client_id;   ///< "CLI_...": where claims and the response go
  std::int64_t sent_at_ns = 0;
  std::int64_t expiry_ns = 0;  ///< the client waits no longer than that
  std::string body;            ///< the encoded message of the method
};

/// A server offers to serve a request.
struct BusClaim {
  std::string request_id;
  std::string server_id;  ///< "SRV_..."
  float affinity = 1;     ///< above 0; old clients take the greatest, newer ones the first
};

/// The client has chosen who serves.
struct BusClaimVerdict {
  std::string request_id;
  std::string server_id;
};

/// A protobuf Any.
struct BusErrorDetail {
  std::string type_url;
  std::string value;
};

struct BusError {
  std::string code;  ///< "not_found": as in Twirp, with a few of its own
  std::string message;
  std::vector<BusErrorDetail> details;
};

struct BusResponse {
  std::string request_id;
  std::string server_id;
  std::int64_t sent_at_ns = 0;
  std::string body;  ///< the encoded answer of the method; may be empty
  std::optional<BusError> error;
};

using BusMessage = std::variant<BusRequest, BusClaim, BusClaimVerdict, BusResponse>;

/// nullopt for what is none of these, including the stream messages that livekit-servers exchange.
[[nodiscard]] std::optional<BusMessage> decode_bus_message(std::string_view payload);
[[nodiscard]] std::string encode(const BusMessage& message);

/// An error of the server API as the bus carries it, the SIP status among its details where there is one: the
/// room server makes of it what its users then see.
[[nodiscard]] BusError bus_error_of(const TwirpError& error);

}  // namespace ringback::livekit
