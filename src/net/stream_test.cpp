#include "net/stream.h"

#include <sys/socket.h>

#include <latch>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "net/clock.h"
#include "net/datagram_socket.h"
#include "net/front.h"
#include "net/listener.h"
#include "net/local_address.h"

namespace ringback::net {
namespace {

using namespace std::chrono_literals;
using base::Endpoint;

const Endpoint kAnyPort = *Endpoint::parse("127.0.0.1:0");

class Peer final : public StreamObserver {
 public:
  void on_connected() override { connected = true; }
  void on_data(std::span<const std::uint8_t> bytes) override {
    data.append(bytes.begin(), bytes.end());
    if (close_on_data) stream.reset();
  }
  void on_closed(StreamError why) override {
    error = why;
    stream.reset();
  }

  std::unique_ptr<Stream> stream;
  std::string data;
  std::optional<StreamError> error;
  bool connected = false;
  bool close_on_data = false;
};

class StreamTest : public ::testing::Test, public ListenerObserver {
 protected:
  void on_accept(std::unique_ptr<Stream> stream) override {
    if (refuse_all) return;
    server.stream = std::move(stream);
    server.stream->start(server);
  }
  std::unique_ptr<Listener> listen() {
    auto listener = Listener::open(front, kAnyPort, {}, *this);
    EXPECT_TRUE(listener);
    return std::move(listener).value();
  }
  template <class Condition>
  void run_until(Condition done) {
    for (int i = 0; i < 500 && !done(); ++i) front.run_once(10ms);
    EXPECT_TRUE(done());
  }

  Front front;
  Peer client;
  Peer server;
  bool refuse_all = false;
};

TEST_F(StreamTest, ConnectsWritesBeforeConnectedAndReads) {
  const auto listener = listen();
  client.stream = Stream::connect(front, listener->local(), {}, client);
  EXPECT_FALSE(client.stream->connected());
  EXPECT_TRUE(client.stream->write("hello "));
  EXPECT_TRUE(client.stream->write("world"));
  run_until([&] { return server.data == "hello world"; });
  EXPECT_TRUE(client.connected);
  EXPECT_EQ(client.stream->local(), server.stream->remote());
  EXPECT_EQ(client.stream->remote(), listener->local());
  EXPECT_EQ(client.stream->queued_bytes(), 0U);
  server.stream->write("back");
  run_until([&] { return client.data == "back"; });
}

TEST_F(StreamTest, TellsThatNobodyListens) {
  auto listener = listen();
  const Endpoint nobody = listener->local();
  listener.reset();
  client.stream = Stream::connect(front, nobody, {}, client);
  run_until([&] { return client.error.has_value(); });
  EXPECT_EQ(client.error, StreamError::kRefused);
  EXPECT_EQ(describe(*client.error), "connection refused");
}

TEST_F(StreamTest, GivesUpConnectingAfterTheTimeout) {
  // A listening socket whose queue is full does not answer; 192.0.2.0/24 may be routed anywhere.
  const auto bound = bind_socket(SocketKind::kTcp, kAnyPort);
  ASSERT_TRUE(bound);
  ASSERT_EQ(::listen(bound->get(), 0), 0);
  std::vector<std::unique_ptr<Peer>> peers;
  for (int i = 0; i < 8; ++i) {
    peers.push_back(std::make_unique<Peer>());
    peers.back()->stream =
        Stream::connect(front, bound_endpoint(bound->get()), {.connect_timeout = 100ms}, *peers.back());
  }
  run_until([&] { return peers.back()->error.has_value(); });
  EXPECT_EQ(peers.back()->error, StreamError::kConnectTimeout);
}

TEST_F(StreamTest, TellsThatThePeerClosed) {
  const auto listener = listen();
  client.stream = Stream::connect(front, listener->local(), {}, client);
  run_until([&] { return server.stream != nullptr; });
  Stream::close_when_written(std::move(server.stream));
  run_until([&] { return client.error.has_value(); });
  EXPECT_EQ(client.error, StreamError::kClosedByPeer);
}

TEST_F(StreamTest, CloseWhenWrittenDeliversEverything) {
  const auto listener = listen();
  client.stream = Stream::connect(front, listener->local(), {}, client);
  run_until([&] { return server.stream != nullptr; });
  const std::string large(900'000, 'x');
  client.stream->write("unread by the server's owner");
  EXPECT_TRUE(server.stream->write(large));
  Stream::close_when_written(std::move(server.stream));
  run_until([&] { return client.error.has_value(); });
  EXPECT_EQ(client.data.size(), large.size());
}

TEST_F(StreamTest, TheOwnerMayDestroyTheStreamInItsCallback) {
  const auto listener = listen();
  client.stream = Stream::connect(front, listener->local(), {}, client);
  server.close_on_data = true;
  client.stream->write("x");
  run_until([&] { return client.error.has_value(); });
  EXPECT_FALSE(server.error.has_value());
}

TEST_F(StreamTest, APeerThatDoesNotReadIsGivenUp) {
  const auto listener = listen();
  client.stream = Stream::connect(front, listener->local(), {.write_queue_limit = 1000}, client);
  EXPECT_TRUE(client.stream->write(std::string(900, 'x')));
  EXPECT_FALSE(client.stream->write(std::string(200, 'x')));
  EXPECT_FALSE(client.error.has_value());  // not from inside write()
  run_until([&] { return client.error.has_value(); });
  EXPECT_EQ(client.error, StreamError::kWriteQueueFull);
}

TEST_F(StreamTest, DestroyingAnAcceptedStreamRefusesIt) {
  refuse_all = true;
  const auto listener = listen();
  client.stream = Stream::connect(front, listener->local(), {}, client);
  run_until([&] { return client.error.has_value(); });
}

TEST_F(StreamTest, SaysWhichPortIsTaken) {
  const auto listener = listen();
  const auto second = Listener::open(front, listener->local(), {}, *this);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().message,
            "port " + std::to_string(listener->local().port) + " (TCP) is in use by another program");
}

TEST(Front, RunsPostsAndTimersOnItsThread) {
  Front front;
  front.start();
  std::latch done(2);
  ASSERT_TRUE(front.post([&] {
    EXPECT_EQ(Front::current(), &front);
    done.count_down();
    const TimerId never = front.schedule(front.now() + 1ms, [] { FAIL(); });
    EXPECT_TRUE(front.cancel(never));
    front.schedule(front.now() + 2ms, [&] { done.count_down(); });
  }));
  done.wait();
  front.stop();
  front.join();
  EXPECT_FALSE(front.post([] {}));
}

TEST(Front, TimersFireInOrderWhateverTheOrderOfScheduling) {
  Front front;
  std::vector<int> fired;
  front.schedule(front.now() + 20ms, [&] { fired.push_back(2); });
  front.schedule(front.now() + 5ms, [&] { fired.push_back(1); });
  while (fired.size() < 2) front.run_once(1s);
  EXPECT_EQ(fired, (std::vector{1, 2}));
}

class SignalSocket final : public DatagramSocketObserver {
 public:
  void on_datagram(base::TimePoint, std::span<const std::uint8_t> bytes, const Endpoint& from) override {
    received.emplace_back(bytes.begin(), bytes.end());
    last_from = from;
  }
  void on_unreachable(const Endpoint& to, std::string_view reason) override {
    unreachable.push_back(to.to_string() + " " + std::string(reason));
  }
  std::vector<std::string> received;
  std::vector<std::string> unreachable;
  Endpoint last_from;
};

class DatagramSocketTest : public ::testing::Test {
 protected:
  std::unique_ptr<DatagramSocket> open(SignalSocket& observer) {
    auto socket = DatagramSocket::open(front, kAnyPort, observer);
    EXPECT_TRUE(socket);
    return std::move(socket).value();
  }
  template <class Condition>
  void run_until(Condition done) {
    for (int i = 0; i < 500 && !done(); ++i) front.run_once(10ms);
    EXPECT_TRUE(done());
  }
  Front front;
  SignalSocket a_seen;
  SignalSocket b_seen;
};

TEST_F(DatagramSocketTest, CarriesTheLargestDatagram) {
  const auto a = open(a_seen);
  const auto b = open(b_seen);
  const std::string large(60'000, 'm');
  ASSERT_TRUE(a->send(large, b->local()));
  run_until([&] { return b_seen.received.size() == 1; });
  EXPECT_EQ(b_seen.received[0], large);
  EXPECT_EQ(b_seen.last_from, a->local());
}

TEST_F(DatagramSocketTest, ReportsThatAPortIsClosedAndGoesOn) {
  const auto a = open(a_seen);
  const auto b = open(b_seen);
  SignalSocket gone_seen;
  auto gone = open(gone_seen);
  const Endpoint nobody = gone->local();
  gone.reset();
  ASSERT_TRUE(a->send("lost", nobody));
  ASSERT_TRUE(a->send("kept", b->local()));
  run_until([&] { return !a_seen.unreachable.empty() && !b_seen.received.empty(); });
  EXPECT_EQ(a_seen.unreachable[0], nobody.to_string() + " port unreachable");
  ASSERT_TRUE(b->send("reply", a->local()));
  run_until([&] { return a_seen.received.size() == 1; });
}

TEST_F(DatagramSocketTest, SaysWhyASendIsRefused) {
  const auto a = open(a_seen);
  EXPECT_FALSE(a->send("x", *Endpoint::parse("[::1]:5060")));
  EXPECT_FALSE(a->send(std::string(70'000, 'x'), a->local()));
}

TEST(LocalAddress, OfTheRouteToLoopbackIsLoopback) {
  const auto source = source_address_for(*base::IpAddress::parse("127.0.0.1"));
  ASSERT_TRUE(source);
  EXPECT_TRUE(source->is_loopback());
}

TEST(LocalAddress, ListsTheLoopbackInterface) {
  bool found = false;
  for (const InterfaceAddress& entry : interface_addresses())
    found |= entry.loopback && entry.address.is_loopback();
  EXPECT_TRUE(found);
}

TEST(LocalAddress, SaysThatAnAddressIsNotOurs) {
  const auto bound = bind_socket(SocketKind::kUdp, *Endpoint::parse("192.0.2.1:0"));
  ASSERT_FALSE(bound);
  EXPECT_EQ(bound.error().message, "192.0.2.1 is not an address of this machine");
}

}  // namespace
}  // namespace ringback::net
