#include "store/lifeline.h"

#include <sys/socket.h>

namespace ringback::store {

void Lifeline::attach(int socket) {
  const std::lock_guard lock(mutex_);
  socket_ = socket;
  if (cut_ && socket_ >= 0) ::shutdown(socket_, SHUT_RDWR);
}

void Lifeline::detach() {
  const std::lock_guard lock(mutex_);
  socket_ = -1;
}

void Lifeline::cut() {
  const std::lock_guard lock(mutex_);
  cut_ = true;
  if (socket_ >= 0) ::shutdown(socket_, SHUT_RDWR);
}

void Lifeline::mend() {
  const std::lock_guard lock(mutex_);
  cut_ = false;
}

}  // namespace ringback::store
