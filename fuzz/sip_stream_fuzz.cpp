// modules: sip
//
// A stream gives the same messages whether it arrives at once or in pieces; the first byte is the size of a
// piece.

#include <string>
#include <vector>

#include "input.h"
#include "sip/stream_framer.h"

namespace {

std::vector<std::string> messages_of(std::string_view stream, std::size_t piece) {
  ringback::sip::StreamFramer framer;
  std::vector<std::string> messages;
  while (!stream.empty()) {
    framer.append(stream.substr(0, piece));
    stream.remove_prefix(std::min(piece, stream.size()));
    while (const auto message = framer.next()) messages.emplace_back(*message);
    (void)framer.take_pings();
  }
  return messages;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ringback;
  if (size < 2) return 0;
  const auto stream = fuzz::as_text(data + 1, size - 1);
  fuzz::promise(messages_of(stream, stream.size()) == messages_of(stream, 1U + data[0]));
  return 0;
}
