// modules: livekit
//
// The query with which a client connects, join_request in it included (base64url, maybe compressed).

#include <string>
#include <utility>
#include <vector>

#include "input.h"
#include "livekit/connect_request.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ringback;
  std::vector<std::pair<std::string, std::string>> query;
  for (auto rest = fuzz::as_text(data, size); !rest.empty();) {
    const auto end = std::min(rest.find('&'), rest.size());
    const auto item = rest.substr(0, end);
    const auto equals = std::min(item.find('='), item.size());
    query.emplace_back(item.substr(0, equals), item.substr(std::min(equals + 1, item.size())));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  (void)livekit::parse_connect_request(livekit::SignalPath::kV0, query);
  (void)livekit::parse_connect_request(livekit::SignalPath::kV1, query);
  return 0;
}
