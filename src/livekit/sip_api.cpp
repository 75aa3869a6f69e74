#include "livekit/sip_api.h"

#include <algorithm>

#include "livekit/sip_wire.h"
#include "livekit/twirp_body.h"
#include "livekit/wire_conversion.h"
#include "livekit_sip.pb.h"

namespace ringback::livekit {
namespace {

using livekit::from_wire;
using livekit::to_wire;

SipOutboundTrunk from_wire(const wire::SIPOutboundTrunkInfo& from) {
  SipOutboundTrunk to{.sip_trunk_id = from.sip_trunk_id(),
                      .name = from.name(),
                      .metadata = from.metadata(),
                      .address = from.address(),
                      .destination_country = from.destination_country(),
                      .transport = static_cast<SipTransport>(from.transport()),
                      .numbers = from_wire_strings(from.numbers()),
                      .auth_username = from.auth_username(),
                      .auth_password = from.auth_password(),
                      .headers = from_wire_map(from.headers()),
                      .headers_to_attributes = from_wire_map(from.headers_to_attributes()),
                      .attributes_to_headers = from_wire_map(from.attributes_to_headers()),
                      .include_headers = static_cast<SipHeaderOptions>(from.include_headers()),
                      .media_encryption = static_cast<SipMediaEncryption>(from.media_encryption()),
                      .media = {},
                      .from_host = from.from_host()};
  if (from.has_media()) to.media = from_wire(from.media());
  return to;
}

void to_wire(const SipOutboundTrunk& from, wire::SIPOutboundTrunkInfo* to) {
  to->set_sip_trunk_id(from.sip_trunk_id);
  to->set_name(from.name);
  to->set_metadata(from.metadata);
  to->set_address(from.address);
  to->set_destination_country(from.destination_country);
  to->set_transport(static_cast<wire::SIPTransport>(from.transport));
  to_wire_strings(from.numbers, to->mutable_numbers());
  to->set_auth_username(from.auth_username);
  to->set_auth_password(from.auth_password);
  to_wire_map(from.headers, to->mutable_headers());
  to_wire_map(from.headers_to_attributes, to->mutable_headers_to_attributes());
  to_wire_map(from.attributes_to_headers, to->mutable_attributes_to_headers());
  to->set_include_headers(static_cast<wire::SIPHeaderOptions>(from.include_headers));
  to->set_media_encryption(static_cast<wire::SIPMediaEncryption>(from.media_encryption));
  if (from.media) to_wire(*from.media, to->mutable_media());
  to->set_from_host(from.from_host);
}

SipOutboundTrunkUpdate from_wire(const wire::SIPOutboundTrunkUpdate& from) {
  SipOutboundTrunkUpdate to;
  if (from.has_address()) to.address = from.address();
  if (from.has_transport()) to.transport = static_cast<SipTransport>(from.transport());
  if (from.has_destination_country()) to.destination_country = from.destination_country();
  if (from.has_numbers())
    to.numbers = ListUpdate{.set = from_wire_strings(from.numbers().set()),
                            .add = from_wire_strings(from.numbers().add()),
                            .remove = from_wire_strings(from.numbers().remove()),
                            .clear = from.numbers().clear()};
  if (from.has_auth_username()) to.auth_username = from.auth_username();
  if (from.has_auth_password()) to.auth_password = from.auth_password();
  if (from.has_name()) to.name = from.name();
  if (from.has_metadata()) to.metadata = from.metadata();
  if (from.has_media_encryption())
    to.media_encryption = static_cast<SipMediaEncryption>(from.media_encryption());
  if (from.has_media()) to.media = from_wire(from.media());
  if (from.has_from_host()) to.from_host = from.from_host();
  return to;
}

SipOutboundConfig from_wire(const wire::SIPOutboundConfig& from) {
  return {.hostname = from.hostname(),
          .destination_country = from.destination_country(),
          .transport = static_cast<SipTransport>(from.transport()),
          .auth_username = from.auth_username(),
          .auth_password = from.auth_password(),
          .headers_to_attributes = from_wire_map(from.headers_to_attributes()),
          .attributes_to_headers = from_wire_map(from.attributes_to_headers()),
          .from_host = from.from_host()};
}

void to_wire(const SipOutboundConfig& from, wire::SIPOutboundConfig* to) {
  to->set_hostname(from.hostname);
  to->set_destination_country(from.destination_country);
  to->set_transport(static_cast<wire::SIPTransport>(from.transport));
  to->set_auth_username(from.auth_username);
  to->set_auth_password(from.auth_password);
  to_wire_map(from.headers_to_attributes, to->mutable_headers_to_attributes());
  to_wire_map(from.attributes_to_headers, to->mutable_attributes_to_headers());
  to->set_from_host(from.from_host);
}

void to_wire(const CreateSipParticipantRequest& from, wire::CreateSIPParticipantRequest* to) {
  to->set_sip_trunk_id(from.sip_trunk_id);
  if (from.trunk) to_wire(*from.trunk, to->mutable_trunk());
  if (from.sip_request_uri) to_wire(*from.sip_request_uri, to->mutable_sip_request_uri());
  if (from.sip_to_header) to_wire(*from.sip_to_header, to->mutable_sip_to_header());
  if (from.sip_from_header) to_wire(*from.sip_from_header, to->mutable_sip_from_header());
  to->set_sip_call_to(from.sip_call_to);
  to->set_sip_number(from.sip_number);
  to->set_room_name(from.room_name);
  to->set_participant_identity(from.participant_identity);
  to->set_participant_name(from.participant_name);
  to->set_participant_metadata(from.participant_metadata);
  to_wire_map(from.participant_attributes, to->mutable_participant_attributes());
  to->set_dtmf(from.dtmf);
  to->set_play_dialtone(from.play_dialtone);
  to->set_hide_phone_number(from.hide_phone_number);
  to_wire_map(from.headers, to->mutable_headers());
  to->set_include_headers(static_cast<wire::SIPHeaderOptions>(from.include_headers));
  if (from.ringing_timeout > base::Duration::zero())
    to_wire(from.ringing_timeout, to->mutable_ringing_timeout());
  if (from.max_call_duration > base::Duration::zero())
    to_wire(from.max_call_duration, to->mutable_max_call_duration());
  to->set_krisp_enabled(from.krisp_enabled);
  to->set_media_encryption(static_cast<wire::SIPMediaEncryption>(from.media_encryption));
  if (from.media) to_wire(*from.media, to->mutable_media());
  to->set_wait_until_answered(from.wait_until_answered);
  if (from.display_name) to->set_display_name(*from.display_name);
  if (from.destination) {
    to->mutable_destination()->set_city(from.destination->city);
    to->mutable_destination()->set_country(from.destination->country);
    to->mutable_destination()->set_region(from.destination->region);
  }
}

CreateSipParticipantRequest from_wire(const wire::CreateSIPParticipantRequest& from) {
  CreateSipParticipantRequest to;
  to.sip_trunk_id = from.sip_trunk_id();
  if (from.has_trunk()) to.trunk = from_wire(from.trunk());
  if (from.has_sip_request_uri()) to.sip_request_uri = from_wire(from.sip_request_uri());
  if (from.has_sip_to_header()) to.sip_to_header = from_wire(from.sip_to_header());
  if (from.has_sip_from_header()) to.sip_from_header = from_wire(from.sip_from_header());
  to.sip_call_to = from.sip_call_to();
  to.sip_number = from.sip_number();
  to.room_name = from.room_name();
  to.participant_identity = from.participant_identity();
  to.participant_name = from.participant_name();
  to.participant_metadata = from.participant_metadata();
  to.participant_attributes = from_wire_map(from.participant_attributes());
  to.dtmf = from.dtmf();
  to.play_dialtone = from.play_dialtone() || from.play_ringtone();
  to.hide_phone_number = from.hide_phone_number();
  to.headers = from_wire_map(from.headers());
  to.include_headers = static_cast<SipHeaderOptions>(from.include_headers());
  to.ringing_timeout = from_wire(from.ringing_timeout());
  to.max_call_duration = from_wire(from.max_call_duration());
  to.krisp_enabled = from.krisp_enabled();
  to.media_encryption = static_cast<SipMediaEncryption>(from.media_encryption());
  if (from.has_media()) to.media = from_wire(from.media());
  to.wait_until_answered = from.wait_until_answered();
  if (from.has_display_name()) to.display_name = from.display_name();
  if (from.has_destination())
    to.destination = SipDestination{.city = from.destination().city(),
                                    .country = from.destination().country(),
                                    .region = from.destination().region()};
  return to;
}

}  // namespace

TwirpResult<CreateSipOutboundTrunkRequest> decode_create_sip_outbound_trunk(std::string_view body,
                                                                            TwirpFormat format) {
  return decode_body<wire::CreateSIPOutboundTrunkRequest>(
      body, format, [](const wire::CreateSIPOutboundTrunkRequest& from) {
        CreateSipOutboundTrunkRequest to;
        if (from.has_trunk()) to.trunk = from_wire(from.trunk());
        return to;
      });
}

TwirpResult<UpdateSipOutboundTrunkRequest> decode_update_sip_outbound_trunk(std::string_view body,
                                                                            TwirpFormat format) {
  return decode_body<wire::UpdateSIPOutboundTrunkRequest>(
      body, format, [](const wire::UpdateSIPOutboundTrunkRequest& from) {
        UpdateSipOutboundTrunkRequest to{.sip_trunk_id = from.sip_trunk_id(), .action = {}};
        if (from.has_replace()) to.action = from_wire(from.replace());
        if (from.has_update()) to.action = from_wire(from.update());
        return to;
      });
}

TwirpResult<GetSipTrunkRequest> decode_get_sip_trunk(std::string_view body, TwirpFormat format) {
  return decode_body<wire::GetSIPOutboundTrunkRequest>(
      body, format,
      [](const wire::GetSIPOutboundTrunkRequest& from) { return GetSipTrunkRequest{from.sip_trunk_id()}; });
}

TwirpResult<ListSipTrunksRequest> decode_list_sip_trunks(std::string_view body, TwirpFormat format) {
  return decode_body<wire::ListSIPOutboundTrunkRequest>(
      body, format, [](const wire::ListSIPOutboundTrunkRequest& from) {
        return ListSipTrunksRequest{.trunk_ids = from_wire_strings(from.trunk_ids()),
                                    .numbers = from_wire_strings(from.numbers()),
                                    .after_id = from.page().after_id()};
      });
}

TwirpResult<DeleteSipTrunkRequest> decode_delete_sip_trunk(std::string_view body, TwirpFormat format) {
  return decode_body<wire::DeleteSIPTrunkRequest>(body, format, [](const wire::DeleteSIPTrunkRequest& from) {
    return DeleteSipTrunkRequest{from.sip_trunk_id()};
  });
}

TwirpResult<CreateSipParticipantRequest> decode_create_sip_participant(std::string_view body,
                                                                       TwirpFormat format) {
  return decode_body<wire::CreateSIPParticipantRequest>(
      body, format, [](const wire::CreateSIPParticipantRequest& from) { return from_wire(from); });
}

TwirpResult<TransferSipParticipantRequest> decode_transfer_sip_participant(std::string_view body,
                                                                           TwirpFormat format) {
  return decode_body<wire::TransferSIPParticipantRequest>(
      body, format, [](const wire::TransferSIPParticipantRequest& from) {
        return TransferSipParticipantRequest{.participant_identity = from.participant_identity(),
                                             .room_name = from.room_name(),
                                             .transfer_to = from.transfer_to(),
                                             .play_dialtone = from.play_dialtone(),
                                             .headers = from_wire_map(from.headers()),
                                             .ringing_timeout = from_wire(from.ringing_timeout())};
      });
}

std::string encode(const SipOutboundTrunk& response, TwirpFormat format) {
  wire::SIPOutboundTrunkInfo message;
  to_wire(response, &message);
  return write_body(message, format);
}

std::string encode(const GetSipOutboundTrunkResponse& response, TwirpFormat format) {
  wire::GetSIPOutboundTrunkResponse message;
  to_wire(response.trunk, message.mutable_trunk());
  return write_body(message, format);
}

std::string encode(const ListSipOutboundTrunksResponse& response, TwirpFormat format) {
  wire::ListSIPOutboundTrunkResponse message;
  for (const SipOutboundTrunk& trunk : response.items) to_wire(trunk, message.add_items());
  return write_body(message, format);
}

std::string encode(const DeletedSipTrunk& response, TwirpFormat format) {
  wire::SIPTrunkInfo message;
  message.set_sip_trunk_id(response.sip_trunk_id);
  return write_body(message, format);
}

std::string encode(const SipParticipantInfo& response, TwirpFormat format) {
  wire::SIPParticipantInfo message;
  message.set_participant_id(response.participant_id);
  message.set_participant_identity(response.participant_identity);
  message.set_room_name(response.room_name);
  message.set_sip_call_id(response.sip_call_id);
  return write_body(message, format);
}

std::string encode(const EmptySipList&, TwirpFormat format) {
  return write_body(wire::ListSIPOutboundTrunkResponse{}, format);
}

std::string encode(const CreateSipParticipantRequest& request, TwirpFormat format) {
  wire::CreateSIPParticipantRequest message;
  to_wire(request, &message);
  return write_body(message, format);
}

std::string encode(const CreateSipOutboundTrunkRequest& request, TwirpFormat format) {
  wire::CreateSIPOutboundTrunkRequest message;
  if (request.trunk) to_wire(*request.trunk, message.mutable_trunk());
  return write_body(message, format);
}

TwirpResult<SipParticipantInfo> decode_sip_participant(std::string_view body, TwirpFormat format) {
  return decode_body<wire::SIPParticipantInfo>(body, format, [](const wire::SIPParticipantInfo& from) {
    return SipParticipantInfo{.participant_id = from.participant_id(),
                              .participant_identity = from.participant_identity(),
                              .room_name = from.room_name(),
                              .sip_call_id = from.sip_call_id()};
  });
}

TwirpResult<SipOutboundTrunk> decode_sip_outbound_trunk(std::string_view body, TwirpFormat format) {
  return decode_body<wire::SIPOutboundTrunkInfo>(
      body, format, [](const wire::SIPOutboundTrunkInfo& from) { return from_wire(from); });
}

}  // namespace ringback::livekit
