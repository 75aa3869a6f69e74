#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "app/config.h"
#include "base/error.h"

namespace ringback::app {

/// `ringback serve`, whole: builds the threads, wires the services, and takes all down again in the right
/// order.
///
/// Thread: the one that calls start() also calls stop() and destroys it; none of the program's own threads.
class Server {
 public:
  /// Everything listens when it returns. The error is a sentence for the operator (a port that is taken, a
  /// database that cannot be opened).
  [[nodiscard]] static base::ErrorOr<std::unique_ptr<Server>> start(const Config& config);
  ~Server();

  /// Where to look: page, API, room server, SIP, data, trunk.
  [[nodiscard]] std::string describe() const;

  /// Refuses new calls from now on; the live ones go on.
  void drain();
  /// Calls that are not over, those included that a LiveKit server's bus is just about to give us. Waits for
  /// the front thread.
  [[nodiscard]] std::size_t live_calls() const;

  /// Ends live calls (BYE, CANCEL), closes rows and connections, and joins all threads; within three seconds.
  void stop();

 private:
  struct Parts;
  explicit Server(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace ringback::app
