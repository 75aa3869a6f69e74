#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "bridge/trunk.h"
#include "livekit/sip_api.h"

namespace ringback::store {
class Store;
}

namespace ringback::bridge {

/// All trunks that this process knows: those of the settings (fixed) and those that the SIP API made (kept in
/// the database). Owner: the SIP service, on the front thread.
class TrunkBook {
 public:
  /// Loads the API's trunks from the store and notes the configured ones in `livekit_sip_trunks`. Blocks; at
  /// start.
  [[nodiscard]] static base::ErrorOr<TrunkBook> open(std::vector<Trunk> configured, store::Store& store);

  /// Configured ones first.
  [[nodiscard]] std::vector<Trunk> trunks() const;
  [[nodiscard]] const Trunk* find(std::string_view id) const;
  /// For a call that names none; null when there is no trunk at all.
  [[nodiscard]] const Trunk* preferred() const { return table_.preferred(); }

  // What the SIP API does. Configured trunks can be listed and used there, but not changed.
  livekit::TwirpResult<livekit::SipOutboundTrunk> create(
      const livekit::CreateSipOutboundTrunkRequest& request);
  livekit::TwirpResult<livekit::SipOutboundTrunk> update(
      const livekit::UpdateSipOutboundTrunkRequest& request);
  [[nodiscard]] livekit::TwirpResult<livekit::SipOutboundTrunk> get(const std::string& id) const;
  [[nodiscard]] std::vector<livekit::SipOutboundTrunk> list(
      const livekit::ListSipTrunksRequest& filter) const;
  livekit::Verdict remove(const std::string& id);

 private:
  TrunkBook(std::vector<Trunk> configured, store::Store& store)
      : configured_(std::move(configured)), store_(&store) {}
  void put(const livekit::SipOutboundTrunk& trunk);
  void rebuild();

  std::vector<Trunk> configured_;
  store::Store* store_;
  std::map<std::string, livekit::SipOutboundTrunk, std::less<>> made_;  ///< by id
  TrunkTable table_;                                                    ///< both, as calls use them
};

/// A trunk of the SIP API as calls use it. Errors: an address that is none.
[[nodiscard]] base::ErrorOr<Trunk> trunk_from_api(const livekit::SipOutboundTrunk& made);
/// The trunk given inside CreateSIPParticipant.
[[nodiscard]] base::ErrorOr<Trunk> trunk_from_api(const livekit::SipOutboundConfig& inline_trunk);

}  // namespace ringback::bridge
