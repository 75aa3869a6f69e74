#include "net/tick.h"

namespace ringback::net {

void Tick::on_timer(base::TimePoint now) {
  base::TimePoint due = deadline_;
  unsigned missed = 0;
  if (now - due >= period_) {
    missed = static_cast<unsigned>((now - due) / period_);
    due += period_ * missed;
  }
  deadline_ = due + period_;
  wheel_.arm(*this, deadline_);
  handler_.on_tick(due, missed);  // last: the handler may stop or destroy this tick
}

}  // namespace ringback::net
