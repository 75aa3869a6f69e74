#include "livekit/data_packet.h"

#include <algorithm>

#include "livekit/protobuf_json.h"
#include "livekit/wire_conversion.h"
#include "livekit/wire_reader.h"
#include "livekit_models.pb.h"

namespace ringback::livekit {
namespace {

/// Field numbers of livekit.DataPacket outside its value.
namespace packet_field {
constexpr std::uint32_t kKind = 1;
constexpr std::uint32_t kParticipantIdentity = 4;
constexpr std::uint32_t kDestinationIdentities = 5;
constexpr std::uint32_t kSequence = 16;
constexpr std::uint32_t kParticipantSid = 17;
}  // namespace packet_field

/// Field numbers of livekit.UserPacket that concern sender and receivers.
namespace user_field {
constexpr std::uint32_t kParticipantSid = 1;
constexpr std::uint32_t kDestinationSids = 3;
constexpr std::uint32_t kParticipantIdentity = 5;
constexpr std::uint32_t kDestinationIdentities = 6;
}  // namespace user_field

/// Receivers that one packet may name; more is not a conversation but an attack on our memory.
constexpr std::size_t kMaxDestinations = 1024;

bool is_value(std::uint32_t number) {
  return number != packet_field::kKind && number != packet_field::kParticipantIdentity &&
         number != packet_field::kDestinationIdentities && number != packet_field::kSequence &&
         number != packet_field::kParticipantSid;
}

DataValue value_of(std::uint32_t number) {
  switch (static_cast<DataValue>(number)) {
    case DataValue::kUser:
    case DataValue::kSpeaker:
    case DataValue::kSipDtmf:
    case DataValue::kTranscription:
    case DataValue::kMetrics:
    case DataValue::kChatMessage:
    case DataValue::kRpcRequest:
    case DataValue::kRpcAck:
    case DataValue::kRpcResponse:
    case DataValue::kStreamHeader:
    case DataValue::kStreamChunk:
    case DataValue::kStreamTrailer:
    case DataValue::kEncryptedPacket:
      return static_cast<DataValue>(number);
    case DataValue::kNone:
    case DataValue::kUnknown:
      break;
  }
  return DataValue::kUnknown;
}

bool add_destination(std::vector<std::string>& list, std::string_view value) {
  if (list.size() >= kMaxDestinations) return false;
  if (std::find(list.begin(), list.end(), value) == list.end()) list.emplace_back(value);
  return true;
}

/// Receivers named by the legacy fields inside a user packet.
bool read_user_destinations(std::string_view user, DataEnvelope& envelope) {
  WireReader reader(user);
  while (const auto field = reader.next()) {
    if (field->type != WireField::Type::kBytes) continue;
    if (field->number == user_field::kDestinationSids &&
        !add_destination(envelope.destination_sids, field->bytes))
      return false;
    if (field->number == user_field::kDestinationIdentities &&
        !add_destination(envelope.destination_identities, field->bytes))
      return false;
  }
  return reader.complete();
}

/// A user packet with the sender's legacy fields replaced.
base::Result<std::string, WireError> stamp_user_packet(std::string_view user, const DataStamp& stamp) {
  std::string out;
  out.reserve(user.size() + stamp.participant_sid.size() + stamp.participant_identity.size() + 8);
  WireReader reader(user);
  while (const auto field = reader.next())
    if (field->number != user_field::kParticipantSid && field->number != user_field::kParticipantIdentity)
      out += field->raw;
  if (!reader.complete()) return base::Failure{WireError::kMalformed};
  if (!stamp.participant_sid.empty())
    append_bytes_field(out, user_field::kParticipantSid, stamp.participant_sid);
  if (!stamp.participant_identity.empty())
    append_bytes_field(out, user_field::kParticipantIdentity, stamp.participant_identity);
  return out;
}

void append_stamp(std::string& out, const DataStamp& stamp) {
  if (stamp.kind != DataPacketKind::kReliable)
    append_varint_field(out, packet_field::kKind, static_cast<std::uint64_t>(stamp.kind));
  if (!stamp.participant_identity.empty())
    append_bytes_field(out, packet_field::kParticipantIdentity, stamp.participant_identity);
  if (stamp.sequence != 0) append_varint_field(out, packet_field::kSequence, stamp.sequence);
  if (!stamp.participant_sid.empty())
    append_bytes_field(out, packet_field::kParticipantSid, stamp.participant_sid);
}

std::optional<wire::DataPacket> parse_whole(std::string_view packet) {
  wire::DataPacket message;
  if (packet.size() > kMaxDataPacket || !read_binary(packet, &message)) return std::nullopt;
  return message;
}

std::string serialize(wire::DataPacket& message, const DataStamp& from) {
  message.set_kind(static_cast<wire::DataPacket_Kind>(from.kind));
  message.set_participant_identity(from.participant_identity);
  message.set_participant_sid(from.participant_sid);
  message.set_sequence(from.sequence);
  return write_binary(message);
}

constexpr std::string_view kDtmfDigits = "0123456789*#ABCD";

}  // namespace

base::Result<DataEnvelope, WireError> parse_data_envelope(std::string_view packet) {
  if (packet.size() > kMaxDataPacket) return base::Failure{WireError::kTooLarge};
  DataEnvelope envelope;
  WireReader reader(packet);
  while (const auto field = reader.next()) {
    const bool is_bytes = field->type == WireField::Type::kBytes;
    if (field->number == packet_field::kKind) {
      envelope.kind = field->varint == 1 ? DataPacketKind::kLossy : DataPacketKind::kReliable;
    } else if (field->number == packet_field::kSequence) {
      envelope.sequence = static_cast<std::uint32_t>(field->varint);
    } else if (field->number == packet_field::kParticipantIdentity && is_bytes) {
      envelope.participant_identity = field->bytes;
    } else if (field->number == packet_field::kParticipantSid && is_bytes) {
      envelope.participant_sid = field->bytes;
    } else if (field->number == packet_field::kDestinationIdentities && is_bytes) {
      if (!add_destination(envelope.destination_identities, field->bytes))
        return base::Failure{WireError::kTooLarge};
    } else if (is_value(field->number)) {
      envelope.value = value_of(field->number);
      if (envelope.value == DataValue::kUser && is_bytes && !read_user_destinations(field->bytes, envelope))
        return base::Failure{WireError::kMalformed};
    }
  }
  if (!reader.complete()) return base::Failure{WireError::kMalformed};
  return envelope;
}

base::Result<std::string, WireError> stamp_data_packet(std::string_view packet, const DataStamp& stamp) {
  if (packet.size() > kMaxDataPacket) return base::Failure{WireError::kTooLarge};
  std::string out;
  out.reserve(packet.size() + 2 * (stamp.participant_sid.size() + stamp.participant_identity.size()) + 24);
  WireReader reader(packet);
  while (const auto field = reader.next()) {
    if (field->number == static_cast<std::uint32_t>(DataValue::kUser) &&
        field->type == WireField::Type::kBytes) {
      auto user = stamp_user_packet(field->bytes, stamp);
      if (!user) return base::Failure{user.error()};
      append_bytes_field(out, field->number, *user);
    } else if (is_value(field->number) || field->number == packet_field::kDestinationIdentities) {
      out += field->raw;
    }
  }
  if (!reader.complete()) return base::Failure{WireError::kMalformed};
  append_stamp(out, stamp);
  return out;
}

std::optional<SipDtmf> sip_dtmf_of(char digit) {
  if (digit >= 'a' && digit <= 'd') digit = static_cast<char>(digit - 'a' + 'A');
  const std::size_t code = kDtmfDigits.find(digit);
  if (code == std::string_view::npos) return std::nullopt;
  return SipDtmf{.code = static_cast<std::uint32_t>(code), .digit = std::string(1, digit)};
}

std::optional<SipDtmf> parse_sip_dtmf(std::string_view packet) {
  const auto message = parse_whole(packet);
  if (!message || !message->has_sip_dtmf()) return std::nullopt;
  // Some senders fill in only one of the two. Code 0 is the digit 0, but also "not given".
  const wire::SipDTMF& dtmf = message->sip_dtmf();
  if (dtmf.digit().size() == 1) {
    if (auto named = sip_dtmf_of(dtmf.digit()[0])) return named;
  }
  if (dtmf.code() >= kDtmfDigits.size()) return std::nullopt;
  return sip_dtmf_of(kDtmfDigits[dtmf.code()]);
}

std::string make_sip_dtmf(const SipDtmf& dtmf, const DataStamp& from) {
  wire::DataPacket message;
  message.mutable_sip_dtmf()->set_code(dtmf.code);
  message.mutable_sip_dtmf()->set_digit(dtmf.digit);
  return serialize(message, from);
}

std::optional<UserPacket> parse_user_packet(std::string_view packet) {
  const auto message = parse_whole(packet);
  if (!message || !message->has_user()) return std::nullopt;
  UserPacket user{.payload = message->user().payload(),
                  .topic = {},
                  .nonce = message->user().nonce(),
                  .destination_identities = from_wire_strings(message->destination_identities())};
  if (message->user().has_topic()) user.topic = message->user().topic();
  return user;
}

std::string make_user_packet(const UserPacket& user, const DataStamp& from) {
  wire::DataPacket message;
  wire::UserPacket* to = message.mutable_user();
  to->set_payload(user.payload);
  if (user.topic) to->set_topic(*user.topic);
  to->set_nonce(user.nonce);
  to->set_participant_sid(from.participant_sid);
  to->set_participant_identity(from.participant_identity);
  to_wire_strings(user.destination_identities, to->mutable_destination_identities());
  to_wire_strings(user.destination_identities, message.mutable_destination_identities());
  return serialize(message, from);
}

std::string make_rpc_request(const RpcRequest& request, const std::string& destination_identity,
                             const DataStamp& from) {
  wire::DataPacket message;
  wire::RpcRequest* to = message.mutable_rpc_request();
  to->set_id(request.id);
  to->set_method(request.method);
  to->set_payload(request.payload);
  to->set_response_timeout_ms(request.response_timeout_ms);
  to->set_version(request.version);
  message.add_destination_identities(destination_identity);
  return serialize(message, from);
}

std::optional<RpcRequest> parse_rpc_request(std::string_view packet) {
  const auto message = parse_whole(packet);
  if (!message || !message->has_rpc_request()) return std::nullopt;
  const wire::RpcRequest& from = message->rpc_request();
  return RpcRequest{.id = from.id(),
                    .method = from.method(),
                    .payload = from.payload(),
                    .response_timeout_ms = from.response_timeout_ms(),
                    .version = from.version()};
}

std::string make_rpc_ack(const RpcAck& ack, const std::string& destination_identity, const DataStamp& from) {
  wire::DataPacket message;
  message.mutable_rpc_ack()->set_request_id(ack.request_id);
  message.add_destination_identities(destination_identity);
  return serialize(message, from);
}

std::string make_rpc_response(const RpcResponse& response, const std::string& destination_identity,
                              const DataStamp& from) {
  wire::DataPacket message;
  wire::RpcResponse* to = message.mutable_rpc_response();
  to->set_request_id(response.request_id);
  if (response.error) {
    to->mutable_error()->set_code(response.error->code);
    to->mutable_error()->set_message(response.error->message);
    to->mutable_error()->set_data(response.error->data);
  } else {
    to->set_payload(response.payload);
  }
  message.add_destination_identities(destination_identity);
  return serialize(message, from);
}

std::optional<RpcAck> parse_rpc_ack(std::string_view packet) {
  const auto message = parse_whole(packet);
  if (!message || !message->has_rpc_ack()) return std::nullopt;
  return RpcAck{message->rpc_ack().request_id()};
}

std::optional<RpcResponse> parse_rpc_response(std::string_view packet) {
  const auto message = parse_whole(packet);
  if (!message || !message->has_rpc_response()) return std::nullopt;
  const wire::RpcResponse& from = message->rpc_response();
  RpcResponse response{.request_id = from.request_id(), .payload = from.payload(), .error = {}};
  if (from.has_error())
    response.error = RpcResponse::Error{
        .code = from.error().code(), .message = from.error().message(), .data = from.error().data()};
  return response;
}

}  // namespace ringback::livekit
