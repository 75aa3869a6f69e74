#include "rtp/port_pair.h"

namespace ringback::rtp {

void PortPair::set_signalled(base::TimePoint now, const base::Endpoint& remote) {
  if (signalled_ != remote) {
    learned_.reset();
    signalled_seen_ = false;
  }
  signalled_ = remote;
  candidate_ = {};
  window_open_ = settings_.learning != Learning::kOff;
  window_end_ = now + settings_.window;
}

PortPair::Verdict PortPair::receive(base::TimePoint now, const base::Endpoint& source, std::uint32_t ssrc) {
  if (!signalled_) {
    // Early packets before the answer: nobody has told us who may send.
    ++refused_;
    return Verdict::kRefused;
  }
  if (source == *signalled_) {
    // The peer itself speaks from where it said: whoever was learned before was wrong.
    ++accepted_;
    signalled_seen_ = true;
    learned_.reset();
    return Verdict::kAccepted;
  }
  if (source == learned_) {
    ++accepted_;
    return Verdict::kAccepted;
  }
  if (!may_learn(now, source)) {
    ++refused_;
    return Verdict::kRefused;
  }
  if (candidate_.source != source || candidate_.ssrc != ssrc) {
    candidate_ = {.source = source, .ssrc = ssrc, .packets = 0};
  }
  if (++candidate_.packets < settings_.packets_to_learn) {
    ++refused_;
    return Verdict::kRefused;
  }
  learned_ = source;
  window_open_ = false;
  ++accepted_;
  return Verdict::kLearned;
}

bool PortPair::may_learn(base::TimePoint now, const base::Endpoint& source) const {
  if (!window_open_ || now >= window_end_ || signalled_seen_) return false;
  switch (settings_.learning) {
    case Learning::kOff:
      return false;
    case Learning::kSamePortOrHost:
      return source.address == signalled_->address || source.port == signalled_->port;
    case Learning::kAny:
      return true;
  }
  return false;
}

std::optional<base::Endpoint> PortPair::destination() const {
  if (learned_) return learned_;
  if (!signalled_ || signalled_->port == 0 || signalled_->address.is_unspecified()) return std::nullopt;
  return signalled_;
}

}  // namespace ringback::rtp
