// modules: webrtc
//
// What a TURN server sends, at every stage of a client: packets of up to 255 bytes, each behind its length.

#include <algorithm>
#include <vector>

#include "input.h"
#include "webrtc/relay_server.h"
#include "webrtc/turn_client.h"

namespace {

using namespace ringback;

struct Wire final : webrtc::TurnClient::Sink {
  void send_to_server(std::span<const std::uint8_t>) override {}
  void on_relayed(std::span<std::uint8_t> data, const base::Endpoint&) override {
    fuzz::promise(data.size() < 256);
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  (void)webrtc::RelayServer::parse(fuzz::as_text(data, size));
  Wire wire;
  webrtc::TurnClient client("user", "secret", false, wire);
  base::TimePoint now{};
  client.allocate(now);
  const base::Endpoint peer{base::IpAddress::v4({192, 0, 2, 1}), 1};
  for (std::size_t at = 0; at < size;) {
    const std::size_t length = std::min<std::size_t>(data[at], size - at - 1);
    std::vector<std::uint8_t> packet(data + at + 1, data + at + 1 + length);
    at += 1 + length;
    client.receive(now, packet);
    client.send(now, packet, peer);
    if (client.next_deadline() != base::kNever) now = std::max(now, client.next_deadline());
    client.advance(now);
  }
  client.release();
  return 0;
}
