#include "sip/session_timer.h"

#include <algorithm>
#include <optional>

namespace ringback::sip {
namespace {

/// The absolute minimum of RFC 4028 4; a peer's smaller wish is raised to it.
constexpr std::uint32_t kLeastSeconds = 90;

std::optional<SessionExpires> session_expires_of(const Message& message) {
  const auto value = message.headers.get("Session-Expires");
  return value ? SessionExpires::parse(*value) : std::nullopt;
}

}  // namespace

void SessionTimer::stop() {
  role_ = Role::kNone;
  seconds_ = 0;
  expires_at_ = base::kNever;
  deadline_ = base::kNever;
}

void SessionTimer::arm(base::TimePoint now, std::uint32_t seconds, Role role) {
  role_ = role;
  seconds_ = std::max(seconds, kLeastSeconds);
  const base::Duration interval = std::chrono::seconds(seconds_);
  // RFC 4028 10: the refresher acts at half time, the watcher says BYE a little before the end: a third of
  // the interval, at most 32 s.
  expires_at_ = now + interval - std::min<base::Duration>(interval / 3, std::chrono::seconds(32));
  deadline_ = role == Role::kRefresher ? now + interval / 2 : expires_at_;
}

void SessionTimer::receive_success(base::TimePoint now, const Message& response) {
  const auto value = session_expires_of(response);
  if (!value) {
    stop();
    return;
  }
  // In an answer uac is the one who asked: we. Without the parameter we refresh, which can do no harm.
  const bool theirs = value->refresher == SessionExpires::Refresher::kUas;
  arm(now, value->seconds, theirs ? Role::kWatcher : Role::kRefresher);
}

void SessionTimer::answer(base::TimePoint now, const Message& request, Message& response) {
  auto value = session_expires_of(request);
  if (!value) {
    stop();
    return;
  }
  // Whoever asked refreshes, unless it chose us or cannot (RFC 4028 9, table 2).
  const bool peer_can = request.headers.has_token("Supported", "timer");
  const bool we_refresh = value->refresher == SessionExpires::Refresher::kUas || !peer_can;
  value->refresher = we_refresh ? SessionExpires::Refresher::kUas : SessionExpires::Refresher::kUac;
  arm(now, value->seconds, we_refresh ? Role::kRefresher : Role::kWatcher);
  value->seconds = seconds_;
  response.headers.set("Session-Expires", value->to_string());
  if (peer_can) response.headers.set("Require", "timer");
}

void SessionTimer::decorate(Message& request) const {
  if (role_ == Role::kNone) return;
  const bool ours = role_ == Role::kRefresher;
  const SessionExpires value{seconds_,
                             ours ? SessionExpires::Refresher::kUac : SessionExpires::Refresher::kUas};
  request.headers.set("Session-Expires", value.to_string());
  request.headers.set("Min-SE", std::to_string(kLeastSeconds));
}

bool SessionTimer::is_too_short(const Message& request, std::uint32_t least) {
  const auto value = session_expires_of(request);
  return value && value->seconds < std::max(least, kLeastSeconds) &&
         request.headers.has_token("Supported", "timer");
}

}  // namespace ringback::sip
