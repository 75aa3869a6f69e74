#include "bus/redis_client.h"

#include <algorithm>
#include <list>
#include <optional>

#include <gtest/gtest.h>

#include "net/front.h"
#include "net/listener.h"
#include "net/resolver.h"

namespace ringback::bus {
namespace {

using namespace std::chrono_literals;

/// A Redis with one database in memory, on the loop of the test; its answers can be changed.
class FakeRedis final : public net::ListenerObserver {
 public:
  explicit FakeRedis(net::Front& front, std::uint16_t port = 0) {
    auto listener = net::Listener::open(front, {base::IpAddress::v4({127, 0, 0, 1}), port}, {}, *this);
    EXPECT_TRUE(listener.ok());
    listener_ = std::move(*listener);
  }

  [[nodiscard]] std::uint16_t port() const { return listener_->local().port; }
  /// Replies to be given to a command instead of the usual ones.
  std::map<std::string, std::string> replies;
  std::set<std::string> keys;
  std::vector<std::pair<std::string, std::string>> published;
  std::vector<std::string> commands;

  void hang_up() { sessions_.clear(); }
  void push(const std::string& channel, const std::string& payload) {
    const std::string words[] = {"message", channel, payload};
    for (auto& session : sessions_) {
      if (session.channels.contains(channel)) session.stream->write(encode_command(words));
    }
  }
  [[nodiscard]] bool hears(const std::string& channel) const {
    return std::any_of(sessions_.begin(), sessions_.end(),
                       [&](const Session& session) { return session.channels.contains(channel); });
  }
  [[nodiscard]] std::size_t count(const std::string& command) const {
    return static_cast<std::size_t>(std::count(commands.begin(), commands.end(), command));
  }

 private:
  struct Session final : net::StreamObserver {
    explicit Session(FakeRedis& redis_) : redis(redis_) {}
    void on_data(std::span<const std::uint8_t> bytes) override {
      reader.feed(bytes);
      while (const auto command = reader.next()) redis.serve(*this, *command);
    }
    void on_closed(net::StreamError) override { gone = true; }
    FakeRedis& redis;
    std::unique_ptr<net::Stream> stream;
    RespReader reader;
    std::set<std::string> channels;
    bool gone = false;
  };

  void on_accept(std::unique_ptr<net::Stream> stream) override {
    Session& session = sessions_.emplace_back(*this);
    session.stream = std::move(stream);
    session.stream->start(session);
  }

  void serve(Session& session, const RespValue& command) {
    const std::string name(command.text_at(0));
    commands.push_back(name);
    if (const auto reply = replies.find(name); reply != replies.end()) {
      session.stream->write(reply->second);
    } else if (name == "SUBSCRIBE") {
      for (std::size_t i = 1; i < command.items.size(); ++i) {
        const std::string channel(command.text_at(i));
        session.channels.insert(channel);
        session.stream->write("*3\r\n$9\r\nsubscribe\r\n$" + std::to_string(channel.size()) + "\r\n" +
                              channel + "\r\n:1\r\n");
      }
    } else if (name == "PUBLISH") {
      published.emplace_back(command.text_at(1), command.text_at(2));
      session.stream->write(":1\r\n");
    } else if (name == "SET") {
      session.stream->write(keys.insert(std::string(command.text_at(1))).second ? "+OK\r\n" : "$-1\r\n");
    } else if (name == "PING") {
      session.stream->write("+PONG\r\n");
    } else {
      session.stream->write("+OK\r\n");
    }
  }

  std::unique_ptr<net::Listener> listener_;
  std::list<Session> sessions_;
};

class RedisClientTest : public testing::Test, public RedisClient::Listener {
 protected:
  void on_message(std::string_view channel, std::string_view payload) override {
    messages.emplace_back(channel, payload);
  }
  void start(const std::string& url) {
    auto settings = parse_redis_url(url);
    ASSERT_TRUE(settings.ok());
    RedisClient::Listener& listener = *this;
    client = std::make_unique<RedisClient>(front, resolver, *settings, nullptr, listener);
    client->subscribe("in");
    client->start();
  }
  [[nodiscard]] std::string url(const FakeRedis& redis) const {
    return "redis://127.0.0.1:" + std::to_string(redis.port());
  }
  template <class Condition>
  void run_until(Condition done) {
    for (int i = 0; i < 1000 && !done(); ++i) front.run_once(5ms);
    EXPECT_TRUE(done());
  }
  void run_until_up() {
    run_until([this] { return client->health().up; });
  }
  [[nodiscard]] base::TimePoint later() const { return front.now() + 10s; }

  net::Front front;
  net::Resolver resolver{front, {}};
  std::unique_ptr<RedisClient> client;
  std::vector<std::pair<std::string, std::string>> messages;
};

TEST_F(RedisClientTest, PublishesListensAndTakesKeys) {
  FakeRedis redis(front);
  start(url(redis));
  client->publish("early", "waits", later());
  run_until_up();
  run_until([&] { return redis.published.size() == 1; });
  client->publish("out", std::string("a\0\r\n", 4), later());
  run_until([&] { return redis.published.size() == 2; });
  EXPECT_EQ(redis.published[1].second, std::string("a\0\r\n", 4));

  redis.push("in", "hello");
  run_until([&] { return messages.size() == 1; });
  EXPECT_EQ(messages[0].second, "hello");
  client->subscribe("more");
  run_until([&] { return redis.hears("more"); });

  std::vector<bool> taken;
  for (int i = 0; i < 2; ++i) client->take_key("key", 5, [&](bool mine) { taken.push_back(mine); });
  run_until([&] { return taken.size() == 2; });
  EXPECT_EQ(taken, (std::vector<bool>{true, false}));
}

TEST_F(RedisClientTest, ComesBackAndListensAgain) {
  FakeRedis redis(front);
  start(url(redis));
  run_until_up();
  client->subscribe("more");
  redis.hang_up();
  run_until([&] { return !client->health().up; });
  EXPECT_NE(client->health().problem.find("closed by the peer"), std::string::npos)
      << client->health().problem;
  client->publish("out", "while away", later());
  client->publish("out", "too late", front.now());
  run_until_up();
  EXPECT_TRUE(redis.hears("in"));
  EXPECT_TRUE(redis.hears("more"));
  run_until([&] { return redis.published.size() == 1; });
  EXPECT_EQ(redis.published[0].second, "while away");
  EXPECT_EQ(client->health().connected, 2U);
  EXPECT_EQ(client->health().lost, 1U);
}

TEST_F(RedisClientTest, WaitsForARedisThatIsNotThere) {
  std::optional<FakeRedis> redis(std::in_place, front);
  const auto port = redis->port();
  const auto where = url(*redis);
  redis.reset();
  start(where);
  run_until([&] { return client->health().problem.find("refused") != std::string::npos; });
  redis.emplace(front, port);
  run_until_up();
}

TEST_F(RedisClientTest, LogsIn) {
  FakeRedis redis(front);
  start("redis://me:secret@127.0.0.1:" + std::to_string(redis.port()) + "/3");
  run_until_up();
  EXPECT_EQ(redis.count("AUTH"), 2U);
  EXPECT_EQ(redis.count("SELECT"), 2U);
}

TEST_F(RedisClientTest, SaysWhyItIsNotLetIn) {
  FakeRedis redis(front);
  redis.replies["PING"] = "-NOAUTH Authentication required.\r\n";
  start(url(redis));
  run_until([&] { return client->health().problem.find("NOAUTH") != std::string::npos; });
  redis.replies.clear();
  run_until_up();
}

TEST_F(RedisClientTest, ARefusalToListenIsSaid) {
  FakeRedis redis(front);
  redis.replies["SUBSCRIBE"] = "-NOPERM no access to channel\r\n";
  start(url(redis));
  run_until([&] { return client->health().problem.find("NOPERM") != std::string::npos; });
}

TEST_F(RedisClientTest, WhatIsNoRedisIsSaid) {
  FakeRedis redis(front);
  redis.replies["PING"] = "HTTP/1.1 400 Bad Request\r\n\r\n";
  start(url(redis));
  run_until([&] { return client->health().problem.find("protocol") != std::string::npos; });
}

TEST_F(RedisClientTest, AReplicaIsLeft) {
  FakeRedis redis(front);
  start(url(redis));
  run_until_up();
  redis.replies["SET"] = "-READONLY You can't write against a read only replica.\r\n";
  std::optional<bool> taken;
  client->take_key("key", 5, [&](bool mine) { taken = mine; });
  run_until([&] { return !client->health().up; });
  EXPECT_EQ(taken, false);
  EXPECT_NE(client->health().problem.find("READONLY"), std::string::npos);
}

TEST_F(RedisClientTest, SentinelsAreAskedInTurn) {
  FakeRedis master(front);
  FakeRedis first(front);
  FakeRedis second(front);
  first.replies["SENTINEL"] = "*-1\r\n";
  second.replies["SENTINEL"] = "*2\r\n$9\r\n127.0.0.1\r\n$" +
                               std::to_string(std::to_string(master.port()).size()) + "\r\n" +
                               std::to_string(master.port()) + "\r\n";
  master.replies["ROLE"] = "*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n";
  start("redis+sentinel://127.0.0.1:" + std::to_string(first.port()) +
        ",127.0.0.1:" + std::to_string(second.port()) + "/main");
  run_until_up();
  EXPECT_TRUE(master.hears("in"));
  EXPECT_EQ(first.count("SENTINEL"), 1U);
}

TEST_F(RedisClientTest, AMasterThatBecameAReplicaIsNotTaken) {
  FakeRedis master(front);
  const auto port = std::to_string(master.port());
  FakeRedis sentinel(front);
  sentinel.replies["SENTINEL"] =
      "*2\r\n$9\r\n127.0.0.1\r\n$" + std::to_string(port.size()) + "\r\n" + port + "\r\n";
  master.replies["ROLE"] = "*5\r\n$5\r\nslave\r\n$1\r\nh\r\n:1\r\n$9\r\nconnected\r\n:0\r\n";
  start("redis+sentinel://127.0.0.1:" + std::to_string(sentinel.port()) + "/main");
  run_until([&] { return client->health().problem.find("no master but a slave") != std::string::npos; });
}

TEST_F(RedisClientTest, KeysGoToTheirNodeOfACluster) {
  FakeRedis node(front);
  FakeRedis other(front);
  start("redis+cluster://127.0.0.1:" + std::to_string(node.port()));
  run_until_up();
  for (const std::string host : {"127.0.0.1", ""}) {
    node.replies["SET"] = "-MOVED 3999 " + host + ":" + std::to_string(other.port()) + "\r\n";
    std::optional<bool> taken;
    client->take_key("key" + host, 5, [&](bool mine) { taken = mine; });
    run_until([&] { return taken.has_value(); });
    EXPECT_EQ(taken, true);
    EXPECT_TRUE(other.keys.contains("key" + host));
  }
  other.hang_up();
  std::optional<bool> again;
  run_until([&] {
    client->take_key("third", 5, [&](bool mine) { again = mine; });
    for (int i = 0; i < 20 && !again; ++i) front.run_once(1ms);
    return again.has_value();
  });
  EXPECT_TRUE(client->health().up) << "a lost node of the cluster is reached anew";
}

TEST_F(RedisClientTest, AnEndlessRedirectionEnds) {
  FakeRedis node(front);
  start("redis+cluster://127.0.0.1:" + std::to_string(node.port()));
  run_until_up();
  node.replies["SET"] = "-MOVED 1 127.0.0.1:" + std::to_string(node.port()) + "\r\n";
  std::optional<bool> taken;
  client->take_key("key", 5, [&](bool mine) { taken = mine; });
  run_until([&] { return taken.has_value(); });
  EXPECT_EQ(taken, false);
}

TEST_F(RedisClientTest, StopsInTheMiddleOfAnything) {
  FakeRedis redis(front);
  start(url(redis));
  front.run_once(1ms);
  client->stop();
  start(url(redis));
  run_until_up();
  client->take_key("key", 5, [](bool) { FAIL() << "it was stopped"; });
  client->stop();
  for (int i = 0; i < 20; ++i) front.run_once(1ms);
  EXPECT_FALSE(client->health().up);
}

}  // namespace
}  // namespace ringback::bus
