#include "crypto/dtls_engine.h"

#include <cstdint>
#include <deque>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace ringback::crypto {
namespace {

using namespace std::chrono_literals;

constexpr base::WallMillis kToday = 1'795'000'000'000;

Certificate make_certificate() {
  auto certificate = Certificate::generate(kToday);
  EXPECT_TRUE(certificate.ok());
  return *certificate;
}

/// One end of the association, and what it has to say.
struct End final : DtlsEngine::Sink {
  void send_dtls(std::span<const std::uint8_t> datagram) override {
    largest = std::max(largest, datagram.size());
    out.emplace_back(datagram.begin(), datagram.end());
  }
  void on_dtls_data(base::TimePoint, std::span<const std::uint8_t> data) override {
    received.emplace_back(data.begin(), data.end());
  }
  std::deque<std::vector<std::uint8_t>> out;
  std::vector<std::vector<std::uint8_t>> received;
  std::size_t largest = 0;
};

/// Two engines and a network under virtual time that loses, doubles and reorders by a seed.
class World {
 public:
  World(unsigned seed, double loss, std::size_t mtu = 1200)
      : client_engine(client_certificate, config(DtlsRole::kClient, server_certificate, mtu), client),
        server_engine(server_certificate, config(DtlsRole::kServer, client_certificate, mtu), server),
        random_(seed),
        loss_(loss) {}

  void run(base::Duration time) {
    const base::TimePoint end = now + time;
    while (true) {
      deliver(client, server_engine);
      deliver(server, client_engine);
      if (!client.out.empty() || !server.out.empty()) continue;
      const base::TimePoint next = std::min(client_engine.next_deadline(), server_engine.next_deadline());
      if (next > end) break;
      now = std::max(now, next);
      client_engine.advance(now);
      server_engine.advance(now);
    }
    now = end;
  }

  void start() {
    server_engine.start(now);
    client_engine.start(now);
  }

  Certificate client_certificate = make_certificate();
  Certificate server_certificate = make_certificate();
  End client;
  End server;
  DtlsEngine client_engine;
  DtlsEngine server_engine;
  base::TimePoint now{1h};

 private:
  static DtlsEngine::Config config(DtlsRole role, const Certificate& peer, std::size_t mtu) {
    DtlsEngine::Config config;
    config.role = role;
    config.peer_hashes = {{"sha-256", peer.fingerprint()}};
    config.mtu = mtu;
    return config;
  }

  void deliver(End& from, DtlsEngine& to) {
    if (from.out.empty()) return;
    // Sometimes the second overtakes the first.
    if (loss_ > 0 && from.out.size() > 1 && chance() < 0.2) std::swap(from.out[0], from.out[1]);
    const auto datagram = std::move(from.out.front());
    from.out.pop_front();
    now += 1ms;
    if (chance() < loss_) return;
    to.receive(now, datagram);
    if (loss_ > 0 && chance() < 0.1) to.receive(now, datagram);
  }

  double chance() { return std::uniform_real_distribution<>(0, 1)(random_); }

  std::mt19937 random_;
  double loss_;
};

TEST(Certificate, FingerprintIsSha256InColonForm) {
  const Certificate a = make_certificate();
  const Certificate b = make_certificate();
  EXPECT_EQ(a.fingerprint().size(), 32U * 3 - 1);
  EXPECT_EQ(a.fingerprint()[2], ':');
  EXPECT_NE(a.fingerprint(), b.fingerprint());
}

TEST(DtlsEngine, HandshakeAgreesOnKeysForBothDirections) {
  World world(1, 0);
  world.start();
  world.run(1s);
  ASSERT_EQ(world.client_engine.state(), DtlsState::kConnected);
  ASSERT_EQ(world.server_engine.state(), DtlsState::kConnected);
  const auto& client = *world.client_engine.srtp_keys();
  const auto& server = *world.server_engine.srtp_keys();
  EXPECT_EQ(client.profile, DtlsSrtpProfile::kAeadAes128Gcm);
  EXPECT_EQ(client.send.key, server.receive.key);
  EXPECT_EQ(client.send.salt, server.receive.salt);
  EXPECT_EQ(client.receive.key, server.send.key);
  EXPECT_NE(client.send.key, client.receive.key);
}

TEST(DtlsEngine, ApplicationDataKeepsRecordBoundaries) {
  World world(1, 0);
  world.start();
  EXPECT_FALSE(world.client_engine.send(std::vector<std::uint8_t>{1}));
  world.run(1s);
  const std::vector<std::uint8_t> large(1150, 7);
  EXPECT_TRUE(world.client_engine.send(std::vector<std::uint8_t>{1, 2, 3}));
  EXPECT_TRUE(world.client_engine.send(large));
  EXPECT_FALSE(world.client_engine.send(std::vector<std::uint8_t>(1200, 7)));
  world.run(1s);
  ASSERT_EQ(world.server.received.size(), 2U);
  EXPECT_EQ(world.server.received[0], (std::vector<std::uint8_t>{1, 2, 3}));
  EXPECT_EQ(world.server.received[1], large);
}

TEST(DtlsEngine, WrongFingerprintFailsTheHandshakeOnTheSideThatSeesIt) {
  const Certificate mine = make_certificate();
  const Certificate theirs = make_certificate();
  const Certificate stranger = make_certificate();
  End client;
  End server;
  DtlsEngine::Config client_config{.role = DtlsRole::kClient,
                                   .peer_hashes = {{"sha-256", stranger.fingerprint()}}};
  DtlsEngine::Config server_config{.role = DtlsRole::kServer,
                                   .peer_hashes = {{"sha-256", mine.fingerprint()}}};
  DtlsEngine client_engine(mine, client_config, client);
  DtlsEngine server_engine(theirs, server_config, server);
  const base::TimePoint now{1h};
  server_engine.start(now);
  client_engine.start(now);
  for (int round = 0; round < 10; ++round) {
    while (!client.out.empty()) {
      server_engine.receive(now, client.out.front());
      client.out.pop_front();
    }
    while (!server.out.empty()) {
      client_engine.receive(now, server.out.front());
      server.out.pop_front();
    }
  }
  EXPECT_EQ(client_engine.state(), DtlsState::kFailed);
  EXPECT_EQ(client_engine.fault(), DtlsFault::kFingerprintMismatch);
  EXPECT_EQ(server_engine.state(), DtlsState::kFailed);
  EXPECT_EQ(server_engine.fault(), DtlsFault::kHandshake);
}

TEST(DtlsEngine, WeakOrEmptyPromiseNeverMatches) {
  const Certificate certificate = make_certificate();
  for (const std::string algorithm : {"sha-1", "md5", ""}) {
    End client;
    End server;
    DtlsEngine client_engine(certificate, {.role = DtlsRole::kClient, .peer_hashes = {{algorithm, "AA:BB"}}},
                             client);
    DtlsEngine server_engine(certificate, {.role = DtlsRole::kServer, .peer_hashes = {}}, server);
    const base::TimePoint now{1h};
    server_engine.start(now);
    client_engine.start(now);
    server_engine.receive(now, client.out.at(0));
    for (const auto& datagram : server.out) client_engine.receive(now, datagram);
    EXPECT_EQ(client_engine.fault(), DtlsFault::kFingerprintMismatch);
  }
}

TEST(DtlsEngine, HandshakeSurvivesLossDuplicationAndReordering) {
  for (unsigned seed = 1; seed <= 60; ++seed) {
    World world(seed, 0.3, seed % 2 == 0 ? 1200 : 400);
    world.start();
    world.run(29s);
    ASSERT_EQ(world.client_engine.state(), DtlsState::kConnected) << seed;
    ASSERT_EQ(world.server_engine.state(), DtlsState::kConnected) << seed;
    EXPECT_EQ(world.client_engine.srtp_keys()->send.key, world.server_engine.srtp_keys()->receive.key);
  }
}

TEST(DtlsEngine, DatagramsRespectTheMtu) {
  World world(1, 0, 400);
  world.start();
  world.run(1s);
  ASSERT_EQ(world.server_engine.state(), DtlsState::kConnected);
  EXPECT_LE(world.server.largest, 400U);
  EXPECT_LE(world.client.largest, 400U);
}

TEST(DtlsEngine, RetransmitsOnVirtualTimeWithDoublingIntervals) {
  const Certificate certificate = make_certificate();
  End client;
  DtlsEngine engine(certificate, {.role = DtlsRole::kClient, .peer_hashes = {}}, client);
  base::TimePoint now{1h};
  engine.start(now);
  ASSERT_EQ(client.out.size(), 1U);
  std::vector<base::Duration> waits;
  for (int i = 0; i < 7; ++i) {
    const base::TimePoint next = engine.next_deadline();
    waits.push_back(next - now);
    engine.advance(next - 1ms);
    EXPECT_EQ(client.out.size(), 1U + static_cast<unsigned>(i));
    now = next;
    engine.advance(now);
    EXPECT_EQ(client.out.size(), 2U + static_cast<unsigned>(i));
  }
  EXPECT_EQ(waits, (std::vector<base::Duration>{100ms, 200ms, 400ms, 800ms, 1600ms, 3s, 3s}));
}

TEST(DtlsEngine, GivesUpWhenNobodyAnswers) {
  const Certificate certificate = make_certificate();
  End client;
  DtlsEngine engine(certificate, {.role = DtlsRole::kClient, .peer_hashes = {}}, client);
  base::TimePoint now{1h};
  engine.start(now);
  while (engine.next_deadline() != base::kNever) {
    now = engine.next_deadline();
    engine.advance(now);
  }
  EXPECT_EQ(engine.state(), DtlsState::kFailed);
  EXPECT_EQ(engine.fault(), DtlsFault::kTimeout);
  EXPECT_LE(now - base::TimePoint{1h}, 30s);
}

TEST(DtlsEngine, IgnoresGarbageDuringAndAfterTheHandshake) {
  World world(7, 0);
  std::mt19937 random(99);
  const auto garbage = [&] {
    std::vector<std::uint8_t> bytes(1 + random() % 300);
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
    bytes[0] = static_cast<std::uint8_t>(20 + random() % 44);
    return bytes;
  };
  world.start();
  for (int i = 0; i < 100; ++i) world.server_engine.receive(world.now, garbage());
  world.run(5s);
  ASSERT_EQ(world.server_engine.state(), DtlsState::kConnected);
  for (int i = 0; i < 1000; ++i) world.client_engine.receive(world.now, garbage());
  EXPECT_EQ(world.client_engine.state(), DtlsState::kConnected);
}

TEST(DtlsEngine, CloseTellsThePeer) {
  World world(1, 0);
  world.start();
  world.run(1s);
  world.client_engine.close();
  EXPECT_EQ(world.client_engine.state(), DtlsState::kClosed);
  world.run(1s);
  EXPECT_EQ(world.server_engine.state(), DtlsState::kClosed);
  EXPECT_FALSE(world.server_engine.send(std::vector<std::uint8_t>{1}));
}

}  // namespace
}  // namespace ringback::crypto
