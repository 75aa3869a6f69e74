#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/result.h"
#include "http/client.h"
#include "livekit/access_token.h"
#include "livekit/room_api.h"
#include "livekit/sip_api.h"

namespace ringback::dialer {

/// Why a LiveKit server did not do what we asked: no answer at all, or a Twirp error.
struct ServerApiError {
  std::optional<http::ClientError> unanswered;
  livekit::TwirpError refusal = {};  ///< when it did answer

  /// A sentence for people.
  [[nodiscard]] std::string message() const;
};

/// A client of one LiveKit server's API (Twirp over HTTP): rooms and SIP. Each request carries a token of its
/// own that grants just what the request needs. Owner: whoever asks; front thread.
class ServerApiClient {
 public:
  template <class T>
  using Callback = std::function<void(base::Result<T, ServerApiError>)>;

  /// `url` as in LIVEKIT_URL: ws, wss, http or https.
  ServerApiClient(http::Client& client, std::string url, livekit::ApiKey key)
      : client_(client), url_(std::move(url)), key_(std::move(key)) {}

  // The callbacks follow http::Client's rules.
  http::ClientExchange create_room(const livekit::CreateRoomRequest& request,
                                   Callback<livekit::Room> callback);
  http::ClientExchange delete_room(const std::string& room, Callback<livekit::EmptyResponse> callback);
  http::ClientExchange list_participants(const std::string& room,
                                         Callback<livekit::ListParticipantsResponse> callback);
  http::ClientExchange remove_participant(const livekit::RoomParticipantIdentity& who,
                                          Callback<livekit::EmptyResponse> callback);
  http::ClientExchange create_sip_outbound_trunk(const livekit::CreateSipOutboundTrunkRequest& request,
                                                 Callback<livekit::SipOutboundTrunk> callback);
  /// Where the request waits for the phone to be answered, the answer takes up to `limit`.
  http::ClientExchange create_sip_participant(const livekit::CreateSipParticipantRequest& request,
                                              base::Duration limit,
                                              Callback<livekit::SipParticipantInfo> callback);

  [[nodiscard]] const std::string& url() const { return url_; }

 private:
  struct Call {
    std::string_view service;
    std::string_view method;
    std::string body;
    livekit::Claims grants;
    base::Duration limit = std::chrono::seconds(10);
  };
  template <class T, class Decode>
  http::ClientExchange send(Call call, Decode decode, Callback<T> callback);

  http::Client& client_;
  const std::string url_;
  const livekit::ApiKey key_;
};

}  // namespace ringback::dialer
