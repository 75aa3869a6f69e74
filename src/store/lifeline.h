#pragma once

#include <mutex>

namespace ringback::store {

/// Lets any thread end a database connection that its owner waits for: a statement that a frozen server never
/// answers fails then as on a lost connection. The owner attaches the socket as soon as it is there and
/// detaches it before it is closed.
class Lifeline {
 public:
  void attach(int socket);
  void detach();
  /// From now on every socket that is attached is cut at once, until mend().
  void cut();
  void mend();

 private:
  std::mutex mutex_;
  int socket_ = -1;
  bool cut_ = false;
};

}  // namespace ringback::store
