#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "http/router.h"
#include "net/timer_queue.h"
#include "store/call_row.h"

namespace ringback::bridge {
class CallService;
}
namespace ringback::net {
class Front;
}
namespace ringback::store {
class Store;
}

namespace ringback::dialer {

/// Hanging up between nodes that share a database: word is left there for the node that a call runs on, and
/// that node looks for what is left to it. Over the database alone, since it is what nodes have in common in
/// every deployment, and who does not reach it cannot know where a call runs.
///
/// Owner: the call API; front thread.
class NodeHangUps {
 public:
  NodeHangUps(net::Front& front, store::Store& store, bridge::CallService& service)
      : front_(front), store_(store), service_(service) {}

  /// Begins to look for what other nodes ask of this one; nothing to do with a database of our own.
  void start();
  void stop();

  /// A call that is live on another node. Answers with its row when it is over, at the latest after ten
  /// seconds with the error that its node does not answer.
  void ask(const store::CallRow& call, http::Responder responder);

 private:
  struct Asked {
    store::CallId id;  ///< as the client wrote it
    std::string node;
    base::TimePoint until;
    http::Responder responder;
  };

  void look();
  void look_later();
  void hang_up(const std::vector<store::CallId>& calls);
  void follow(const std::shared_ptr<Asked>& asked);
  void followed(const std::shared_ptr<Asked>& asked, base::ErrorOr<std::optional<store::CallRow>> row);

  net::Front& front_;
  store::Store& store_;
  bridge::CallService& service_;
  net::TimerId timer_{};
  bool running_ = false;
};

}  // namespace ringback::dialer
