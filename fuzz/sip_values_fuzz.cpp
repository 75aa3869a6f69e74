// modules: sip
//
// The values of single header fields.

#include "input.h"
#include "sip/digest_auth.h"
#include "sip/header_values.h"
#include "sip/parameters.h"
#include "sip/uri.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ringback;
  const auto text = fuzz::as_text(data, size);
  (void)sip::Challenge::parse(text, false);
  (void)sip::Challenge::parse(text, true);
  (void)sip::NameAddr::parse(text);
  (void)sip::Via::parse(text);
  (void)sip::CSeq::parse(text);
  (void)sip::RAck::parse(text);
  (void)sip::Reason::parse(text);
  (void)sip::SessionExpires::parse(text);
  (void)sip::Parameters::parse(text);
  (void)sip::Uri::parse(text);
  return 0;
}
