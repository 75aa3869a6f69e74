#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "bus/rpc.h"

namespace ringback::bus {

/// How a request of ours went.
struct RpcOutcome {
  std::string request_id;
  RpcResult result;
};

/// The client's side of psrpc: request, the first claim wins, response. rpc_server.h describes the other
/// side.
///
/// A core: one owner thread, time as an argument.
class RpcClient {
 public:
  /// Without a claim in this time nobody serves the method.
  static constexpr base::Duration kClaimPatience = std::chrono::seconds(1);
  static constexpr base::Duration kDefaultTimeout = std::chrono::seconds(3);
  static constexpr std::size_t kMaxOpen = 4096;

  RpcClient(BusPort& port, std::string client_id) : port_(port), client_id_(std::move(client_id)) {}

  /// Listens for what the servers of a service answer; before the first call().
  void open(const std::string& service);
  /// `request_id` is the caller's and unique. The outcome comes as an event, "unavailable" when nobody serves
  /// the method, "deadline_exceeded" when the server does not answer.
  void call(const BusTime& time, std::string request_id, const Method& method, std::string body,
            base::Duration timeout = kDefaultTimeout);

  /// False: the channel is none of ours.
  bool receive(const BusTime& time, std::string_view channel, std::string_view payload);
  void advance(const BusTime& time);
  [[nodiscard]] base::TimePoint next_deadline() const;
  [[nodiscard]] std::optional<RpcOutcome> next_event();

 private:
  struct Open {
    Method method;
    base::TimePoint due;  ///< for the claim, then for the response
    base::TimePoint deadline;
    bool claimed = false;
  };
  void finish(const std::string& request_id, RpcResult result);

  BusPort& port_;
  const std::string client_id_;
  std::set<std::string, std::less<>> channels_;
  std::map<std::string, Open, std::less<>> open_;  ///< by request id
  std::deque<RpcOutcome> events_;
};

}  // namespace ringback::bus
