#pragma once

#include <string>
#include <string_view>

#include "livekit/protobuf_json.h"
#include "livekit/twirp.h"

/// Bodies of Twirp requests and answers. Private to the module's sources.
namespace ringback::livekit {

template <class Message>
[[nodiscard]] TwirpResult<Message> read_body(std::string_view body, TwirpFormat format) {
  Message message;
  if (format == TwirpFormat::kJson) {
    if (!read_json(body, &message))
      return base::Failure{TwirpError{
          .code = TwirpCode::kMalformed, .msg = "the json request could not be decoded", .meta = {}}};
  } else if (!read_binary(body, &message)) {
    return base::Failure{TwirpError{
        .code = TwirpCode::kMalformed, .msg = "the protobuf request could not be decoded", .meta = {}}};
  }
  return message;
}

template <class Message>
[[nodiscard]] std::string write_body(const Message& message, TwirpFormat format) {
  return format == TwirpFormat::kJson ? write_json(message, JsonDialect::kServerApi) : write_binary(message);
}

/// Decodes a body and converts the message to a plain value.
template <class Message, class Convert>
[[nodiscard]] auto decode_body(std::string_view body, TwirpFormat format, Convert convert)
    -> TwirpResult<decltype(convert(Message{}))> {
  auto message = read_body<Message>(body, format);
  if (!message) return base::Failure{message.error()};
  return convert(*message);
}

}  // namespace ringback::livekit
