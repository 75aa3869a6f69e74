#include "livekit/bus_message.h"

#include "livekit/protobuf_json.h"
#include "livekit/sip_api.h"
#include "livekit_sip.pb.h"
#include "psrpc.pb.h"

namespace ringback::livekit {
namespace {

namespace wire = ::livekit;

constexpr std::string_view kTypePrefix = "type.googleapis.com/";
constexpr std::string_view kApiPrefix = "twirp error unknown: ";

/// Before psrpc 0.2.9 the body travelled inside an Any.
template <class Any>
std::string body_of(const std::string& raw, bool has_legacy, const Any& legacy) {
  return raw.empty() && has_legacy ? legacy.value() : raw;
}

BusRequest from_wire(const ::internal::Request& from) {
  return {.request_id = from.request_id(),
          .client_id = from.client_id(),
          .sent_at_ns = from.sent_at(),
          .expiry_ns = from.expiry(),
          .body = body_of(from.raw_request(), from.has_request(), from.request())};
}

BusClaim from_wire(const ::internal::ClaimRequest& from) {
  return {.request_id = from.request_id(), .server_id = from.server_id(), .affinity = from.affinity()};
}

BusClaimVerdict from_wire(const ::internal::ClaimResponse& from) {
  return {.request_id = from.request_id(), .server_id = from.server_id()};
}

BusResponse from_wire(const ::internal::Response& from) {
  BusResponse to{.request_id = from.request_id(),
                 .server_id = from.server_id(),
                 .sent_at_ns = from.sent_at(),
                 .body = body_of(from.raw_response(), from.has_response(), from.response()),
                 .error = {}};
  if (from.code().empty() && from.error().empty()) return to;
  BusError error{.code = from.code(), .message = from.error(), .details = {}};
  for (const auto& detail : from.error_details())
    error.details.push_back({detail.type_url(), detail.value()});
  to.error = std::move(error);
  return to;
}

template <class Wire>
std::optional<BusMessage> decode_as(const std::string& value) {
  Wire message;
  if (!read_binary(value, &message)) return std::nullopt;
  return from_wire(message);
}

::internal::Request to_wire(const BusRequest& from) {
  ::internal::Request to;
  to.set_request_id(from.request_id);
  to.set_client_id(from.client_id);
  to.set_sent_at(from.sent_at_ns);
  to.set_expiry(from.expiry_ns);
  to.set_raw_request(from.body);
  return to;
}

::internal::ClaimRequest to_wire(const BusClaim& from) {
  ::internal::ClaimRequest to;
  to.set_request_id(from.request_id);
  to.set_server_id(from.server_id);
  to.set_affinity(from.affinity);
  return to;
}

::internal::ClaimResponse to_wire(const BusClaimVerdict& from) {
  ::internal::ClaimResponse to;
  to.set_request_id(from.request_id);
  to.set_server_id(from.server_id);
  return to;
}

::internal::Response to_wire(const BusResponse& from) {
  ::internal::Response to;
  to.set_request_id(from.request_id);
  to.set_server_id(from.server_id);
  to.set_sent_at(from.sent_at_ns);
  to.set_raw_response(from.body);
  if (from.error) {
    to.set_code(from.error->code);
    to.set_error(from.error->message);
    for (const BusErrorDetail& detail : from.error->details) {
      auto* added = to.add_error_details();
      added->set_type_url(detail.type_url);
      added->set_value(detail.value);
    }
  }
  return to;
}

}  // namespace

std::optional<BusMessage> decode_bus_message(std::string_view payload) {
  ::internal::Msg envelope;
  if (!read_binary(payload, &envelope)) return std::nullopt;
  std::string_view type = envelope.type_url();
  if (!type.starts_with(kTypePrefix)) return std::nullopt;
  type.remove_prefix(kTypePrefix.size());
  if (type == "internal.Request") return decode_as<::internal::Request>(envelope.value());
  if (type == "internal.ClaimRequest") return decode_as<::internal::ClaimRequest>(envelope.value());
  if (type == "internal.ClaimResponse") return decode_as<::internal::ClaimResponse>(envelope.value());
  if (type == "internal.Response") return decode_as<::internal::Response>(envelope.value());
  return std::nullopt;
}

std::string encode(const BusMessage& message) {
  return std::visit(
      [](const auto& value) {
        const auto inner = to_wire(value);
        ::internal::Msg envelope;
        envelope.set_type_url(std::string(kTypePrefix) + inner.GetTypeName());
        envelope.set_value(write_binary(inner));
        return write_binary(envelope);
      },
      message);
}

BusError bus_error_of(const TwirpError& error) {
  BusError to{
      .code = error.code == TwirpCode::kMalformed ? "malformed_request" : std::string(name_of(error.code)),
      .message = error.msg,
      .details = {}};
  // The room server adds these words itself.
  if (to.message.starts_with(kApiPrefix)) to.message.erase(0, kApiPrefix.size());
  if (const auto sip = sip_status_of(error)) {
    wire::SIPStatus status;
    status.set_code(static_cast<wire::SIPStatusCode>(sip->code));
    status.set_status(sip->text);
    to.details.push_back({std::string(kTypePrefix) + status.GetTypeName(), write_binary(status)});
  }
  return to;
}

}  // namespace ringback::livekit
