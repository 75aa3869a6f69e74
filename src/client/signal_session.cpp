#include "client/signal_session.h"

#include <algorithm>

#include "base/overloaded.h"
#include "crypto/random.h"

namespace ringback::client {
namespace {

using namespace std::chrono_literals;
using livekit::DisconnectReason;
using livekit::LeaveAction;

/// 16 brings RoomMoved, and answers to metadata updates; what came later concerns video.
constexpr std::int32_t kProtocol = 16;
/// The server answers the upgrade only when the session stands; it gives itself up to 18 s, clients 5 to 15.
constexpr base::Duration kFirstMessageTimeout = 15s;
/// A server keeps a participant whose transports are lost for about 20 s.
constexpr base::Duration kResumeWindow = 15s;
/// How much later than the end of the media the server's goodbye may be.
constexpr base::Duration kGoodbyeWait = 3s;
/// How much later than the refusal to resume the end of the media may be seen.
constexpr base::Duration kForgottenWait = 500ms;
constexpr base::Duration kFirstDelay = 300ms;
constexpr base::Duration kLongestDelay = 5s;

/// Full jitter on the upper half, so that the calls of a server that restarts do not come back in step.
base::Duration delay_of(unsigned attempt) {
  if (attempt == 0) return base::Duration::zero();
  const base::Duration whole = std::min(kLongestDelay, kFirstDelay * (1U << std::min(attempt - 1, 10U)));
  const auto half = static_cast<std::uint32_t>(whole.count() / 2);
  return base::Duration(half + crypto::random_below(half));
}

}  // namespace

SignalSession::SignalSession(webrtc_transport::TransportContext& context, SignalDialer& dialer, Owner& owner,
                             Settings settings, std::string token)
    : context_(context),
      dialer_(dialer),
      owner_(owner),
      settings_(std::move(settings)),
      token_(std::move(token)),
      alarm_(context.timers(), [this](base::TimePoint now) { tick(now); }) {}

void SignalSession::start() {
  trouble_since_ = open_at_ = context_.now();
  limit_ = settings_.join_limit;
  state_ = State::kWaiting;
  alarm_.set(open_at_);
}

bool SignalSession::send(const livekit::ClientMessage& message) {
  if (state_ != State::kUp) return false;
  link_->send(livekit::encode_request(message));
  return true;
}

void SignalSession::confirm() {
  trouble_since_ = base::kNever;
  attempt_ = 0;
}

void SignalSession::rejoin(std::string_view why) {
  if (state_ != State::kUp) return;
  recover(false, why);
}

void SignalSession::media_closed() {
  // Joining anew makes the server close what is left of the stay before.
  if (state_ == State::kOver || (state_ == State::kOpening && !resuming_)) return;
  media_closed_ = true;
  if (state_ == State::kUp && goodbye_by_ == base::kNever) goodbye_by_ = context_.now() + kGoodbyeWait;
  alarm_.set_by(forgotten_ ? context_.now() : goodbye_by_);
}

void SignalSession::leave(DisconnectReason reason) {
  if (state_ == State::kOver) return;
  // A server that is just letting us in keeps who only hangs up in its room for a minute.
  if (state_ == State::kUp || state_ == State::kOpening) {
    link_->send(livekit::encode_request(livekit::Leave{.reason = reason}));
  }
  state_ = State::kOver;
  alarm_.cancel();
  drop_link();
}

void SignalSession::drop_link() {
  if (link_) dead_link_ = std::move(link_);
  next_ping_ = silence_at_ = goodbye_by_ = base::kNever;
  // Outside the link's own calls; a session that is over has nothing else to wake up for.
  if (dead_link_) alarm_.set_by(context_.now());
}

void SignalSession::open() {
  livekit::SignalQuery query;
  query.protocol = kProtocol;
  query.version = settings_.client_version;
  if (resuming_) {
    query.participant_sid = participant_sid_;
    query.reconnect_reason = livekit::ReconnectReason::kSignalDisconnected;
  }
  forgotten_ = false;
  open_at_ = base::kNever;
  silence_at_ = context_.now() + kFirstMessageTimeout;
  state_ = State::kOpening;
  link_ = dialer_.dial(
      {.target = livekit::signal_target(query), .token = token_, .failures = failures_, .regions = regions_},
      *this);
}

void SignalSession::tick(base::TimePoint now) {
  dead_link_.reset();
  if (state_ == State::kOver) return;
  if (trouble_since_ != base::kNever && now >= trouble_since_ + limit_) {
    return end({.kind = SessionEnd::Kind::kUnreachable, .reason = {}, .detail = why_});
  }
  if (forgotten_ && media_closed_) {
    return end(
        {.kind = SessionEnd::Kind::kLeft, .reason = DisconnectReason::kParticipantRemoved, .detail = {}});
  }
  if (now >= silence_at_) {
    if (state_ == State::kOpening) ++failures_;
    recover(state_ == State::kUp || resuming_, "the room server does not answer");
  } else if (now >= goodbye_by_) {
    recover(false, "the room server closed the media connection");
  } else if (now >= open_at_) {
    open();
  } else if (now >= next_ping_) {
    const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch());
    send(livekit::PingRequest{.timestamp = millis.count(), .rtt = 0});
    next_ping_ = now + ping_interval_;
  }
  auto deadline = std::min({silence_at_, open_at_, next_ping_, goodbye_by_});
  if (trouble_since_ != base::kNever) deadline = std::min(deadline, trouble_since_ + limit_);
  if (dead_link_) deadline = now;
  if (state_ != State::kOver) alarm_.set(deadline);
}

void SignalSession::on_frame(std::string frame) {
  if (state_ != State::kOpening && state_ != State::kUp) return;
  const auto message = livekit::parse_signal_response(frame);
  if (!message) return recover(state_ == State::kUp || resuming_, "the room server sends what is no message");
  if (state_ == State::kUp) silence_at_ = std::max(silence_at_, context_.now() + ping_timeout_);
  if (!*message) return;
  if (state_ == State::kOpening) return on_first(**message);
  std::visit(base::Overloaded{[this](const livekit::RefreshToken& refresh) { token_ = refresh.token; },
                              [](const livekit::Pong&) {}, [](const livekit::PongResponse&) {},
                              [this](const livekit::Leave& leave) { on_leave(leave); },
                              [this, &message](const livekit::RoomMoved& moved) {
                                token_ = moved.token;
                                participant_sid_ = moved.participant.sid;
                                owner_.on_signal(**message);
                              },
                              [this, &message](const auto&) { owner_.on_signal(**message); }},
             **message);
}

void SignalSession::on_first(const livekit::SignalResponse& message) {
  if (const auto* join = std::get_if<livekit::JoinResponse>(&message)) {
    participant_sid_ = join->participant.sid;
    resuming_ = media_closed_ = false;
    came_up(join->ping_interval, join->ping_timeout);
    owner_.on_joined(*join);
  } else if (const auto* resumed = std::get_if<livekit::ReconnectResponse>(&message)) {
    came_up(0, 0);
    owner_.on_resumed(*resumed);
  } else if (const auto* leave = std::get_if<livekit::Leave>(&message)) {
    on_leave(*leave);
  }
}

void SignalSession::came_up(std::int32_t ping_interval, std::int32_t ping_timeout) {
  state_ = State::kUp;
  failures_ = 0;
  if (ping_interval > 0) ping_interval_ = std::chrono::seconds(ping_interval);
  if (ping_timeout > 0) ping_timeout_ = std::chrono::seconds(ping_timeout);
  // A server that announces none is not pinged; the connection's own keep-alive watches it.
  const bool pings = ping_interval_ > base::Duration::zero() && ping_timeout_ > base::Duration::zero();
  next_ping_ = pings ? context_.now() + ping_interval_ : base::kNever;
  silence_at_ = pings ? context_.now() + ping_timeout_ : base::kNever;
  alarm_.set_by(std::min(next_ping_, silence_at_));
}

void SignalSession::on_leave(const livekit::Leave& leave) {
  if (!leave.regions.empty()) regions_ = leave.regions;
  switch (leave.action) {
    case LeaveAction::kResume:
      return recover(true, "the room server moves the session");
    case LeaveAction::kReconnect: {
      const bool resuming = state_ == State::kOpening && resuming_;
      recover(false, "the room server wants the session to begin anew");
      if (resuming) {
        forgotten_ = true;
        open_at_ = std::max(open_at_, context_.now() + kForgottenWait);
        if (media_closed_) alarm_.set_by(context_.now());
      }
      return;
    }
    case LeaveAction::kDisconnect:
      break;
  }
  end({.kind = SessionEnd::Kind::kLeft, .reason = leave.reason, .detail = {}});
}

void SignalSession::on_lost(SignalLoss loss) {
  if (state_ != State::kOpening && state_ != State::kUp) return;
  if (state_ == State::kOpening && loss.http_status >= 400 && loss.http_status < 500 &&
      loss.http_status != 429) {
    // The room that we were in, on a server that makes none by itself.
    if (loss.http_status == 404 && !participant_sid_.empty()) {
      return end({.kind = SessionEnd::Kind::kLeft, .reason = DisconnectReason::kRoomClosed, .detail = {}});
    }
    return end({.kind = SessionEnd::Kind::kRefused, .reason = {}, .detail = std::move(loss.reason)});
  }
  if (state_ == State::kOpening) ++failures_;
  recover(state_ == State::kUp || resuming_, loss.reason);
}

void SignalSession::recover(bool resume, std::string_view why) {
  const bool was_up = state_ == State::kUp;
  if (trouble_since_ == base::kNever) {
    trouble_since_ = context_.now();
    limit_ = settings_.recovery_limit;
    attempt_ = 0;
  }
  why_ = why;
  resuming_ = resume && !participant_sid_.empty() && context_.now() < trouble_since_ + kResumeWindow;
  open_at_ = context_.now() + delay_of(attempt_++);
  state_ = State::kWaiting;
  drop_link();
  alarm_.set_by(open_at_);
  if (was_up) owner_.on_interrupted(why);
}

void SignalSession::end(SessionEnd end) {
  state_ = State::kOver;
  alarm_.cancel();
  drop_link();
  owner_.on_over(end);
}

}  // namespace ringback::client
