#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "bridge/call_failure.h"
#include "bridge/trunk.h"
#include "dialer/server_api_client.h"

namespace ringback::net {
class Front;
}
namespace ringback::store {
class Store;
struct TrunkRow;
}  // namespace ringback::store

namespace ringback::dialer {

/// Which trunk of LiveKit's SIP API calls go through: the one that the settings name; else, where SIP_TRUNK_*
/// describes an account, the outbound trunk that we made of it once and noted in `livekit_sip_trunks`; else
/// the newest row of that table. Owner: the call service; front thread.
class RemoteTrunk {
 public:
  struct Options {
    std::string id;                        ///< LIVEKIT_SIP_TRUNK_ID; "" when unset
    std::optional<bridge::Trunk> account;  ///< of SIP_TRUNK_*
    std::string secret;                    ///< keys the hash of the account in the row's name
  };
  using Callback = std::function<void(base::Result<std::string, bridge::CallFailure>)>;

  RemoteTrunk(net::Front& front, store::Store& store, ServerApiClient& api, Options options);

  /// The trunk's id at once, when it is known; else it is looked up or made first.
  void find(Callback callback);
  /// The server does not know this trunk (any more). True when find() can make another one.
  bool forget(const std::string& id);

  [[nodiscard]] const std::string& known() const { return known_; }

 private:
  void look_up();
  void choose(const std::vector<store::TrunkRow>& rows);
  void create();
  void settle(base::Result<std::string, bridge::CallFailure> outcome);
  /// The name of the row: it tells the account's settings apart without showing them.
  [[nodiscard]] std::string row_name() const;

  net::Front& front_;
  store::Store& store_;
  ServerApiClient& api_;
  const Options options_;
  std::string known_;
  std::string forgotten_;
  std::vector<Callback> waiting_;
  http::ClientExchange creation_;
};

}  // namespace ringback::dialer
