#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "livekit/model.h"
#include "livekit/sip_api.h"

/// What a livekit-server and its SIP service tell each other over the bus: services SIPInternal (the server
/// calls) and IOInfo (the SIP service calls).
namespace ringback::livekit {

/// SIPInternal.CreateSIPParticipant: a call, with everything that the server knows of its trunk.
struct InternalSipCall {
  std::string sip_call_id;  ///< "SCL_..."
  std::string sip_trunk_id;
  std::string address;  ///< of the trunk: host, optionally ":port"
  SipTransport transport = SipTransport::kAuto;
  std::string from_host;  ///< of the From header; empty: ours
  std::string number;     ///< caller number
  std::string call_to;
  std::string username;
  std::string password;
  std::string room_name;
  std::string participant_identity;
  std::string participant_name;
  std::string participant_metadata;
  Attributes participant_attributes;  ///< those about the call included, if users may see them
  std::string ws_url;                 ///< empty: the service's own setting
  std::string token;                  ///< empty: the service signs one
  std::string dtmf;
  bool play_dialtone = false;
  StringMap headers;
  StringMap headers_to_attributes;
  StringMap attributes_to_headers;
  SipHeaderOptions include_headers = SipHeaderOptions::kNone;
  base::Duration ringing_timeout{0};                                   ///< 0: the service's default
  base::Duration max_call_duration{0};                                 ///< 0: the service's default
  SipMediaEncryption media_encryption = SipMediaEncryption::kDisable;  ///< deprecated; see media.encryption
  std::optional<SipMediaConfig> media;
  bool wait_until_answered = false;
  std::optional<std::string> display_name;  ///< of From; absent: the caller number, empty: none
  std::optional<SipRequestDest> sip_request_uri;
  std::optional<SipNamedDest> sip_from_header;
  std::optional<SipNamedDest> sip_to_header;
};

/// nullopt: the bytes are not this message.
[[nodiscard]] std::optional<InternalSipCall> decode_internal_sip_call(std::string_view body);
/// As the server sends it; for tests.
[[nodiscard]] std::string encode(const InternalSipCall& call);
/// The answer to it.
[[nodiscard]] std::string encode_internal_sip_answer(const SipParticipantInfo& participant);

enum class SipCallStatus : std::int32_t {
  kIncoming = 0,
  kJoined = 1,
  kActive = 2,
  kDisconnected = 3,
  kError = 4
};

/// How an outbound call stands, for IOInfo.UpdateSIPCallState.
struct SipCallInfo {
  std::string call_id;
  std::string sip_call_id;  ///< the Call-ID header
  std::string trunk_id;
  std::string room_name;
  std::string participant_identity;
  Attributes participant_attributes;
  SipUri from;
  SipUri to;
  SipCallStatus status = SipCallStatus::kJoined;
  std::int64_t created_at_ns = 0;
  std::int64_t started_at_ns = 0;  ///< answered; 0: not yet
  std::int64_t ended_at_ns = 0;    ///< 0: not yet
  DisconnectReason disconnect_reason = DisconnectReason::kUnknown;
  std::string error;
  std::optional<SipFinalStatus> final_status;  ///< that ended the call
  std::string audio_codec;                     ///< "PCMU/8000"
};

[[nodiscard]] std::string encode_update_sip_call_state(const SipCallInfo& info);

}  // namespace ringback::livekit
