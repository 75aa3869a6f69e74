// modules: livekit
//
// What the other side of a signalling connection may send, client or server: messages in both encodings, data
// packets, candidates.

#include "input.h"
#include "livekit/data_packet.h"
#include "livekit/signal_client.h"
#include "livekit/signal_request.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ringback;
  const auto text = fuzz::as_text(data, size);
  (void)livekit::parse_signal_request(text);
  (void)livekit::parse_signal_request_json(text);
  (void)livekit::parse_signal_response(text);
  (void)livekit::parse_region_urls(text);
  (void)livekit::parse_candidate_init(text);
  (void)livekit::parse_data_envelope(text);
  (void)livekit::parse_sip_dtmf(text);
  (void)livekit::parse_user_packet(text);
  (void)livekit::parse_rpc_request(text);
  (void)livekit::parse_rpc_ack(text);
  (void)livekit::parse_rpc_response(text);
  return 0;
}
