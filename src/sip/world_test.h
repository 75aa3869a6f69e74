#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "sip/parser.h"
#include "sip/user_agent.h"

namespace ringback::sip {

/// A virtual network with a virtual clock and a seed: it owns user agents, delays, loses and doubles what
/// they send, and wakes them when they want. The same seed gives the same run.
class World {
 public:
  struct Network {
    double loss = 0;
    double duplication = 0;
    base::Duration delay = std::chrono::milliseconds(10);
    base::Duration jitter{};  ///< added uniformly: reorders
  };

  explicit World(std::uint64_t seed = 1) : dice_(seed) {}

  /// A party at `address`; "" events go to whoever polls `agent().next_event()`.
  class Party final : public Sink {
   public:
    Party(World& world, const std::string& address, Config config)
        : world_(world), here_(*base::Endpoint::parse(address)) {
      if (!config.local_address) {
        config.local_address = [this](Transport, const base::Endpoint&) { return here_; };
      }
      agent_ = std::make_unique<UserAgent>(std::move(config), *this, [&world](std::span<std::uint8_t> out) {
        for (auto& byte : out) byte = static_cast<std::uint8_t>(world.dice_());
      });
    }
    void send(std::string_view bytes, const Destination& to) override {
      sent.emplace_back(bytes);
      world_.carry(*this, std::string(bytes), to);
    }
    UserAgent& agent() { return *agent_; }
    [[nodiscard]] const base::Endpoint& here() const { return here_; }
    /// The last message sent whose first line contains the text.
    [[nodiscard]] std::string last(std::string_view text) const {
      for (auto it = sent.rbegin(); it != sent.rend(); ++it) {
        if (it->substr(0, it->find('\r')).find(text) != std::string::npos) return *it;
      }
      return {};
    }
    [[nodiscard]] std::size_t count(std::string_view text) const {
      std::size_t n = 0;
      for (const auto& message : sent)
        n += message.substr(0, message.find('\r')).find(text) != std::string::npos;
      return n;
    }

    std::vector<std::string> sent;
    bool deaf = false;  ///< receives nothing

   private:
    World& world_;
    base::Endpoint here_;
    std::unique_ptr<UserAgent> agent_;
  };

  Party& add(const std::string& address, Config config = {}) {
    parties_.push_back(std::make_unique<Party>(*this, address, std::move(config)));
    return *parties_.back();
  }

  void carry(const Party& from, std::string bytes, const Destination& to) {
    const bool reliable = is_reliable(to.transport);
    const int copies = reliable ? 1 : (chance(network.loss) ? 0 : 1) + (chance(network.duplication) ? 1 : 0);
    for (int i = 0; i < copies; ++i) {
      base::TimePoint at = now + network.delay;
      if (!reliable && network.jitter.count() > 0) at += base::Duration(dice_() % network.jitter.count());
      wire_.emplace(at, Flight{from.here(), to, bytes});
    }
  }

  /// Runs everything up to a time; after each step `react` may drain events.
  template <class React>
  void run(base::Duration duration, React react) {
    const base::TimePoint end = now + duration;
    react();
    for (;;) {
      base::TimePoint next = wire_.empty() ? base::kNever : wire_.begin()->first;
      for (const auto& party : parties_) next = std::min(next, party->agent().next_deadline());
      if (next > end) break;
      now = std::max(now, next);
      while (!wire_.empty() && wire_.begin()->first <= now) {
        const Flight flight = std::move(wire_.begin()->second);
        wire_.erase(wire_.begin());
        deliver(flight);
      }
      for (const auto& party : parties_) {
        if (party->agent().next_deadline() <= now) party->agent().advance(now);
      }
      react();
    }
    now = end;
  }
  void run(base::Duration duration) {
    run(duration, [] {});
  }

  base::TimePoint now{std::chrono::seconds(1000)};
  Network network;

 private:
  struct Flight {
    base::Endpoint from;
    Destination to;
    std::string bytes;
  };
  bool chance(double probability) {
    return probability > 0 && std::uniform_real_distribution<>()(dice_) < probability;
  }
  void deliver(const Flight& flight) {
    for (const auto& party : parties_) {
      if (party->here() != flight.to.endpoint || party->deaf) continue;
      Source source;
      source.transport = flight.to.transport;
      source.remote = flight.from;
      source.local = party->here();
      party->agent().receive(now, flight.bytes, source);
    }
  }

  std::mt19937_64 dice_;
  std::vector<std::unique_ptr<Party>> parties_;
  std::multimap<base::TimePoint, Flight> wire_;
};

/// The next event, which must be of that kind.
template <class Kind>
std::optional<Kind> take(UserAgent& agent) {
  auto event = agent.next_event();
  if (!event || !std::holds_alternative<Kind>(*event)) return std::nullopt;
  return std::get<Kind>(std::move(*event));
}

/// Drops events until one of that kind comes.
template <class Kind>
std::optional<Kind> find_event(UserAgent& agent) {
  while (auto event = agent.next_event()) {
    if (auto* wanted = std::get_if<Kind>(&*event)) return std::move(*wanted);
  }
  return std::nullopt;
}

inline OutboundInvite call_to(const World::Party& party, std::string user = "+15551234567") {
  OutboundInvite call;
  call.destination.endpoint = party.here();
  call.request_uri = "sip:" + user + "@sip.example.com";
  call.from_uri = "sip:+15550001111@example.com";
  call.from_name = "ringback";
  call.sdp =
      "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n";
  return call;
}

}  // namespace ringback::sip
