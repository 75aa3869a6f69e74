// modules: bridge
//
// Payloads of the methods that a phone serves: whatever they are, no line break gets into a SIP message, and
// an answer is an object.

#include <algorithm>

#include "bridge/phone_rpc.h"
#include "input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ringback;
  const auto payload = fuzz::as_text(data, size);
  if (const auto headers = bridge::end_call_headers(payload)) {
    for (const auto& header : *headers) {
      for (const auto& part : {header.name, header.value}) {
        fuzz::promise(std::ranges::none_of(part, [](char c) { return c == '\r' || c == '\n' || c == '\0'; }));
      }
      fuzz::promise(!header.name.empty());
    }
  }
  const auto answer = bridge::remote_headers(payload, {{"X-Name", std::string(payload)}});
  fuzz::promise(answer ? answer->starts_with("{\"headers\":{") : !answer.error().message.empty());
  return 0;
}
