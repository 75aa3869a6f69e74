// modules: sip
//
// Whatever arrives at a user agent with a call under way, it survives, and its timers come to an end.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "input.h"
#include "sip/user_agent.h"

namespace {

using namespace ringback;

class NullSink final : public sip::Sink {
 public:
  void send(std::string_view, const sip::Destination&) override {}
};

void run_agent(std::string_view bytes) {
  NullSink sink;
  sip::Config config;
  config.local_address = [](sip::Transport, const base::Endpoint&) {
    return base::Endpoint{base::IpAddress::v4({192, 0, 2, 1}), 5060};
  };
  sip::UserAgent agent(config, sink,
                       [](std::span<std::uint8_t> out) { std::ranges::fill(out, std::uint8_t{0}); });
  base::TimePoint now{std::chrono::seconds(1)};
  sip::Source source;
  source.remote = {base::IpAddress::v4({192, 0, 2, 2}), 5060};
  sip::OutboundInvite call;
  call.destination.endpoint = source.remote;
  call.request_uri = "sip:a@192.0.2.2";
  call.from_uri = "sip:b@192.0.2.1";
  call.credentials = sip::Credentials{"u", "p"};
  (void)agent.invite(now, call);
  // Several messages, cut at NUL bytes; time passes between them.
  while (!bytes.empty()) {
    const auto end = bytes.find('\0');
    agent.receive(now, bytes.substr(0, end), source);
    bytes.remove_prefix(end == std::string_view::npos ? bytes.size() : end + 1);
    while (const auto event = agent.next_event()) {
      if (const auto* incoming = std::get_if<sip::IncomingInvite>(&*event)) {
        (void)agent.accept(now, incoming->session, "v=0\r\n");
      } else if (const auto* offer = std::get_if<sip::ReinviteOffer>(&*event)) {
        (void)agent.answer_reinvite(now, offer->session, "v=0\r\n");
      }
    }
    now += std::chrono::milliseconds(700);
    agent.advance(now);
  }
  now += std::chrono::hours(1);
  for (int i = 0; i < 100 && agent.next_deadline() != base::kNever; ++i) {
    agent.advance(now);
    now += std::chrono::hours(1);
  }
  fuzz::promise(agent.next_deadline() == base::kNever || agent.session_count() > 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  run_agent(ringback::fuzz::as_text(data, size));
  return 0;
}
