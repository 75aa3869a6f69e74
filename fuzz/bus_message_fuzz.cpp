// modules: livekit bus
//
// What other programs publish on LiveKit's bus.

#include "bus/rpc_server.h"
#include "input.h"
#include "livekit/sip_internal.h"

namespace {

struct Nothing final : ringback::bus::BusPort {
  void subscribe(const std::string&) override {}
  void unsubscribe(const std::string&) override {}
  void publish(std::string, std::string payload, ringback::base::TimePoint) override {
    ringback::fuzz::promise(ringback::livekit::decode_bus_message(payload).has_value());
  }
  void take_lock(std::uint64_t ticket, std::string) override { tickets.push_back(ticket); }
  std::vector<std::uint64_t> tickets;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ringback;
  const auto text = fuzz::as_text(data, size);
  if (const auto message = livekit::decode_bus_message(text)) {
    fuzz::promise(livekit::decode_bus_message(livekit::encode(*message)).has_value());
  }
  if (const auto call = livekit::decode_internal_sip_call(text)) {
    fuzz::promise(livekit::decode_internal_sip_call(livekit::encode(*call)).has_value());
  }
  Nothing port;
  bus::RpcServer server(port, "SRV_x", [](const auto&, auto body) {
    return bus::RpcServer::Bid{.accept = true, .load = body.empty() ? 0.0 : 1.0};
  });
  server.serve({"S", "M", ""});
  bus::BusTime time{base::TimePoint(std::chrono::seconds(1)), 1'000'000'000};
  server.receive(time, "S|M|REQ", text);
  time.now += std::chrono::seconds(1);
  server.advance(time);
  for (const auto ticket : port.tickets) server.lock_decided(time, ticket, true);
  server.receive(time, "S|M|RCLAIM", text);
  while (server.next_event()) {
  }
  (void)bus::escaped(text);
  return 0;
}
