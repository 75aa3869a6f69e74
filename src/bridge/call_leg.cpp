#include "bridge/call_leg.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/log.h"
#include "base/utf8.h"
#include "bridge/header_attributes.h"
#include "bridge/phone_rpc.h"
#include "bridge/sip_settings.h"
#include "net/clock.h"
#include "net/worker.h"
#include "sip/uri.h"
#include "sip/user_agent.h"

namespace ringback::bridge {
namespace {

using base::LogLevel;

std::string host_in_uri(const std::string& host) {
  return host.find(':') == std::string::npos ? host : fmt::format("[{}]", host);
}

std::string request_uri(const DialRequest& request) {
  const Trunk& trunk = request.trunk;
  std::string uri =
      fmt::format("sip:{}@{}", sip::escaped_user(request.number.plain()), host_in_uri(trunk.host));
  if (trunk.port != 0) uri += fmt::format(":{}", trunk.port);
  if (trunk.transport == TrunkTransport::kTcp) uri += ";transport=tcp";
  return uri;
}

std::string from_uri(const DialRequest& request) {
  const Trunk& trunk = request.trunk;
  const std::string caller = request.caller ? request.caller->plain() : trunk.caller();
  return fmt::format("sip:{}@{}", sip::escaped_user(caller),
                     host_in_uri(trunk.from_host.empty() ? trunk.host : trunk.from_host));
}

// The provider's own words for a failure: a vendor header first, else the text of Reason (RFC 3326).
std::string provider_words(const sip::HeaderList& headers) {
  if (const auto twilio = headers.get("X-Twilio-Error")) return std::string(*twilio);
  const auto reason = headers.get("Reason");
  if (!reason) return {};
  const auto text = reason->find("text=\"");
  if (text == std::string_view::npos) return {};
  const auto begin = text + 6;
  const auto close = reason->find('"', begin);
  return std::string(reason->substr(begin, close == std::string_view::npos ? close : close - begin));
}

/// So long the answer of the method that ends a call may take to leave before its participant does.
constexpr base::Duration kEndCallDelay = std::chrono::milliseconds(200);

std::string codec_name(sdp::AudioCodec codec) {
  return std::string(sdp::to_string(codec));
}

}  // namespace

CallLeg::CallLeg(Environment& environment, DialRequest request, std::vector<sip::Destination> targets)
    : environment_(environment), request_(std::move(request)), targets_(std::move(targets)) {}

CallLeg::~CallLeg() {
  net::Worker& worker = environment_.worker();
  worker.cancel(ringing_timer_);
  worker.cancel(duration_timer_);
  worker.cancel(empty_timer_);
  worker.cancel(end_call_timer_);
}

void CallLeg::start() {
  const SipSettings& settings = environment_.settings();
  auto joined = environment_.join(request_, attributes(), *this);
  if (!joined) return end(joined.error());
  room_ = std::move(*joined);

  AudioPath::Settings audio;
  audio.opus = settings.opus;
  audio.media_timeout = request_.media_timeout.value_or(settings.media_timeout);
  auto path = environment_.open_audio(targets_.front().endpoint.address, audio, *this);
  if (!path) return end(make_failure(CallCause::kNoMediaPorts, path.error().message));
  audio_ = std::move(*path);
  negotiation_.emplace(audio_->local(), audio_->session_id());

  if (room_->joined()) enter_room();
  if (state_ == State::kEnded) return;
  net::Worker& worker = environment_.worker();
  ringing_timer_ =
      worker.schedule(worker.now() + request_.ringing_timeout, [this] { hang_up(CallCause::kNoAnswer); });
  if (!request_.room_first && !send_invite()) return end(CallCause::kInternal);
}

void CallLeg::enter_room() {
  const SipSettings& settings = environment_.settings();
  const bool opus = settings.room_audio == RoomAudio::kOpus ||
                    (settings.room_audio == RoomAudio::kAuto && !room_->takes_g711());
  const auto codec = opus ? audio::Codec::kOpus : audio::Codec::kPcmu;
  auto opened = audio_->open_room(*room_, codec);
  if (opened) opened = room_->publish_audio(codec, request_.participant_identity);
  if (!opened) return hang_up(make_failure(CallCause::kRoomFailed, opened.error().message));
  CallEvent event = event_of(CallEvent::Kind::kJoined);
  event.participant_id = room_->participant_id();
  report(std::move(event));
  const bool waiting = state_ == State::kInviting || state_ == State::kRinging;
  if (request_.ringback_tone && waiting && !early_media_) {
    audio_->play_ringback(environment_.worker().now(), settings.ringback_tone);
  }
  if (request_.room_first && !send_invite()) end(CallCause::kInternal);
}

bool CallLeg::send_invite() {
  const sip::Destination& to = targets_[target_];
  sip::OutboundInvite invite;
  invite.destination = to;
  invite.request_uri = request_uri(request_);
  invite.from_uri = from_uri(request_);
  if (request_.display_name) invite.from_name = *request_.display_name;
  for (const auto& [name, value] : request_.headers) invite.headers.add(name, value);
  if (!request_.trunk.username.empty())
    invite.credentials = {request_.trunk.username, request_.trunk.password};
  invite.sdp = negotiation_->make_offer();

  const auto session = environment_.agent().invite(environment_.worker().now(), invite);
  if (!session) return false;
  session_ = *session;
  environment_.session_is(*this, session_);
  environment_.agent_used();
  if (const auto info = environment_.agent().info(session_)) sip_call_id_ = info->call_id;
  base::log(LogLevel::kInfo, "call", id().str(), "INVITE to {} by {} through trunk {} ({})",
            request_.number.to_string(), sip::via_name(to.transport), request_.trunk.id,
            to.endpoint.to_string());
  if (target_ == 0) {
    CallEvent event = event_of(CallEvent::Kind::kDialing);
    event.sip_call_id = sip_call_id_;
    report(std::move(event));
  }
  return true;
}

void CallLeg::on_sip(const sip::Event& event) {
  if (state_ == State::kEnded) return;
  std::visit([this](const auto& what) { handle(what); }, event);
}

void CallLeg::handle(const sip::Trying&) {
  base::log(LogLevel::kDebug, "call", id().str(), "100 Trying");
}

std::optional<sdp::NegotiatedAudio> CallLeg::read_answer(const std::string& sdp, std::string& why) {
  auto agreed = negotiation_->receive_answer(sdp);
  if (agreed) return *agreed;
  why = agreed.error().sentence;
  return std::nullopt;
}

void CallLeg::handle(const sip::Ringing& event) {
  const bool first = state_ == State::kInviting;
  if (first) state_ = State::kRinging;
  bool news = first;
  if (!event.sdp.empty() && !answered_) {
    std::string why;
    if (const auto agreed = read_answer(event.sdp, why)) {
      audio_->agree(environment_.worker().now(), *agreed);
      audio_->stop_ringback();
      news = news || !early_media_;
      early_media_ = true;
    } else {
      base::log(LogLevel::kWarn, "call", id().str(), "early media cannot be used: {}", why);
    }
  }
  if (!news) return;
  base::log(LogLevel::kInfo, "call", id().str(), "{} {}{}", event.status, event.reason,
            early_media_ ? ", early media plays into the room" : "");
  if (const auto ids = provider_attributes(event.headers); !ids.empty()) room_->set_attributes(ids);
  if (first) set_status("ringing");
  CallEvent ringing = event_of(CallEvent::Kind::kRinging);
  ringing.sip_status = event.status;
  ringing.early_media = early_media_;
  report(std::move(ringing));
}

void CallLeg::handle(const sip::Answered& event) {
  net::Worker& worker = environment_.worker();
  worker.cancel(ringing_timer_);
  std::string why = "the answer has no audio description";
  const auto agreed = event.sdp.empty() ? std::nullopt : read_answer(event.sdp, why);
  if (!agreed) {
    command("BYE", environment_.agent().bye(worker.now(), session_));
    return end(make_failure(CallCause::kBadAnswer, why));
  }
  answered_ = true;
  answer_headers_ = event.headers;
  state_ = State::kAnswered;
  audio_->stop_ringback();
  audio_->agree(worker.now(), *agreed);
  audio_->expect_media(worker.now());
  base::log(LogLevel::kInfo, "call", id().str(), "{} {}: answered, {} with {}", event.status, event.reason,
            codec_name(agreed->codec), agreed->rtp.host);

  auto news = answer_attributes(event.headers, request_.headers_to_attributes, request_.include_headers);
  news.merge(provider_attributes(event.headers));
  news["sip.callIDFull"] = sip_call_id_;
  news["sip.callTag"] = base::valid_utf8(event.remote_tag);
  room_->set_attributes(news);
  duration_timer_ =
      worker.schedule(worker.now() + request_.max_duration, [this] { hang_up(CallCause::kMaxDuration); });
  CallEvent answered = event_of(CallEvent::Kind::kAnswered);
  answered.sip_status = event.status;
  answered.codec = codec_name(agreed->codec);
  report(std::move(answered));

  if (!request_.dtmf.empty()) {
    set_status("automation");
    audio_->press(request_.dtmf);
    return;
  }
  bridge_audio();
}

void CallLeg::bridge_audio() {
  state_ = State::kConnected;
  for (const auto& track : room_tracks_) audio_->add_track(track.id, track.codec);
  set_status("active");
  base::log(LogLevel::kInfo, "call", id().str(), "connected: audio flows between the phone and room {}",
            request_.room_name);
  report(CallEvent::Kind::kConnected);
  watch_room();
}

bool CallLeg::try_next_target(const sip::Failed& event) {
  // Another address of the same trunk may help when this one is dead or overloaded (RFC 3263 section 4.3),
  // but not once the call has got anywhere.
  const bool dead = event.cause == sip::FailureCause::kTransport ||
                    event.cause == sip::FailureCause::kNoResponse ||
                    (event.cause == sip::FailureCause::kRejected && event.status == 503);
  if (!dead || state_ != State::kInviting || target_ + 1 >= targets_.size()) return false;
  base::log(LogLevel::kWarn, "call", id().str(), "{} does not take the call ({}); trying the next address",
            targets_[target_].endpoint.to_string(),
            event.status != 0 ? fmt::format("{} {}", event.status, event.reason)
                              : (event.detail.empty() ? "no answer" : event.detail));
  ++target_;
  negotiation_->withdraw_offer();
  return send_invite();
}

void CallLeg::handle(const sip::Failed& event) {
  if (try_next_target(event)) return;
  switch (event.cause) {
    case sip::FailureCause::kNoResponse:
      return end(CallCause::kTrunkSilent);
    case sip::FailureCause::kTransport:
      return end(make_failure(CallCause::kTrunkUnreachable, event.detail));
    case sip::FailureCause::kMissingCredentials: {
      CallFailure failure = make_failure(CallCause::kCredentialsMissing);
      failure.sip_status = event.status;
      failure.sip_reason = base::valid_utf8(event.reason);
      return end(std::move(failure));
    }
    case sip::FailureCause::kCredentialsRefused:
    case sip::FailureCause::kUnknownChallenge: {
      CallFailure failure =
          make_failure(CallCause::kCredentialsRefused, event.cause == sip::FailureCause::kUnknownChallenge
                                                           ? "it asks in a way that ringback does not know"
                                                           : "");
      failure.sip_status = event.status;
      failure.sip_reason = base::valid_utf8(event.reason);
      return end(std::move(failure));
    }
    case sip::FailureCause::kBadResponse:
      return end(make_failure(CallCause::kBadAnswer, "the SIP response is malformed"));
    case sip::FailureCause::kCancelled:
      return end(CallCause::kCancelled);
    case sip::FailureCause::kRedirected: {
      CallFailure failure = failure_from_sip(event.status, event.reason, {});
      if (!event.contacts.empty()) failure.message += ": " + event.contacts.front().uri.to_string();
      return end(std::move(failure));
    }
    case sip::FailureCause::kRejected:
      break;
  }
  end(failure_from_sip(event.status, event.reason, provider_words(event.headers)));
}

void CallLeg::handle(const sip::Ended& event) {
  switch (event.by) {
    case sip::EndedBy::kRemote: {
      CallFailure why = make_failure(CallCause::kPhoneHungUp);
      if (const auto words = provider_words(event.headers); !words.empty()) why.message += ": " + words;
      return end(std::move(why));
    }
    case sip::EndedBy::kLocal:
      return end(CallCause::kUserHungUp);
    case sip::EndedBy::kNoAck:
    case sip::EndedBy::kSessionTimer:
    case sip::EndedBy::kDialogLost:
    case sip::EndedBy::kTransport:
      return end(CallCause::kConnectionLost);
  }
}

void CallLeg::handle(const sip::ReinviteOffer& event) {
  net::Worker& worker = environment_.worker();
  if (event.sdp.empty()) {
    // A late offer: ours goes into the 200, the answer comes with the ACK.
    command("200", environment_.agent().answer_reinvite(worker.now(), session_, negotiation_->make_offer()));
    return;
  }
  auto answer = negotiation_->receive_offer(event.sdp);
  if (!answer) {
    base::log(LogLevel::kWarn, "call", id().str(), "re-INVITE refused with 488: {}", answer.error().sentence);
    command("488", environment_.agent().reject_reinvite(worker.now(), session_, 488));
  } else {
    command("200", environment_.agent().answer_reinvite(worker.now(), session_, answer->text));
    audio_->agree(worker.now(), answer->audio);
    base::log(LogLevel::kInfo, "call", id().str(), "the phone's side changed the audio: {} with {}{}",
              codec_name(answer->audio.codec), answer->audio.rtp.host, answer->audio.held ? ", on hold" : "");
  }
}

void CallLeg::handle(const sip::Acknowledged& event) {
  if (event.sdp.empty()) return;
  std::string why;
  if (const auto agreed = read_answer(event.sdp, why)) {
    audio_->agree(environment_.worker().now(), *agreed);
  } else {
    base::log(LogLevel::kWarn, "call", id().str(), "the answer to our offer cannot be used: {}", why);
  }
}

void CallLeg::handle(const sip::DtmfInfo& event) {
  if (room_) room_->send_dtmf(0, event.digit);
}

void CallLeg::hang_up(CallFailure why, const sip::HeaderList& headers) {
  if (state_ == State::kEnded) return;
  // The far side need not agree: the call is over for everybody here, and the agent sees BYE or CANCEL
  // through.
  if (session_ != sip::SessionId::kNone) {
    const auto what = answered_ ? "BYE" : "CANCEL";
    if (command(what, environment_.agent().hang_up(environment_.worker().now(), session_, headers))) {
      base::log(LogLevel::kInfo, "call", id().str(), "{} sent", what);
    }
  }
  // Before the answer it is the ringing that is given up.
  if (!answered_ && why.cause == CallCause::kUserHungUp) why = make_failure(CallCause::kCancelled);
  end(std::move(why));
}

void CallLeg::end(CallFailure why) {
  if (state_ == State::kEnded) return;
  state_ = State::kEnded;
  const CauseInfo& info = info_of(why.cause);
  const bool failed = !answered_ && info.http_status != 200;
  base::log(failed ? LogLevel::kWarn : LogLevel::kInfo, "call", id().str(), "{} ({}): {}{}{}",
            failed ? "failed" : "ended", why.code(), why.message, why.action.empty() ? "" : ". ", why.action);
  if (audio_) {
    const auto heard = audio_->summary();
    if (!heard.empty()) base::log(LogLevel::kInfo, "call", id().str(), "audio: {}", heard);
    audio_->stop(environment_.worker().now());
  }
  if (room_) {
    if (!failed) set_status("hangup");
    room_->leave(why.cause);
  }
  CallEvent event = event_of(CallEvent::Kind::kEnded);
  event.end = std::move(why);
  report(std::move(event));
  environment_.finished(*this);
}

bool CallLeg::command(std::string_view what, const base::Result<void, sip::CommandError>& outcome) {
  environment_.agent_used();
  if (outcome) return true;
  // The session ended in the same turn: its own event tells the rest.
  base::log(LogLevel::kDebug, "call", id().str(), "{} was not sent: the SIP session is over", what);
  return false;
}

void CallLeg::on_room_joined() {
  if (state_ != State::kEnded) enter_room();
}

void CallLeg::on_room_track(audio::TrackId track, audio::Codec codec) {
  if (state_ == State::kEnded) return;
  room_tracks_.push_back({track, codec});
  if (state_ == State::kConnected) audio_->add_track(track, codec);
}

void CallLeg::on_room_track_gone(audio::TrackId track) {
  std::erase_if(room_tracks_, [track](const RoomTrack& known) { return known.id == track; });
  if (state_ == State::kConnected) audio_->remove_track(track);
}

void CallLeg::on_room_dtmf(std::string_view digits) {
  if (state_ != State::kConnected) return;
  audio_->press(digits);
  base::log(LogLevel::kDebug, "call", id().str(), "{} key(s) from the room to the phone", digits.size());
}

RpcResult CallLeg::on_room_rpc(std::string_view method, std::string_view payload) {
  if (method == kGetRemoteHeaders) return remote_headers(payload, answer_headers_);
  if (method != kEndCall) return base::Failure{unsupported_method()};
  auto headers = end_call_headers(payload);
  if (!headers) return base::Failure{headers.error()};
  base::log(LogLevel::kInfo, "call", id().str(), "somebody in the room ends the call ({})", kEndCall);
  net::Worker& worker = environment_.worker();
  if (!end_call_timer_) {
    end_call_timer_ = worker.schedule(worker.now() + kEndCallDelay, [this, wanted = std::move(*headers)] {
      hang_up(make_failure(CallCause::kUserHungUp), wanted);
    });
  }
  return std::string("{}");
}

void CallLeg::on_others(std::size_t) {
  if (state_ != State::kEnded) watch_room();
}

void CallLeg::watch_room() {
  net::Worker& worker = environment_.worker();
  if (room_->others() > 0) {
    somebody_was_there_ = true;
    worker.cancel(empty_timer_);
    empty_timer_ = {};
    return;
  }
  // A phone alone in a room that nobody entered yet waits: the others may be on their way.
  if (!somebody_was_there_ || empty_timer_ || !request_.hang_up_when_alone) return;
  const auto patience = environment_.settings().empty_room_timeout;
  base::log(LogLevel::kInfo, "call", id().str(), "everybody else has left the room; hanging up in {} s",
            std::chrono::duration_cast<std::chrono::seconds>(patience).count());
  empty_timer_ = worker.schedule(worker.now() + patience, [this] { hang_up(CallCause::kRoomEmpty); });
}

void CallLeg::on_room_closed(CallFailure why) {
  hang_up(std::move(why));
}

void CallLeg::on_phone_digit(std::uint8_t code, char digit) {
  if (state_ == State::kEnded) return;
  room_->send_dtmf(code, digit);
  base::log(LogLevel::kDebug, "call", id().str(), "a key of the phone goes to the room");
}

void CallLeg::on_digits_sent() {
  if (state_ == State::kAnswered) bridge_audio();
}

void CallLeg::on_media_timeout() {
  hang_up(CallCause::kMediaTimeout);
}

void CallLeg::set_status(std::string_view status) {
  room_->set_attributes({{"sip.callStatus", std::string(status)}});
}

std::map<std::string, std::string> CallLeg::attributes() const {
  auto attributes = request_.participant_attributes;
  attributes["sip.callID"] = request_.call_id.str();
  attributes["sip.callStatus"] = "dialing";
  attributes["sip.trunkID"] = request_.trunk.id;
  if (!request_.hide_number) {
    attributes["sip.phoneNumber"] = request_.number.plain();
    attributes["sip.trunkPhoneNumber"] = request_.caller ? request_.caller->plain() : request_.trunk.caller();
    attributes["sip.hostname"] = request_.trunk.address();
  }
  return attributes;
}

CallEvent CallLeg::event_of(CallEvent::Kind kind) const {
  CallEvent event;
  event.kind = kind;
  event.call_id = request_.call_id;
  event.at = net::wall_millis();
  event.was_answered = answered_;
  return event;
}

void CallLeg::report(CallEvent event) {
  environment_.report(std::move(event));
}

}  // namespace ringback::bridge
