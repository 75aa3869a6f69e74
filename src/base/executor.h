#pragma once

#include "base/task.h"

namespace ringback::base {

/// A thread that runs what others post to it, in order. The only way from one thread to another in this
/// program.
class Executor {
 public:
  virtual ~Executor() = default;

  /// Callable from any thread. Returns false, and drops the task, when the bounded mailbox is full or the
  /// thread has stopped; the caller must then treat the work as refused.
  [[nodiscard]] virtual bool post(Task task) = 0;
};

}  // namespace ringback::base
