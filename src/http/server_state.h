#pragma once

#include <functional>
#include <memory>
#include <unordered_map>

#include "http/asio_types.h"
#include "http/server.h"

namespace ringback::http {

/// A connection as the server counts and ends it. All calls on the front thread.
class Member {
 public:
  virtual ~Member() = default;
  /// Finish what is under way, then close.
  virtual void end() = 0;
  /// Close now.
  virtual void cut() = 0;
};

/// What a server and its connections share; outlives the server as long as a connection lives. Front thread
/// only.
struct ServerState {
  explicit ServerState(asio::io_context& context_, const ServerLimits& limits_, Handler handler_)
      : context(context_), limits(limits_), handler(std::move(handler_)) {}

  asio::io_context& context;
  const ServerLimits limits;
  Handler handler;
  bool stopping = false;  ///< no new requests on old connections
  std::unordered_map<const Member*, std::weak_ptr<Member>> members;
  std::function<void()> on_empty;  ///< called when the last member has left

  void enter(const std::shared_ptr<Member>& member) { members.emplace(member.get(), member); }
  void leave(const Member* member) {
    if (members.erase(member) != 0 && members.empty() && on_empty) on_empty();
  }
};

}  // namespace ringback::http
