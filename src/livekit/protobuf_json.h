#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "livekit/signal_request.h"

namespace google::protobuf {
class Message;
}

/// Protobuf messages as bytes and as JSON. Private to the module's sources.
namespace ringback::livekit {

/// Which of the two JSON dialects of LiveKit is written.
enum class JsonDialect : std::uint8_t {
  kSignal,    ///< protobuf JSON as usual: camelCase, defaults left out (signalling text frames, web hooks)
  kServerApi  ///< snake_case, defaults written, unset messages null, unset optional scalars left out
};

[[nodiscard]] std::string write_json(const google::protobuf::Message& message, JsonDialect dialect);

/// False when the text is not JSON of this message. Names in camelCase and snake_case; unknown fields are
/// ignored.
[[nodiscard]] bool read_json(std::string_view text, google::protobuf::Message* message);
/// False when the bytes are not this message.
[[nodiscard]] bool read_binary(std::string_view bytes, google::protobuf::Message* message);
[[nodiscard]] std::string write_binary(const google::protobuf::Message& message);

}  // namespace ringback::livekit
