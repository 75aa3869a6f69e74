#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "livekit/model.h"
#include "livekit/signal_request.h"

/// Messages of the data channels `_reliable` and `_lossy` (livekit.DataPacket), one packet per message.
///
/// A server forwards packets whose content it need not understand. So nothing here decodes and re-encodes a
/// packet: the envelope is read by scanning the fields, and stamping replaces some of them and copies the
/// other bytes as they are. Fields of newer clients survive.
namespace ringback::livekit {

/// Which member of the packet's value is set. Numbers are the wire's field numbers.
enum class DataValue : std::uint32_t {
  kNone = 0,
  kUser = 2,
  kSpeaker = 3,
  kSipDtmf = 6,
  kTranscription = 7,
  kMetrics = 8,
  kChatMessage = 9,
  kRpcRequest = 10,
  kRpcAck = 11,
  kRpcResponse = 12,
  kStreamHeader = 13,
  kStreamChunk = 14,
  kStreamTrailer = 15,
  kEncryptedPacket = 18,
  kUnknown = 0xffffffff  ///< a field that this build does not know; forward it like the others
};

/// The part of a packet that decides where it goes.
struct DataEnvelope {
  DataPacketKind kind = DataPacketKind::kReliable;  ///< as the sender wrote it; the channel is what counts
  DataValue value = DataValue::kNone;
  std::string participant_identity;
  std::string participant_sid;
  std::uint32_t sequence = 0;  ///< reliable packets of a sender, from 1; 0: not numbered
  /// Receivers by identity; both lists empty means everybody. The legacy lists inside a user packet are
  /// merged in.
  std::vector<std::string> destination_identities;
  std::vector<std::string> destination_sids;
};

/// Largest message of a data channel that we accept (the SDP announces 65535; some clients send up to 256
/// KiB).
inline constexpr std::size_t kMaxDataPacket = 256 * 1024;

[[nodiscard]] base::Result<DataEnvelope, WireError> parse_data_envelope(std::string_view packet);

/// What the server vouches for when it forwards a packet.
struct DataStamp {
  DataPacketKind kind = DataPacketKind::kReliable;
  std::string participant_identity;
  std::string participant_sid;
  std::uint32_t sequence = 0;  ///< 0 is not written
};

/// The packet with the sender's identity, sid, kind and sequence replaced (in the envelope and in the legacy
/// fields of a user packet) and all else unchanged, unknown fields included.
[[nodiscard]] base::Result<std::string, WireError> stamp_data_packet(std::string_view packet,
                                                                     const DataStamp& stamp);

/// A DTMF digit (RFC 4733 event code: 0-9, 10 is '*', 11 is '#', 12-15 are 'A'-'D').
struct SipDtmf {
  std::uint32_t code = 0;
  std::string digit;  ///< one character
};

/// The digit for a DTMF character; nullopt for any other character. Lower-case a-d are accepted.
[[nodiscard]] std::optional<SipDtmf> sip_dtmf_of(char digit);
/// nullopt when the packet carries another value. A digit without a usable code is read from its text.
[[nodiscard]] std::optional<SipDtmf> parse_sip_dtmf(std::string_view packet);
/// A reliable packet to everybody.
[[nodiscard]] std::string make_sip_dtmf(const SipDtmf& dtmf, const DataStamp& from);

struct UserPacket {
  std::string payload;  ///< bytes
  std::optional<std::string> topic;
  std::string nonce;  ///< bytes; 16 or none
  std::vector<std::string> destination_identities;
};

[[nodiscard]] std::optional<UserPacket> parse_user_packet(std::string_view packet);
/// Server API SendData gives an empty identity and sid: receivers then see no sender.
[[nodiscard]] std::string make_user_packet(const UserPacket& user, const DataStamp& from);

/// A call of a method that another participant serves, in the packets of version 1 (version 2 travels as text
/// streams, to participants that announce it).
struct RpcRequest {
  std::string id;
  std::string method;
  std::string payload;
  std::uint32_t response_timeout_ms = 0;
  std::uint32_t version = 1;
};
struct RpcAck {
  std::string request_id;
};
struct RpcResponse {
  std::string request_id;
  std::string payload;
  struct Error {
    std::uint32_t code = 0;
    std::string message;
    std::string data;
  };
  std::optional<Error> error;
};
/// Error codes that LiveKit's clients know; what a method itself refuses is kRpcApplicationError.
inline constexpr std::uint32_t kRpcUnsupportedMethod = 1400;
inline constexpr std::uint32_t kRpcUnsupportedVersion = 1404;
inline constexpr std::uint32_t kRpcApplicationError = 1500;
inline constexpr std::uint32_t kRpcResponseTooLarge = 1504;
/// Of a payload, in bytes.
inline constexpr std::size_t kMaxRpcPayload = 15 * 1024;

[[nodiscard]] std::string make_rpc_request(const RpcRequest& request, const std::string& destination_identity,
                                           const DataStamp& from);
[[nodiscard]] std::optional<RpcRequest> parse_rpc_request(std::string_view packet);
/// "I have the request": due at once, before the response.
[[nodiscard]] std::string make_rpc_ack(const RpcAck& ack, const std::string& destination_identity,
                                       const DataStamp& from);
[[nodiscard]] std::string make_rpc_response(const RpcResponse& response,
                                            const std::string& destination_identity, const DataStamp& from);
[[nodiscard]] std::optional<RpcAck> parse_rpc_ack(std::string_view packet);
[[nodiscard]] std::optional<RpcResponse> parse_rpc_response(std::string_view packet);

}  // namespace ringback::livekit
