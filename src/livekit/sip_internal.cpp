#include "livekit/sip_internal.h"

#include "livekit/protobuf_json.h"
#include "livekit/sip_wire.h"
#include "livekit/wire_conversion.h"
#include "livekit_rpc.pb.h"

namespace ringback::livekit {
namespace {

constexpr std::int64_t kNanosPerSecond = 1'000'000'000;

}  // namespace

std::optional<InternalSipCall> decode_internal_sip_call(std::string_view body) {
  ::rpc::InternalCreateSIPParticipantRequest from;
  if (!read_binary(body, &from)) return std::nullopt;
  InternalSipCall to;
  to.sip_call_id = from.sip_call_id();
  to.sip_trunk_id = from.sip_trunk_id();
  to.address = from.address();
  to.transport = static_cast<SipTransport>(from.transport());
  to.from_host = from.hostname();
  to.number = from.number();
  to.call_to = from.call_to();
  to.username = from.username();
  to.password = from.password();
  to.room_name = from.room_name();
  to.participant_identity = from.participant_identity();
  to.participant_name = from.participant_name();
  to.participant_metadata = from.participant_metadata();
  to.participant_attributes = from_wire_map(from.participant_attributes());
  to.ws_url = from.ws_url();
  to.token = from.token();
  to.dtmf = from.dtmf();
  to.play_dialtone = from.play_dialtone();
  to.headers = from_wire_map(from.headers());
  to.headers_to_attributes = from_wire_map(from.headers_to_attributes());
  to.attributes_to_headers = from_wire_map(from.attributes_to_headers());
  to.include_headers = static_cast<SipHeaderOptions>(from.include_headers());
  to.ringing_timeout = from_wire(from.ringing_timeout());
  to.max_call_duration = from_wire(from.max_call_duration());
  to.media_encryption = static_cast<SipMediaEncryption>(from.media_encryption());
  if (from.has_media()) to.media = from_wire(from.media());
  to.wait_until_answered = from.wait_until_answered();
  if (from.has_display_name()) to.display_name = from.display_name();
  if (from.has_sip_request_uri()) to.sip_request_uri = from_wire(from.sip_request_uri());
  if (from.has_sip_from_header()) to.sip_from_header = from_wire(from.sip_from_header());
  if (from.has_sip_to_header()) to.sip_to_header = from_wire(from.sip_to_header());
  return to;
}

std::string encode(const InternalSipCall& from) {
  ::rpc::InternalCreateSIPParticipantRequest to;
  to.set_sip_call_id(from.sip_call_id);
  to.set_sip_trunk_id(from.sip_trunk_id);
  to.set_address(from.address);
  to.set_transport(static_cast<wire::SIPTransport>(from.transport));
  to.set_hostname(from.from_host);
  to.set_number(from.number);
  to.set_call_to(from.call_to);
  to.set_username(from.username);
  to.set_password(from.password);
  to.set_room_name(from.room_name);
  to.set_participant_identity(from.participant_identity);
  to.set_participant_name(from.participant_name);
  to.set_participant_metadata(from.participant_metadata);
  to_wire_map(from.participant_attributes, to.mutable_participant_attributes());
  to.set_ws_url(from.ws_url);
  to.set_token(from.token);
  to.set_dtmf(from.dtmf);
  to.set_play_dialtone(from.play_dialtone);
  to_wire_map(from.headers, to.mutable_headers());
  to_wire_map(from.headers_to_attributes, to.mutable_headers_to_attributes());
  to_wire_map(from.attributes_to_headers, to.mutable_attributes_to_headers());
  to.set_include_headers(static_cast<wire::SIPHeaderOptions>(from.include_headers));
  if (from.ringing_timeout > base::Duration::zero())
    to_wire(from.ringing_timeout, to.mutable_ringing_timeout());
  if (from.max_call_duration > base::Duration::zero())
    to_wire(from.max_call_duration, to.mutable_max_call_duration());
  to.set_media_encryption(static_cast<wire::SIPMediaEncryption>(from.media_encryption));
  if (from.media) to_wire(*from.media, to.mutable_media());
  to.set_wait_until_answered(from.wait_until_answered);
  if (from.display_name) to.set_display_name(*from.display_name);
  if (from.sip_request_uri) to_wire(*from.sip_request_uri, to.mutable_sip_request_uri());
  if (from.sip_from_header) to_wire(*from.sip_from_header, to.mutable_sip_from_header());
  if (from.sip_to_header) to_wire(*from.sip_to_header, to.mutable_sip_to_header());
  return write_binary(to);
}

std::string encode_internal_sip_answer(const SipParticipantInfo& participant) {
  ::rpc::InternalCreateSIPParticipantResponse to;
  to.set_participant_id(participant.participant_id);
  to.set_participant_identity(participant.participant_identity);
  to.set_sip_call_id(participant.sip_call_id);
  return write_binary(to);
}

std::string encode_update_sip_call_state(const SipCallInfo& from) {
  ::rpc::UpdateSIPCallStateRequest request;
  wire::SIPCallInfo* const to = request.mutable_call_info();
  to->set_call_id(from.call_id);
  to->set_sip_call_id(from.sip_call_id);
  to->set_trunk_id(from.trunk_id);
  to->set_room_name(from.room_name);
  to->set_participant_identity(from.participant_identity);
  to_wire_map(from.participant_attributes, to->mutable_participant_attributes());
  to_wire(from.from, to->mutable_from_uri());
  to_wire(from.to, to->mutable_to_uri());
  to->set_call_direction(wire::SCD_OUTBOUND);
  to->set_call_status(static_cast<wire::SIPCallStatus>(from.status));
  to->set_created_at_ns(from.created_at_ns);
  to->set_started_at_ns(from.started_at_ns);
  to->set_ended_at_ns(from.ended_at_ns);
  // Readers from before the nanoseconds look at these.
  to->set_created_at(from.created_at_ns / kNanosPerSecond);
  to->set_started_at(from.started_at_ns / kNanosPerSecond);
  to->set_ended_at(from.ended_at_ns / kNanosPerSecond);
  to->set_disconnect_reason(static_cast<wire::DisconnectReason>(from.disconnect_reason));
  to->set_error(from.error);
  if (from.final_status) {
    to->mutable_call_status_code()->set_code(static_cast<wire::SIPStatusCode>(from.final_status->code));
    to->mutable_call_status_code()->set_status(from.final_status->text);
  }
  to->set_audio_codec(from.audio_codec);
  return write_binary(request);
}

}  // namespace ringback::livekit
