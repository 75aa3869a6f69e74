// modules: sdp
//
// What parse() accepts and write() prints parses to the same value again.

#include "input.h"
#include "sdp/parser.h"
#include "sdp/writer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ringback;
  const auto description = sdp::parse(fuzz::as_text(data, size));
  if (!description) return 0;
  const auto text = sdp::write(*description);
  const auto again = sdp::parse(text);
  fuzz::promise(static_cast<bool>(again));
  fuzz::promise(sdp::write(*again) == text);
  return 0;
}
