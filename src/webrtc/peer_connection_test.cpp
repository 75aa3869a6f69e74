#include "webrtc/peer_connection.h"

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <queue>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "webrtc/data_channels.h"
#include "webrtc/demultiplexer.h"
#include "webrtc/virtual_sctp_time.h"

namespace ringback::webrtc {
namespace {

using namespace std::chrono_literals;
using Bytes = std::vector<std::uint8_t>;

base::Endpoint at(std::string_view text) {
  return *base::Endpoint::parse(text);
}

crypto::Certificate make_certificate() {
  return *crypto::Certificate::generate(1'795'000'000'000);
}

/// One participant's end: a connection behind one address, with its data channels.
class Host final : public PeerConnection::Sink, public DataChannels::Sink {
 public:
  std::span<std::uint8_t> prepare() override { return slot_; }
  void commit(std::size_t size, const IcePath& to) override {
    out.push_back({to.remote, Bytes(slot_.begin(), slot_.begin() + static_cast<std::ptrdiff_t>(size))});
  }
  void on_rtp(base::TimePoint, std::span<std::uint8_t> packet) override {
    rtp.emplace_back(packet.begin(), packet.end());
  }
  void on_rtcp(base::TimePoint, std::span<const std::uint8_t> compound) override {
    rtcp.emplace_back(compound.begin(), compound.end());
  }
  void on_sctp(base::TimePoint, std::span<const std::uint8_t> packet) override {
    sctp_in.emplace_back(packet.begin(), packet.end());
  }
  void send_packet(std::span<const std::uint8_t> packet) override {
    sctp_out.emplace_back(packet.begin(), packet.end());
  }
  void on_message(std::uint16_t, std::string_view label, std::span<const std::uint8_t> message,
                  bool) override {
    messages.push_back(std::string(label) + ":" + std::string(message.begin(), message.end()));
  }

  struct Outgoing {
    base::Endpoint to;
    Bytes bytes;
  };

  base::Endpoint address;
  std::optional<PeerConnection> connection;
  std::optional<DataChannels> channels;
  std::vector<PeerState> states;
  std::vector<std::string> reasons;
  std::deque<Outgoing> out;
  std::vector<Bytes> rtp;
  std::vector<Bytes> rtcp;
  std::deque<Bytes> sctp_in;
  std::deque<Bytes> sctp_out;
  std::vector<std::string> messages;

 private:
  Bytes slot_ = Bytes(1500);
};

/// A room server's UDP port and its clients on a network of virtual time: 20 ms one way, seeded loss,
/// duplication and reordering.
class World {
 public:
  explicit World(unsigned seed = 1, double loss = 0) : random_(seed), loss_(loss) {}

  /// A client that joins, and the server's connection for it.
  struct Session {
    Host client;
    Host server;
  };

  Session& join(const std::string& client_address, bool server_offers = true) {
    auto& session = sessions_.emplace_back(std::make_unique<Session>());
    session->client.address = at(client_address);
    session->server.address = server_address;
    PeerConnection::Config server_config;
    server_config.ufrag_prefix = "w0";
    server_config.certificate = certificate_;
    server_config.local_endpoints = {server_address};
    PeerConnection::Config client_config;
    client_config.ice = PeerConnection::IceRole::kControlling;
    client_config.certificate = make_certificate();
    client_config.local_endpoints = {session->client.address};
    session->server.connection.emplace(server_config, session->server);
    session->client.connection.emplace(client_config, session->client);
    demultiplexer.insert(*session->server.connection);
    exchange(*session, server_offers);
    return *session;
  }

  /// Offer and answer, as the room and the client would carry them.
  void exchange(Session& session, bool server_offers) {
    PeerConnection& offerer = *(server_offers ? session.server : session.client).connection;
    PeerConnection& answerer = *(server_offers ? session.client : session.server).connection;
    answerer.set_remote(now, offerer.local());
    offerer.set_remote(now, answerer.local());
    demultiplexer.insert(*session.server.connection);
  }

  void start_channels(Session& session) {
    session.client.channels.emplace(
        stack, DataChannels::Config{.dtls_client = session.client.connection->dtls_client()}, session.client);
    session.server.channels.emplace(
        stack, DataChannels::Config{.dtls_client = session.server.connection->dtls_client()}, session.server);
    session.client.channels->start();
    session.server.channels->start();
  }

  void run(base::Duration time) {
    const base::TimePoint end = now + time;
    while (true) {
      flush();
      base::TimePoint next = std::min(end, sctp_tick_);
      if (!network_.empty()) next = std::min(next, network_.top().at);
      for (auto& session : sessions_) {
        next = std::min(next, session->client.connection->next_deadline());
        next = std::min(next, session->server.connection->next_deadline());
      }
      now = std::max(now, next);
      if (now >= end) break;
      if (now >= sctp_tick_) {
        sctp_tick_ = now + 20ms;
        pass_sctp_time(stack, 20);
      }
      while (!network_.empty() && network_.top().at <= now) {
        Flight flight = network_.top();
        network_.pop();
        arrive(flight);
      }
      for (auto& session : sessions_) {
        advance(session->client);
        advance(session->server);
      }
    }
    now = end;
  }

  void partition(bool cut) { cut_ = cut; }
  void set_loss(double loss) { loss_ = loss; }

  base::TimePoint now{1h};
  const base::Endpoint server_address = at("203.0.113.1:7882");
  Demultiplexer demultiplexer;
  SctpStack stack;

 private:
  struct Flight {
    base::TimePoint at;
    std::uint64_t number;
    base::Endpoint from;
    base::Endpoint to;
    Bytes bytes;
    bool operator>(const Flight& other) const {
      return std::tie(at, number) > std::tie(other.at, other.number);
    }
  };

  void advance(Host& host) {
    if (host.connection->next_deadline() <= now) host.connection->advance(now);
    drain(host);
  }

  void drain(Host& host) {
    while (auto event = host.connection->next_event()) {
      host.states.push_back(event->state);
      host.reasons.emplace_back(event->reason);
    }
  }

  void flush() {
    for (auto& session : sessions_) {
      for (Host* host : {&session->client, &session->server}) {
        drain(*host);
        while (host->channels && !host->sctp_in.empty()) {
          const Bytes packet = std::move(host->sctp_in.front());
          host->sctp_in.pop_front();
          host->channels->receive(packet);
        }
        while (!host->sctp_out.empty()) {
          host->connection->send_sctp(host->sctp_out.front());
          host->sctp_out.pop_front();
        }
        while (!host->out.empty()) {
          send(host->address, host->out.front());
          host->out.pop_front();
        }
      }
    }
  }

  void send(const base::Endpoint& from, const Host::Outgoing& packet) {
    if (cut_ || chance() < loss_) return;
    const int copies = loss_ > 0 && chance() < 0.05 ? 2 : 1;
    for (int copy = 0; copy < copies; ++copy) {
      const auto jitter = loss_ > 0 ? base::Duration(static_cast<int>(chance() * 15000)) : base::Duration{};
      network_.push({now + 20ms + jitter, next_number_++, from, packet.to, packet.bytes});
    }
  }

  void arrive(Flight& flight) {
    if (flight.to == server_address) {
      demultiplexer.receive(now, flight.bytes, flight.from);
      return;
    }
    for (auto& session : sessions_) {
      if (session->client.address == flight.to)
        session->client.connection->receive(now, flight.bytes, flight.from);
    }
  }

  double chance() { return std::uniform_real_distribution<>(0, 1)(random_); }

  crypto::Certificate certificate_ = make_certificate();
  std::vector<std::unique_ptr<Session>> sessions_;
  std::priority_queue<Flight, std::vector<Flight>, std::greater<>> network_;
  std::uint64_t next_number_ = 0;
  base::TimePoint sctp_tick_ = now;
  std::mt19937 random_;
  double loss_;
  bool cut_ = false;
};

Bytes rtp_packet(std::uint16_t sequence, std::uint32_t ssrc = 0x1234) {
  Bytes packet{0x80, 111, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 'v', 'o', 'i', 'c', 'e'};
  packet[2] = static_cast<std::uint8_t>(sequence >> 8);
  packet[3] = static_cast<std::uint8_t>(sequence);
  for (int i = 0; i < 4; ++i)
    packet[static_cast<std::size_t>(8 + i)] = static_cast<std::uint8_t>(ssrc >> (24 - 8 * i));
  return packet;
}

/// A receiver report without blocks.
Bytes rtcp_packet() {
  return {0x80, 201, 0, 1, 0, 0, 0x12, 0x34};
}

TEST(PeerConnection, ServerOfferConnectsAndCarriesMediaBothWays) {
  World world;
  auto& [client, server] = world.join("198.51.100.7:40000");
  EXPECT_TRUE(client.connection->dtls_client());
  EXPECT_FALSE(server.connection->dtls_client());
  world.run(2s);
  EXPECT_EQ(client.states, (std::vector{PeerState::kConnecting, PeerState::kConnected}));
  EXPECT_EQ(server.states, (std::vector{PeerState::kConnecting, PeerState::kConnected}));
  EXPECT_EQ(server.connection->remote_endpoint(), client.address);

  EXPECT_TRUE(client.connection->send_rtp(rtp_packet(1)));
  EXPECT_TRUE(server.connection->send_rtp(rtp_packet(2)));
  EXPECT_TRUE(client.connection->send_rtcp(rtcp_packet()));
  world.run(100ms);
  EXPECT_EQ(server.rtp, std::vector<Bytes>{rtp_packet(1)});
  EXPECT_EQ(client.rtp, std::vector<Bytes>{rtp_packet(2)});
  EXPECT_EQ(server.rtcp, std::vector<Bytes>{rtcp_packet()});
}

TEST(PeerConnection, ClientOfferMakesTheServerDtlsClient) {
  World world;
  auto& [client, server] = world.join("198.51.100.7:40000", false);
  EXPECT_TRUE(server.connection->dtls_client());
  EXPECT_EQ(server.connection->local().setup, sdp::SetupRole::kActive);
  world.run(2s);
  EXPECT_EQ(server.connection->state(), PeerState::kConnected);
  EXPECT_EQ(client.connection->state(), PeerState::kConnected);
}

TEST(PeerConnection, LocalDescriptionTellsAllThatASdpNeeds) {
  World world;
  auto& session = world.join("198.51.100.7:40000");
  const auto local = session.server.connection->local();
  EXPECT_TRUE(local.ice_lite);
  EXPECT_TRUE(local.ice_ufrag.starts_with("w0"));
  EXPECT_GE(local.ice_pwd.size(), 22U);
  EXPECT_EQ(local.candidates,
            std::vector<std::string>{"candidate:1 1 udp 2130706431 203.0.113.1 7882 typ host"});
  ASSERT_EQ(local.fingerprints.size(), 1U);
  EXPECT_EQ(local.fingerprints[0].algorithm, "sha-256");
}

TEST(PeerConnection, BuildsPacketsInTheSlotOfTheSink) {
  World world;
  auto& [client, server] = world.join("198.51.100.7:40000");
  EXPECT_TRUE(client.connection->prepare().empty());
  EXPECT_FALSE(client.connection->commit_rtp(12));
  world.run(2s);
  const auto slot = client.connection->prepare();
  ASSERT_FALSE(slot.empty());
  const Bytes packet = rtp_packet(9);
  std::ranges::copy(packet, slot.begin());
  EXPECT_TRUE(client.connection->commit_rtp(packet.size()));
  EXPECT_FALSE(client.connection->commit_rtp(packet.size()));  // the slot is gone
  world.run(100ms);
  EXPECT_EQ(server.rtp, std::vector<Bytes>{packet});
}

TEST(PeerConnection, ConnectsAndCarriesDataUnderLossAndReordering) {
  for (unsigned seed = 1; seed <= 25; ++seed) {
    World world(seed, 0.15);
    auto& session = world.join("198.51.100.7:40000", seed % 2 == 0);
    auto& [client, server] = session;
    world.run(20s);
    ASSERT_EQ(client.connection->state(), PeerState::kConnected) << seed;
    ASSERT_EQ(server.connection->state(), PeerState::kConnected) << seed;
    world.start_channels(session);
    ASSERT_TRUE(client.channels->open("_reliable", {}));
    world.run(30s);
    ASSERT_TRUE(server.channels->up()) << seed;
    for (int i = 0; i < 20; ++i) {
      const std::string text = std::to_string(i);
      client.channels->send("_reliable", Bytes(text.begin(), text.end()), true);
      client.connection->send_rtp(rtp_packet(static_cast<std::uint16_t>(i)));
      world.run(20ms);
    }
    world.run(30s);
    ASSERT_EQ(server.messages.size(), 20U) << seed;
    EXPECT_EQ(server.messages.back(), "_reliable:19");
    EXPECT_GT(server.rtp.size(), 8U);
  }
}

TEST(PeerConnection, ManyClientsShareOnePort) {
  World world;
  std::vector<World::Session*> sessions;
  for (int i = 0; i < 20; ++i)
    sessions.push_back(&world.join("198.51.100.7:" + std::to_string(40000 + i), i % 2 == 0));
  EXPECT_EQ(world.demultiplexer.connections(), 20U);
  world.run(3s);
  for (std::size_t i = 0; i < sessions.size(); ++i) {
    auto& [client, server] = *sessions[i];
    ASSERT_EQ(server.connection->state(), PeerState::kConnected);
    client.connection->send_rtp(rtp_packet(static_cast<std::uint16_t>(i)));
    world.run(50ms);
    EXPECT_EQ(server.rtp, std::vector<Bytes>{rtp_packet(static_cast<std::uint16_t>(i))});
  }
}

TEST(PeerConnection, FollowsAClientWhoseNatRebinds) {
  World world;
  auto& session = world.join("198.51.100.7:40000");
  auto& [client, server] = session;
  world.run(2s);
  client.address = at("198.51.100.7:51234");
  // Media from the new address is nobody's until a check proved it.
  client.connection->send_rtp(rtp_packet(1));
  world.run(50ms);
  EXPECT_TRUE(server.rtp.empty());
  EXPECT_EQ(world.demultiplexer.unclaimed(), 1U);
  world.run(5s);  // the next consent check
  EXPECT_EQ(server.connection->remote_endpoint(), client.address);
  client.connection->send_rtp(rtp_packet(2));
  server.connection->send_rtp(rtp_packet(3));
  world.run(100ms);
  EXPECT_EQ(server.rtp, std::vector<Bytes>{rtp_packet(2)});
  EXPECT_EQ(client.rtp, std::vector<Bytes>{rtp_packet(3)});
}

TEST(PeerConnection, SilenceDisconnectsThenFailsAndAReturnHeals) {
  World world;
  auto& [client, server] = world.join("198.51.100.7:40000");
  world.run(2s);
  world.partition(true);
  world.run(11s);
  EXPECT_EQ(server.connection->state(), PeerState::kDisconnected);
  world.partition(false);
  world.run(3s);
  EXPECT_EQ(server.connection->state(), PeerState::kConnected);
  EXPECT_EQ(server.reasons.back(), "peer is back");
  world.partition(true);
  world.run(20s);
  EXPECT_EQ(server.connection->state(), PeerState::kFailed);
  EXPECT_EQ(client.connection->state(), PeerState::kFailed);
  EXPECT_EQ(server.connection->next_deadline(), base::kNever);
  EXPECT_FALSE(server.connection->send_rtp(rtp_packet(1)));
}

TEST(PeerConnection, ServerRestartsIceWhileMediaGoesOn) {
  World world;
  auto& session = world.join("198.51.100.7:40000");
  auto& [client, server] = session;
  world.run(2s);
  const auto before = server.connection->local();
  server.connection->restart_ice();
  const auto after = server.connection->local();
  EXPECT_NE(before.ice_ufrag, after.ice_ufrag);
  EXPECT_EQ(server.connection->local_ufrags().size(), 2U);
  world.demultiplexer.insert(*server.connection);
  client.connection->send_rtp(rtp_packet(1));
  server.connection->send_rtp(rtp_packet(2));
  world.run(5s);  // the answer takes its time; old credentials keep the path alive
  EXPECT_EQ(server.rtp.size(), 1U);
  EXPECT_EQ(client.rtp.size(), 1U);

  EXPECT_EQ(client.connection->set_remote(world.now, after), PeerConnection::RemoteOutcome::kRestarted);
  EXPECT_EQ(server.connection->set_remote(world.now, client.connection->local()),
            PeerConnection::RemoteOutcome::kApplied);
  world.run(3s);
  EXPECT_EQ(server.connection->local_ufrags().size(), 1U);
  EXPECT_EQ(server.connection->local().ice_ufrag, after.ice_ufrag);
  client.connection->send_rtp(rtp_packet(3));
  world.run(20s);
  EXPECT_EQ(server.rtp.size(), 2U);
  EXPECT_EQ(server.connection->state(), PeerState::kConnected);
}

TEST(PeerConnection, ClientRestartIsAnsweredWithFreshCredentials) {
  World world;
  auto& session = world.join("198.51.100.7:40000", false);
  auto& [client, server] = session;
  world.run(2s);
  const auto before = server.connection->local();
  client.connection->restart_ice();
  EXPECT_EQ(server.connection->set_remote(world.now, client.connection->local()),
            PeerConnection::RemoteOutcome::kRestarted);
  EXPECT_NE(server.connection->local().ice_ufrag, before.ice_ufrag);
  EXPECT_EQ(server.connection->set_remote(world.now, client.connection->local()),
            PeerConnection::RemoteOutcome::kApplied);
  world.demultiplexer.insert(*server.connection);
  EXPECT_EQ(client.connection->set_remote(world.now, server.connection->local()),
            PeerConnection::RemoteOutcome::kApplied);
  client.address = at("192.0.2.77:9999");  // the reason for the restart: another network
  world.run(3s);
  EXPECT_EQ(server.connection->remote_endpoint(), client.address);
  client.connection->send_rtp(rtp_packet(1));
  world.run(100ms);
  EXPECT_EQ(server.rtp.size(), 1U);
}

TEST(PeerConnection, AnotherCertificateIsRefused) {
  World world;
  auto& [client, server] = world.join("198.51.100.7:40000");
  auto forged = client.connection->local();
  forged.fingerprints[0].value[0] = forged.fingerprints[0].value[0] == 'A' ? 'B' : 'A';
  EXPECT_EQ(server.connection->set_remote(world.now, forged), PeerConnection::RemoteOutcome::kRefused);
  forged.fingerprints.clear();
  EXPECT_EQ(server.connection->set_remote(world.now, forged), PeerConnection::RemoteOutcome::kRefused);
}

TEST(PeerConnection, MismatchedFingerprintFailsWithTheReason) {
  World world;
  auto session = std::make_unique<World::Session>();
  PeerConnection::Config config;
  config.certificate = make_certificate();
  config.local_endpoints = {at("203.0.113.1:7882")};
  Host server;
  Host client;
  server.connection.emplace(config, server);
  config.ice = PeerConnection::IceRole::kControlling;
  config.certificate = make_certificate();
  client.connection.emplace(config, client);
  auto lie = client.connection->local();
  lie.fingerprints[0].value = make_certificate().fingerprint();
  lie.setup = sdp::SetupRole::kActive;
  client.connection->set_remote(world.now, server.connection->local());
  server.connection->set_remote(world.now, lie);
  const auto carry = [&](Host& from, Host& to, const char* source) {
    while (!from.out.empty()) {
      to.connection->receive(world.now, from.out.front().bytes, at(source));
      from.out.pop_front();
    }
  };
  for (int i = 0; i < 300 && server.connection->state() != PeerState::kFailed; ++i) {
    world.now += 20ms;
    client.connection->advance(world.now);
    server.connection->advance(world.now);
    carry(client, server, "198.51.100.7:40000");
    carry(server, client, "203.0.113.1:7882");
  }
  ASSERT_EQ(server.connection->state(), PeerState::kFailed);
  std::string reason;
  while (auto event = server.connection->next_event()) reason = event->reason;
  EXPECT_EQ(reason, "DTLS certificate is not the one of the SDP");
}

TEST(PeerConnection, ReplayedAndForeignPacketsAreDropped) {
  World world;
  auto& [client, server] = world.join("198.51.100.7:40000");
  world.run(2s);
  client.connection->send_rtp(rtp_packet(1));
  ASSERT_EQ(client.out.size(), 1U);
  const Bytes wire = client.out.front().bytes;
  world.run(100ms);
  Bytes copy = wire;
  world.demultiplexer.receive(world.now, copy, client.address);
  EXPECT_EQ(server.connection->stats().srtp_refused, 1U);
  copy = wire;
  server.connection->receive(world.now, copy, at("192.0.2.66:6666"));
  EXPECT_EQ(server.connection->stats().foreign_source, 1U);
  EXPECT_EQ(server.rtp.size(), 1U);
}

TEST(PeerConnection, GarbageNeverDisturbsAConnection) {
  World world(3);
  auto& [client, server] = world.join("198.51.100.7:40000");
  world.run(2s);
  std::mt19937 random(11);
  for (int i = 0; i < 20000; ++i) {
    Bytes bytes(random() % 200);
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
    server.connection->receive(world.now, bytes, client.address);
  }
  client.connection->send_rtp(rtp_packet(1));
  world.run(1s);
  EXPECT_EQ(server.rtp.size(), 1U);
  EXPECT_EQ(server.connection->state(), PeerState::kConnected);
}

TEST(PeerConnection, CloseIsSeenByThePeer) {
  World world;
  auto& [client, server] = world.join("198.51.100.7:40000");
  world.run(2s);
  client.connection->close(world.now);
  world.run(100ms);
  EXPECT_EQ(server.connection->state(), PeerState::kClosed);
  EXPECT_EQ(server.reasons.back(), "peer closed DTLS");
}

TEST(Demultiplexer, ForgetsErasedConnections) {
  World world;
  auto& [client, server] = world.join("198.51.100.7:40000");
  world.run(2s);
  world.demultiplexer.erase(*server.connection);
  EXPECT_EQ(world.demultiplexer.connections(), 0U);
  Bytes packet = rtp_packet(1);
  EXPECT_EQ(world.demultiplexer.receive(world.now, packet, client.address), nullptr);
}

}  // namespace
}  // namespace ringback::webrtc
