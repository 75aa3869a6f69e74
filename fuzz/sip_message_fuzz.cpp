// modules: sip
//
// What parse() accepts can be written, and what was written is accepted again with the same start line and
// body.

#include "input.h"
#include "sip/header_values.h"
#include "sip/parser.h"
#include "sip/uri.h"
#include "sip/writer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ringback;
  const auto message = sip::parse(fuzz::as_text(data, size));
  if (!message) {
    fuzz::promise(!message.error().sentence().empty());
    return 0;
  }
  for (const auto& header : message->headers) {
    (void)sip::NameAddr::parse(header.value);
    (void)sip::Via::parse(header.value);
    (void)message->headers.elements(header.name);
  }
  (void)sip::Uri::parse(message->request_uri);
  (void)sip::sdp_of(*message);

  const auto again = sip::parse(sip::write(*message));
  fuzz::promise(static_cast<bool>(again));
  fuzz::promise(again->method == message->method && again->status == message->status);
  fuzz::promise(again->body == message->body);
  return 0;
}
