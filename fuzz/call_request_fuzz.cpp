// modules: dialer
//
// The body of POST /api/livekit/call.

#include "dialer/call_request.h"
#include "input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ringback;
  const auto request = dialer::parse_call_request(fuzz::as_text(data, size));
  fuzz::promise(static_cast<bool>(request) || !request.error().message.empty());
  return 0;
}
