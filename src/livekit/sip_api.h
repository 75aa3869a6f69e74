#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/time.h"
#include "livekit/model.h"
#include "livekit/twirp.h"

/// Messages of LiveKit's SIP API (livekit.SIP) that concern outbound calls, and the rules that requests must
/// meet. Messages that clients read are LiveKit's own, word for word. sip_inbound_api.h has inbound trunks
/// and dispatch rules.
namespace ringback::livekit {

enum class SipTransport : std::int32_t { kAuto = 0, kUdp = 1, kTcp = 2, kTls = 3 };
enum class SipHeaderOptions : std::int32_t { kNone = 0, kXHeaders = 1, kAll = 2 };
enum class SipMediaEncryption : std::int32_t { kDisable = 0, kAllow = 1, kRequire = 2 };

using StringMap = std::map<std::string, std::string>;

struct SipCodec {
  std::string name;        ///< "PCMU", as in SDP
  std::uint32_t rate = 0;  ///< RTP clock; 0: the codec's own
};

struct SipMediaConfig {
  bool only_listed_codecs = false;
  std::vector<SipCodec> codecs;
  std::optional<SipMediaEncryption> encryption;
  std::optional<base::Duration> media_timeout;
};

/// A trunk to call out through.
struct SipOutboundTrunk {
  std::string sip_trunk_id;  ///< "ST_..."
  std::string name;
  std::string metadata;
  std::string address;  ///< host or IP, optionally ":port"; no scheme, no parameters
  std::string destination_country;
  SipTransport transport = SipTransport::kAuto;
  std::vector<std::string> numbers;  ///< caller numbers; one is picked per call
  std::string auth_username;
  std::string auth_password;
  StringMap headers;                ///< added to the INVITE
  StringMap headers_to_attributes;  ///< header of the 200 OK -> participant attribute
  StringMap attributes_to_headers;  ///< participant attribute -> header of BYE and REFER
  SipHeaderOptions include_headers = SipHeaderOptions::kNone;
  SipMediaEncryption media_encryption = SipMediaEncryption::kDisable;  ///< deprecated; see media.encryption
  std::optional<SipMediaConfig> media;
  std::string from_host;
};

/// A change to a list: `clear` alone, `set` alone, or `remove` and then `add`.
struct ListUpdate {
  std::vector<std::string> set;
  std::vector<std::string> add;
  std::vector<std::string> remove;
  bool clear = false;
};

/// Absent fields stay as they are.
struct SipOutboundTrunkUpdate {
  std::optional<std::string> address;
  std::optional<SipTransport> transport;
  std::optional<std::string> destination_country;
  std::optional<ListUpdate> numbers;
  std::optional<std::string> auth_username;
  std::optional<std::string> auth_password;
  std::optional<std::string> name;
  std::optional<std::string> metadata;
  std::optional<SipMediaEncryption> media_encryption;
  std::optional<SipMediaConfig> media;  ///< replaces the whole
  std::optional<std::string> from_host;
};

struct CreateSipOutboundTrunkRequest {
  std::optional<SipOutboundTrunk> trunk;
};

struct UpdateSipOutboundTrunkRequest {
  std::string sip_trunk_id;
  std::variant<std::monostate, SipOutboundTrunk, SipOutboundTrunkUpdate> action;  ///< replace or update
};

struct GetSipTrunkRequest {
  std::string sip_trunk_id;
};

struct ListSipTrunksRequest {
  std::vector<std::string> trunk_ids;  ///< empty: all
  std::vector<std::string> numbers;    ///< empty: all
  std::string after_id;                ///< only ids strictly greater
};

struct DeleteSipTrunkRequest {
  std::string sip_trunk_id;
};

/// A trunk given inside CreateSIPParticipant instead of a stored one.
struct SipOutboundConfig {
  std::string hostname;
  std::string destination_country;
  SipTransport transport = SipTransport::kAuto;
  std::string auth_username;
  std::string auth_password;
  StringMap headers_to_attributes;
  StringMap attributes_to_headers;
  std::string from_host;
};

struct SipUri {
  std::string user;
  std::string host;
  std::string ip;
  std::uint32_t port = 0;
  SipTransport transport = SipTransport::kAuto;
};

/// A SIP address as text or in parts.
using SipRequestDest = std::variant<std::monostate, std::string, SipUri>;

struct SipNamedDest {
  std::string display_name;
  SipRequestDest uri;
};

struct SipDestination {
  std::string city;
  std::string country;
  std::string region;
};

struct CreateSipParticipantRequest {
  std::string sip_trunk_id;
  std::optional<SipOutboundConfig> trunk;
  std::optional<SipRequestDest> sip_request_uri;
  std::optional<SipNamedDest> sip_to_header;
  std::optional<SipNamedDest> sip_from_header;
  std::string sip_call_to;  ///< number or SIP user to dial
  std::string sip_number;   ///< caller number; empty: one of the trunk's
  std::string room_name;
  std::string participant_identity;  ///< empty: see participant_identity_of()
  std::string participant_name;
  std::string participant_metadata;
  Attributes participant_attributes;
  std::string dtmf;            ///< sent after the answer; 'w' is a pause of 500 ms
  bool play_dialtone = false;  ///< ringback tone into the room (also the deprecated play_ringtone)
  bool hide_phone_number = false;
  StringMap headers;
  SipHeaderOptions include_headers = SipHeaderOptions::kNone;
  base::Duration ringing_timeout{0};    ///< 0: the service's default
  base::Duration max_call_duration{0};  ///< 0: the service's default
  bool krisp_enabled = false;
  SipMediaEncryption media_encryption = SipMediaEncryption::kDisable;  ///< deprecated; see media.encryption
  std::optional<SipMediaConfig> media;
  bool wait_until_answered = false;
  std::optional<std::string> display_name;  ///< of From; absent: the caller number, empty: none
  std::optional<SipDestination> destination;
};

/// The identity that the request's participant gets: the given one, else "sip_" and the number.
[[nodiscard]] std::string participant_identity_of(const CreateSipParticipantRequest& request);

/// The answer to CreateSIPParticipant.
struct SipParticipantInfo {
  std::string participant_id;
  std::string participant_identity;
  std::string room_name;
  std::string sip_call_id;  ///< "SCL_..."
};

struct TransferSipParticipantRequest {
  std::string participant_identity;
  std::string room_name;
  std::string transfer_to;
  bool play_dialtone = false;
  StringMap headers;
  base::Duration ringing_timeout{0};
};

[[nodiscard]] TwirpResult<CreateSipOutboundTrunkRequest> decode_create_sip_outbound_trunk(
    std::string_view body, TwirpFormat format);
[[nodiscard]] TwirpResult<UpdateSipOutboundTrunkRequest> decode_update_sip_outbound_trunk(
    std::string_view body, TwirpFormat format);
/// GetSIPOutboundTrunk; GetSIPInboundTrunk has the same body.
[[nodiscard]] TwirpResult<GetSipTrunkRequest> decode_get_sip_trunk(std::string_view body, TwirpFormat format);
/// ListSIPOutboundTrunk; ListSIPInboundTrunk and ListSIPTrunk fit too.
[[nodiscard]] TwirpResult<ListSipTrunksRequest> decode_list_sip_trunks(std::string_view body,
                                                                       TwirpFormat format);
[[nodiscard]] TwirpResult<DeleteSipTrunkRequest> decode_delete_sip_trunk(std::string_view body,
                                                                         TwirpFormat format);
[[nodiscard]] TwirpResult<CreateSipParticipantRequest> decode_create_sip_participant(std::string_view body,
                                                                                     TwirpFormat format);
[[nodiscard]] TwirpResult<TransferSipParticipantRequest> decode_transfer_sip_participant(
    std::string_view body, TwirpFormat format);

struct GetSipOutboundTrunkResponse {
  SipOutboundTrunk trunk;
};
struct ListSipOutboundTrunksResponse {
  std::vector<SipOutboundTrunk> items;
};
/// The answer to DeleteSIPTrunk: a legacy trunk with nothing but its id.
struct DeletedSipTrunk {
  std::string sip_trunk_id;
};
/// Answers without items: ListSIPInboundTrunk, ListSIPDispatchRule (both read as `items: []`).
struct EmptySipList {};

[[nodiscard]] std::string encode(const SipOutboundTrunk& response, TwirpFormat format);
[[nodiscard]] std::string encode(const GetSipOutboundTrunkResponse& response, TwirpFormat format);
[[nodiscard]] std::string encode(const ListSipOutboundTrunksResponse& response, TwirpFormat format);
[[nodiscard]] std::string encode(const DeletedSipTrunk& response, TwirpFormat format);
[[nodiscard]] std::string encode(const SipParticipantInfo& response, TwirpFormat format);
[[nodiscard]] std::string encode(const EmptySipList& response, TwirpFormat format);

// As a client.
[[nodiscard]] std::string encode(const CreateSipParticipantRequest& request, TwirpFormat format);
[[nodiscard]] std::string encode(const CreateSipOutboundTrunkRequest& request, TwirpFormat format);
[[nodiscard]] TwirpResult<SipParticipantInfo> decode_sip_participant(std::string_view body,
                                                                     TwirpFormat format);
[[nodiscard]] TwirpResult<SipOutboundTrunk> decode_sip_outbound_trunk(std::string_view body,
                                                                      TwirpFormat format);

// --- rules of the requests; pure functions
// -------------------------------------------------------------------

/// Outcome of a check: nothing, or the error to answer.
using Verdict = base::Result<void, TwirpError>;

[[nodiscard]] Verdict validate(const SipMediaConfig& media);
/// A trunk as it may be stored; `sip_trunk_id` is not looked at.
[[nodiscard]] Verdict validate(const SipOutboundTrunk& trunk);
[[nodiscard]] Verdict validate(const CreateSipOutboundTrunkRequest& request);
/// What can be said before the trunk is looked up; apply() checks the rest.
[[nodiscard]] Verdict validate(const UpdateSipOutboundTrunkRequest& request);
[[nodiscard]] Verdict validate(const ListUpdate& update);
/// Checks in LiveKit's order; whether the trunk exists is for the caller.
[[nodiscard]] Verdict validate(const CreateSipParticipantRequest& request);
[[nodiscard]] Verdict validate(const TransferSipParticipantRequest& request);
[[nodiscard]] Verdict validate(const SipDestination& destination);
[[nodiscard]] Verdict validate_sip_headers(const StringMap& headers);
/// Header -> attribute (`keys_are_headers`) or attribute -> header.
[[nodiscard]] Verdict validate_sip_header_mapping(const StringMap& mapping, bool keys_are_headers);

/// The list after a valid change.
[[nodiscard]] std::vector<std::string> apply(const ListUpdate& update, std::vector<std::string> list);
/// The trunk after UpdateSIPOutboundTrunk, validated; a partial update that leaves it invalid is `unknown`,
/// HTTP 500.
[[nodiscard]] TwirpResult<SipOutboundTrunk> apply(const UpdateSipOutboundTrunkRequest& request,
                                                  const SipOutboundTrunk& stored);
/// Whether ListSIPOutboundTrunk with these filters shows the trunk.
[[nodiscard]] bool matches(const ListSipTrunksRequest& filter, const SipOutboundTrunk& trunk);
/// The call's media settings over the trunk's: encryption once demanded cannot be switched off.
[[nodiscard]] SipMediaConfig merge(const SipMediaConfig& earlier, const SipMediaConfig& later);

[[nodiscard]] TwirpError missing_sip_trunk_id();      ///< "trunk ID is required"
[[nodiscard]] TwirpError sip_trunk_does_not_exist();  ///< 404
/// A final SIP status as CreateSIPParticipant and TransferSIPParticipant report it, with its three `meta`
/// keys. `text` is the reason phrase (or the provider's own words); empty: the code's name.
[[nodiscard]] TwirpError sip_status_error(int sip_code, std::string_view text);
/// The final SIP status that such an error tells; nullopt when it tells none.
struct SipFinalStatus {
  int code = 0;
  std::string text;
};
[[nodiscard]] std::optional<SipFinalStatus> sip_status_of(const TwirpError& error);

}  // namespace ringback::livekit
