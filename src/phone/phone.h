#pragma once

#include <memory>

#include "base/endpoint.h"
#include "base/error.h"
#include "phone/event.h"
#include "phone/options.h"

namespace ringback::phone {

/// A SIP phone that takes calls, with a behaviour for each number: for demonstrations, tests and load.
///
/// Runs on two threads of its own, a front for signalling and a worker for calls and audio. Several may live
/// in one process. Use: start(), then wait; destroying it hangs up and joins.
class Phone {
 public:
  /// `on_event` is called on the phone's worker thread and must not block it for long. The error says which
  /// address or port cannot be used.
  [[nodiscard]] static base::ErrorOr<std::unique_ptr<Phone>> start(const PhoneOptions& options,
                                                                   EventHandler on_event);
  ~Phone();
  Phone(const Phone&) = delete;
  Phone& operator=(const Phone&) = delete;

  /// Where it takes calls, with the port that was chosen.
  [[nodiscard]] base::Endpoint sip_endpoint() const;

 private:
  struct Threads;
  explicit Phone(std::unique_ptr<Threads> threads);
  std::unique_ptr<Threads> threads_;
};

/// The program `ringback phone`: prints events to standard output until SIGINT or SIGTERM. Returns the exit
/// code.
int run(const PhoneOptions& options);

}  // namespace ringback::phone
