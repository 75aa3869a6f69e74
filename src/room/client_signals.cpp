// The messages of a client's signalling connection, one function each.

#include <algorithm>

#include "base/log.h"
#include "room/client_participant.h"
#include "room/limits.h"
#include "room/room.h"
#include "room/room_settings.h"

namespace ringback::room {
namespace {

using livekit::DisconnectReason;
using livekit::LeaveAction;
using Reason = livekit::RequestResponse::Reason;

/// From this protocol number on, clients wait for the confirmation of a request that succeeded.
constexpr std::int32_t kConfirmingProtocol = 15;

}  // namespace

void ClientParticipant::handle(const livekit::SignalRequest& request, livekit::FrameFormat format) {
  if (link_) link_->set_format(format);
  std::visit([this](const auto& message) { on(message); }, request);
}

void ClientParticipant::on(const livekit::UnknownRequest& request) {
  if (request.request_id == 0) return;
  send(livekit::RequestResponse{
      .request_id = request.request_id, .reason = Reason::kUnsupportedType, .message = {}, .request = {}});
}

void ClientParticipant::on(const livekit::Offer& offer) {
  const auto description = sdp::read_webrtc(offer.sdp);
  if (!description) return fail_session("the offer cannot be read");
  if (!publisher_transport_.set_remote(description->transport))
    return fail_session("the offer's transport changed");
  if (single_connection_) subscriber_.on_offer(*description);

  sdp::WebRtcDescription answer;
  answer.session_id = answer_session_id_;
  answer.session_version = ++answer_version_;
  answer.transport = publisher_transport_.local();
  for (const auto& offered : description->sections) {
    if (offered.kind == sdp::SectionKind::kApplication) {
      sdp::WebRtcSection section = sdp::application_section(offered.mid);
      section.rejected = offered.rejected;
      if (!offered.rejected) publisher_transport_.want_data(offered, false);
      answer.sections.push_back(std::move(section));
      continue;
    }
    sdp::AnswerChoice choice = publisher_.choose(offered);
    if (single_connection_) choice.send = subscriber_.assign(offered);
    answer.sections.push_back(sdp::answered(offered, choice));
    publisher_.agree(offered, answer.sections.back());
  }

  livekit::ServerAnswer message;
  message.type = "answer";
  message.sdp = sdp::write_webrtc(answer);
  message.id = offer.id;
  if (single_connection_) message.mid_to_track_id = subscriber_.mid_to_track_id();
  send(message);
  publisher_.publish_agreed();
  if (single_connection_) subscriber_.on_answered(answer);
}

void ClientParticipant::on(const livekit::Answer& answer) {
  if (single_connection_) return;
  if (!subscriber_.on_answer(answer)) fail_session("the answer cannot be used");
}

void ClientParticipant::on(const livekit::Trickle& trickle) {
  const auto candidate = livekit::parse_candidate_init(trickle.candidate_init);
  if (!candidate || candidate->candidate.empty()) return;
  Transport& transport = trickle.target == livekit::SignalTarget::kSubscriber && subscriber_transport_
                             ? *subscriber_transport_
                             : publisher_transport_;
  transport.peer().add_remote_candidate(room().context().now(), candidate->candidate);
  transport.drain_events();
}

void ClientParticipant::on(const livekit::AddTrack& request) {
  publisher_.add_track(request);
}

void ClientParticipant::on(const livekit::MuteTrack& request) {
  if (UpTrack* track = find_track(request.sid)) {
    room().set_muted(*this, *track, request.muted);
  } else {
    publisher_.mute_pending(request.sid, request.muted);
  }
}

void ClientParticipant::on(const livekit::UpdateSubscription& wish) {
  update_subscriptions(wish);
}

void ClientParticipant::on(const livekit::UpdateTrackSettings& settings) {
  subscriber_.set_track_settings(settings);
}

void ClientParticipant::on(const livekit::Leave& leave) {
  const auto reason =
      leave.reason == DisconnectReason::kUnknown ? DisconnectReason::kClientInitiated : leave.reason;
  room().remove(*this, reason);
}

void ClientParticipant::on(const livekit::SubscriptionPermission& permission) {
  room().set_subscription_permission(*this, permission);
}

void ClientParticipant::on(const livekit::SyncState& state) {
  const bool stranger = std::ranges::any_of(
      state.publish_tracks, [this](const auto& published) { return !publisher_.knows(published.track.sid); });
  if (stranger) return fail_session("the client publishes a track that the room does not know");
  if (!state.track_sids_disabled.empty()) {
    livekit::UpdateTrackSettings settings;
    settings.track_sids = state.track_sids_disabled;
    settings.disabled = true;
    subscriber_.set_track_settings(settings);
  }
}

void ClientParticipant::on(const livekit::Simulate& simulate) {
  using Scenario = livekit::Simulate::Scenario;
  switch (simulate.scenario) {
    case Scenario::kNodeFailure:
    case Scenario::kMigration:
      // As if the process had died: the connection breaks without a word.
      if (link_) link_->close();
      link_.reset();
      room().remove(*this, simulate.scenario == Scenario::kMigration ? DisconnectReason::kMigration
                                                                     : DisconnectReason::kUnknown);
      return;
    case Scenario::kServerLeave:
      room().remove(*this, DisconnectReason::kServerShutdown);
      return;
    case Scenario::kLeaveRequestFullReconnect:
      room().remove(*this, DisconnectReason::kStateMismatch, LeaveAction::kReconnect);
      return;
    case Scenario::kDisconnectSignalOnResume:
      drop_link_after_resume_ = true;
      return;
    case Scenario::kDisconnectSignalOnResumeNoMessages:
      drop_link_on_resume_ = true;
      return;
    case Scenario::kSpeakerUpdate:
      send(livekit::SpeakersChanged{{{.sid = sid(), .level = 0.5F, .active = true}}});
      return;
    case Scenario::kNone:
    case Scenario::kSwitchCandidateProtocol:
    case Scenario::kSubscriberBandwidth:
      return;
  }
}

void ClientParticipant::on(const livekit::Ping&) {
  send(livekit::Pong{.timestamp = room().context().wall()});
}

void ClientParticipant::on(const livekit::PingRequest& ping) {
  send(livekit::PongResponse{.last_ping_timestamp = ping.timestamp, .timestamp = room().context().wall()});
}

void ClientParticipant::on(const livekit::UpdateMetadata& request) {
  const auto answer = [&](Reason reason, std::string message) {
    send(livekit::RequestResponse{.request_id = request.request_id,
                                  .reason = reason,
                                  .message = std::move(message),
                                  .request = request});
  };
  if (!permission().can_update_metadata) {
    return answer(Reason::kNotAllowed, "does not have permission to update own metadata");
  }
  if (const auto excess =
          excess_of(room().context().settings(), request.name, request.metadata, request.attributes)) {
    return answer(Reason::kLimitExceeded, *excess);
  }
  room().update_values(*this, request.name, request.metadata, request.attributes);
  if (connect_.client.protocol >= kConfirmingProtocol) answer(Reason::kOk, {});
}

void ClientParticipant::on(const livekit::UpdateAudioTrack& request) {
  UpTrack* track = find_track(request.track_sid);
  if (track == nullptr) return;
  track->info().audio_features = request.features;
  room().track_changed(*this);
}

void ClientParticipant::on(const livekit::UpdateVideoTrack& request) {
  UpTrack* track = find_track(request.track_sid);
  if (track == nullptr) return;
  track->info().width = request.width;
  track->info().height = request.height;
  room().track_changed(*this);
}

void ClientParticipant::on(const livekit::PublishDataTrack& request) {
  send(livekit::RequestResponse{.reason = Reason::kUnsupportedType, .message = {}, .request = request});
}

}  // namespace ringback::room
