#include "dialer/server_api_client.h"

#include "http/url.h"
#include "net/clock.h"

namespace ringback::dialer {
namespace {

constexpr auto kFormat = livekit::TwirpFormat::kProtobuf;
/// A token is for one request; the minutes are for clocks that differ.
constexpr livekit::UnixSeconds kTokenLife = 10 * 60;
/// How much longer than the server's own limit we wait: its word is better than our guess.
constexpr base::Duration kPatience = std::chrono::seconds(5);

livekit::Claims room_grants(const std::string& room, void (*grant)(livekit::VideoGrants&)) {
  livekit::Claims claims;
  claims.video.emplace();
  claims.video->room = room;
  grant(*claims.video);
  return claims;
}

livekit::Claims sip_grants(bool admin) {
  livekit::Claims claims;
  claims.sip = livekit::SipGrants{.admin = admin, .call = !admin};
  return claims;
}

livekit::TwirpResult<livekit::EmptyResponse> decode_nothing(std::string_view, livekit::TwirpFormat) {
  return livekit::EmptyResponse{};
}

}  // namespace

std::string ServerApiError::message() const {
  return unanswered ? unanswered->message : refusal.msg;
}

template <class T, class Decode>
http::ClientExchange ServerApiClient::send(Call call, Decode decode, Callback<T> callback) {
  call.grants.not_before = net::wall_millis() / 1000 - livekit::kClockSkew;
  call.grants.expires_at = call.grants.not_before + livekit::kClockSkew + kTokenLife;
  http::ClientRequest request{
      .method = "POST",
      .url = http::join_url(url_, livekit::twirp_path(call.service, call.method)),
      .headers = {{"Authorization", "Bearer " + livekit::mint_token(call.grants, key_)},
                  {"Content-Type", std::string(livekit::content_type_of(kFormat))}},
      .body = std::move(call.body)};
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(call.limit).count();
  request.headers.add("X-Twirp-Timeout-Ms", std::to_string(milliseconds));
  request.timeouts.answer = call.limit + kPatience;
  return client_.send(std::move(request), [decode, callback = std::move(callback)](
                                              base::Result<http::Response, http::ClientError> answer) {
    if (!answer) return callback(base::Failure{ServerApiError{.unanswered = answer.error()}});
    if (answer->status != 200) {
      return callback(base::Failure{ServerApiError{
          .unanswered = {}, .refusal = livekit::decode_twirp_error(answer->status, answer->body)}});
    }
    auto decoded = decode(answer->body, kFormat);
    if (!decoded)
      return callback(base::Failure{ServerApiError{.unanswered = {}, .refusal = decoded.error()}});
    callback(*std::move(decoded));
  });
}

http::ClientExchange ServerApiClient::create_room(const livekit::CreateRoomRequest& request,
                                                  Callback<livekit::Room> callback) {
  return send<livekit::Room>(
      {.service = "RoomService",
       .method = "CreateRoom",
       .body = encode(request, kFormat),
       .grants = room_grants({}, [](livekit::VideoGrants& grants) { grants.room_create = true; })},
      livekit::decode_room, std::move(callback));
}

http::ClientExchange ServerApiClient::delete_room(const std::string& room,
                                                  Callback<livekit::EmptyResponse> callback) {
  return send<livekit::EmptyResponse>(
      {.service = "RoomService",
       .method = "DeleteRoom",
       .body = encode(livekit::DeleteRoomRequest{room}, kFormat),
       .grants = room_grants(room, [](livekit::VideoGrants& grants) { grants.room_create = true; })},
      decode_nothing, std::move(callback));
}

http::ClientExchange ServerApiClient::list_participants(
    const std::string& room, Callback<livekit::ListParticipantsResponse> callback) {
  return send<livekit::ListParticipantsResponse>(
      {.service = "RoomService",
       .method = "ListParticipants",
       .body = encode(livekit::ListParticipantsRequest{room}, kFormat),
       .grants = room_grants(room, [](livekit::VideoGrants& grants) { grants.room_admin = true; })},
      livekit::decode_participant_list, std::move(callback));
}

http::ClientExchange ServerApiClient::remove_participant(const livekit::RoomParticipantIdentity& who,
                                                         Callback<livekit::EmptyResponse> callback) {
  return send<livekit::EmptyResponse>(
      {.service = "RoomService",
       .method = "RemoveParticipant",
       .body = encode(who, kFormat),
       .grants = room_grants(who.room, [](livekit::VideoGrants& grants) { grants.room_admin = true; })},
      decode_nothing, std::move(callback));
}

http::ClientExchange ServerApiClient::create_sip_outbound_trunk(
    const livekit::CreateSipOutboundTrunkRequest& request, Callback<livekit::SipOutboundTrunk> callback) {
  return send<livekit::SipOutboundTrunk>({.service = "SIP",
                                          .method = "CreateSIPOutboundTrunk",
                                          .body = encode(request, kFormat),
                                          .grants = sip_grants(true)},
                                         livekit::decode_sip_outbound_trunk, std::move(callback));
}

http::ClientExchange ServerApiClient::create_sip_participant(
    const livekit::CreateSipParticipantRequest& request, base::Duration limit,
    Callback<livekit::SipParticipantInfo> callback) {
  return send<livekit::SipParticipantInfo>({.service = "SIP",
                                            .method = "CreateSIPParticipant",
                                            .body = encode(request, kFormat),
                                            .grants = sip_grants(false),
                                            .limit = limit},
                                           livekit::decode_sip_participant, std::move(callback));
}

}  // namespace ringback::dialer
