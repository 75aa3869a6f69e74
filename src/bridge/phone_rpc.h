#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "bridge/room_session.h"
#include "livekit/data_packet.h"
#include "sip/message.h"

/// The methods that a phone's participant serves to others in its room, as LiveKit's SIP service has them:
///   lk.sip.GetRemoteHeaders {"include":[name],"exclude":[name]} -> {"headers":{name:value}}
///   lk.sip.EndCall          {"headers":{name:value}}            -> {}
namespace ringback::bridge {

inline constexpr std::string_view kGetRemoteHeaders = "lk.sip.GetRemoteHeaders";
inline constexpr std::string_view kEndCall = "lk.sip.EndCall";

[[nodiscard]] livekit::RpcResponse::Error unsupported_method();

/// The result of GetRemoteHeaders: those of `headers` that say something about the call, not about how SIP
/// carries it. The filters compare without case; an absent or empty `include` means all.
[[nodiscard]] RpcResult remote_headers(std::string_view payload, const sip::HeaderList& headers);

/// What EndCall wants on the BYE. An empty payload means none; what is no SIP header field is an error.
[[nodiscard]] base::Result<sip::HeaderList, livekit::RpcResponse::Error> end_call_headers(
    std::string_view payload);

/// Serves a packet of the room if it is a call of a method: acknowledges it, asks the listener, sends the
/// answer to the caller. False: it is something else.
bool serve_rpc(std::string_view packet, RoomSession::Listener& listener,
               const std::function<livekit::DataStamp()>& next_stamp,
               const std::function<void(std::string)>& send);

}  // namespace ringback::bridge
