#pragma once

#include <cstddef>
#include <string>
#include <unordered_map>
#include <vector>

#include "bridge/call_event.h"
#include "dialer/call_journal.h"
#include "dialer/call_request.h"
#include "dialer/dialled_number.h"
#include "dialer/node_hang_ups.h"
#include "http/router.h"
#include "livekit/access_token.h"

namespace ringback::bridge {
class CallService;
}

namespace ringback::dialer {

/// The call API: POST /api/livekit/call and what belongs to it. Owner: the program; front thread.
class CallApi {
 public:
  struct Options {
    livekit::ApiKey room_key;  ///< signs the users' room tokens
    std::string room_url;      ///< told to browsers
    std::string default_region = "US";
    NumberCheck number_check = NumberCheck::kLenient;
    std::vector<std::string> api_keys;  ///< empty: everybody who reaches the port may call
    std::string node;                   ///< our name among the nodes that share the database
  };

  CallApi(net::Front& front, bridge::CallService& service, store::Store& store, Options options);

  /// Begins to do what other nodes ask for; stop() before the front ends.
  void start() { node_hang_ups_.start(); }
  void stop() { node_hang_ups_.stop(); }

  void mount(http::Router& router);

  /// Whether the request may use the API (always, when no keys are configured). Constant time in the key.
  [[nodiscard]] bool authorized(const http::Request& request) const;

 private:
  /// A call whose end has not come yet.
  struct LiveCall {
    std::optional<http::Responder> answer;  ///< of the POST, until the INVITE is on its way
    std::vector<http::Responder> hang_ups;  ///< DELETEs that wait for the end
    std::string room_name;
    std::string token;
    std::string warning;
  };

  void guard(http::Router& router, std::string_view method, std::string_view pattern,
             void (CallApi::*handler)(const http::Request&, http::Responder));
  void create(const http::Request& request, http::Responder responder);
  void get(const http::Request& request, http::Responder responder);
  void list(const http::Request& request, http::Responder responder);
  void hang_up(const http::Request& request, http::Responder responder);
  /// Of a call that is not known here by this id: it is over, or the database knows more.
  void hang_up_row(const std::string& id, base::ErrorOr<std::optional<store::CallRow>> row,
                   http::Responder& responder);

  void refuse(http::Responder responder, store::CallRow row, const bridge::CallFailure& failure);
  void on_event(const bridge::CallEvent& event);
  void answer_row(const std::string& id, http::Responder responder);
  [[nodiscard]] std::string user_token(const CallRequest& request, const std::string& room) const;

  bridge::CallService& service_;
  CallJournal journal_;
  NodeHangUps node_hang_ups_;
  Options options_;
  RoomNames room_names_;
  std::unordered_map<std::string, LiveCall> live_;  ///< by call id
};

}  // namespace ringback::dialer
