#include "webrtc/ice_transport.h"

#include "crypto/random.h"

namespace ringback::webrtc {
namespace {

constexpr std::size_t kUfragRandom = 10;   // characters of 5.95 bits
constexpr std::size_t kPasswordSize = 24;  // at least 128 bits (RFC 8445 5.3)

std::string_view reason_of(std::uint16_t error) {
  switch (error) {
    case stun_error::kBadRequest:
      return "Bad Request";
    case stun_error::kUnauthorized:
      return "Unauthorized";
    case stun_error::kUnknownAttribute:
      return "Unknown Attribute";
    case stun_error::kRoleConflict:
      return "Role Conflict";
    default:
      return "Error";
  }
}

}  // namespace

IceCredentials IceCredentials::generate(std::string_view prefix) {
  return {std::string(prefix) + crypto::random_token(kUfragRandom), crypto::random_token(kPasswordSize)};
}

void answer_binding(IceTransport::Sink& sink, const StunMessage& request, const IcePath& to,
                    std::string_view password, std::uint16_t error) {
  const auto slot = sink.prepare();
  if (slot.empty()) return;
  StunWriter writer(slot, error == 0 ? StunClass::kSuccess : StunClass::kError, kStunBinding,
                    request.transaction_id());
  if (error == 0) {
    writer.add_mapped_address(to.remote);
  } else {
    writer.add_error_code(error, reason_of(error));
    if (error == stun_error::kUnknownAttribute) writer.add_unknown_attribute(request.unknown_attribute());
  }
  const std::size_t size = writer.finish(password);
  if (size > 0) sink.commit(size, to);
}

}  // namespace ringback::webrtc
