#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/time.h"
#include "bridge/call_service.h"
#include "dialer/remote_trunk.h"
#include "dialer/server_api_client.h"
#include "http/router.h"
#include "livekit/webhook.h"
#include "net/timer_queue.h"

namespace ringback::dialer {

/// The SIP service of a LiveKit server (livekit-sip, LiveKit Cloud, another ringback) places the calls.
///
/// For each call: CreateRoom at LIVEKIT_URL, then CreateSIPParticipant at the SIP API, which we let wait for
/// the answer because only so it tells the SIP status of a failed call. Meanwhile, and until its end, the
/// call is followed by the server's webhooks and by asking for the phone's participant, whose attribute
/// `sip.callStatus` says how far it is. Hanging up is RemoveParticipant; a phone that everybody else has left
/// alone is hung up, too.
///
/// Owner: the program; front thread.
class LiveKitCallService final : public bridge::CallService {
 public:
  struct Options {
    std::string room_url;  ///< LIVEKIT_URL
    livekit::ApiKey room_key;
    std::string sip_url;  ///< LIVEKIT_SIP_URL
    livekit::ApiKey sip_key;
    RemoteTrunk::Options trunk;
    base::Duration ringing_timeout = std::chrono::seconds(60);
    base::Duration max_duration = std::chrono::hours(4);
    base::Duration empty_room_timeout =
        std::chrono::seconds(20);  ///< from the last other participant's leaving
  };

  LiveKitCallService(net::Front& front, http::Client& client, store::Store& store, Options options);
  ~LiveKitCallService() override;

  void place(bridge::PhoneCall call, bridge::CallObserver observer) override;
  bool hang_up(const bridge::CallId& call, bridge::CallCause cause) override;
  [[nodiscard]] std::string trunk_id() const override { return trunk_.known(); }
  [[nodiscard]] const Counters& counters() const override { return counters_; }
  void drain() override { draining_ = true; }
  [[nodiscard]] bool draining() const override { return draining_; }
  void shut_down(base::Duration grace, base::Task done) override;

  /// POST /api/livekit/webhook: what the server is to be configured to call (`webhook.urls`).
  void mount(http::Router& router);

 private:
  struct Call;

  void find_trunk(const bridge::CallId& id);
  void make_room(const bridge::CallId& id);
  void dial(const bridge::CallId& id);
  void dialled(const bridge::CallId& id, base::Result<livekit::SipParticipantInfo, ServerApiError> outcome);
  void look_again(const bridge::CallId& id, base::Duration after);
  void look(const bridge::CallId& id);
  void looked(const bridge::CallId& id,
              const base::Result<livekit::ListParticipantsResponse, ServerApiError>& outcome);
  void observe(Call& call, const livekit::ParticipantInfo& phone);
  void watch_company(Call& call, bool has_company);
  void phone_left(Call& call, livekit::DisconnectReason reason);
  void remove_phone(Call& call);
  void on_webhook(const http::Request& request, http::Responder responder);
  void take(const livekit::WebhookEvent& event);
  void report(Call& call, bridge::CallEvent event);
  void end(const bridge::CallId& id, bridge::CallFailure why);
  void await_silence(base::TimePoint until, base::Task done);
  [[nodiscard]] Call* find(const bridge::CallId& id);

  net::Front& front_;
  const Options options_;
  ServerApiClient rooms_;
  ServerApiClient sip_;
  RemoteTrunk trunk_;
  std::unordered_map<bridge::CallId, std::unique_ptr<Call>> live_;
  Counters counters_;
  bool webhooks_come_ = false;
  bool draining_ = false;
  bool shutting_down_ = false;
};

}  // namespace ringback::dialer
