#include "webrtc/ice_path.h"

namespace ringback::webrtc {

std::string IcePath::to_string() const {
  if (via == kUdp) return "UDP " + remote.to_string();
  if (via == kTcp) return "TCP " + remote.to_string();
  return "relay " + std::to_string(via - kFirstRelay + 1) + " to " + remote.to_string();
}

}  // namespace ringback::webrtc
