#include "sip_transport/sip_transport.h"

#include <functional>
#include <latch>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/datagram_socket.h"
#include "net/front.h"
#include "net/listener.h"
#include "net/stream.h"
#include "net/worker.h"

namespace ringback::sip_transport {
namespace {

using namespace std::chrono_literals;
using base::Endpoint;
using ::testing::HasSubstr;

const Endpoint kAnyPort = *Endpoint::parse("127.0.0.1:0");

std::string request(const std::string& method, const std::string& call_id, const std::string& to_tag = "") {
  return method +
         " sip:1000@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK-other\r\nFrom: "
         "<sip:a@b>;tag=x\r\n" +
         "To: <sip:1000@127.0.0.1>" + (to_tag.empty() ? "" : ";tag=" + to_tag) + "\r\nCall-ID: " + call_id +
         "\r\nCSeq: 1 " + method + "\r\nContent-Length: 0\r\n\r\n";
}
std::string response(const std::string& branch) {
  return "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=" + branch +
         "\r\nFrom: <sip:a@b>;tag=x\r\nTo: <sip:c@d>;tag=y\r\nCall-ID: z\r\nCSeq: 1 "
         "OPTIONS\r\nContent-Length: 0\r\n\r\n";
}

/// What a worker's user agent would get; posts run at once, since everything here is one thread.
class Inbox final : public Receiver, public base::Executor {
 public:
  void on_sip_message(std::string bytes, const sip::Source& source) override {
    messages.push_back(std::move(bytes));
    sources.push_back(source);
  }
  void on_transport_failed(const sip::Destination& to, std::string why) override {
    failed.push_back(to);
    reasons.push_back(std::move(why));
  }
  bool post(base::Task task) override {
    if (full) return false;
    return task(), true;
  }
  std::vector<std::string> messages;
  std::vector<sip::Source> sources;
  std::vector<sip::Destination> failed;
  std::vector<std::string> reasons;
  bool full = false;
};

/// A far end by UDP.
class UdpPeer final : public net::DatagramSocketObserver {
 public:
  explicit UdpPeer(net::Front& front) {
    auto opened = net::DatagramSocket::open(front, kAnyPort, *this);
    socket = std::move(opened).value();
  }
  void on_datagram(base::TimePoint, std::span<const std::uint8_t> bytes, const Endpoint&) override {
    received.emplace_back(bytes.begin(), bytes.end());
  }
  void on_unreachable(const Endpoint&, std::string_view) override {}
  void send(const std::string& bytes, const Endpoint& to) const { ASSERT_TRUE(socket->send(bytes, to)); }

  std::unique_ptr<net::DatagramSocket> socket;
  std::vector<std::string> received;
};

/// A far end by TCP that listens, connects, or both.
class TcpPeer final : public net::ListenerObserver, public net::StreamObserver {
 public:
  explicit TcpPeer(net::Front& front) : front_(front) {
    auto opened = net::Listener::open(front, kAnyPort, {}, *this);
    listener = std::move(opened).value();
  }
  void connect(const Endpoint& to) { stream = net::Stream::connect(front_, to, {}, *this); }
  void on_accept(std::unique_ptr<net::Stream> accepted) override {
    ++accepts;
    stream = std::move(accepted);
    stream->start(*this);
  }
  void on_data(std::span<const std::uint8_t> bytes) override { data.append(bytes.begin(), bytes.end()); }
  void on_closed(net::StreamError) override {
    closed = true;
    stream.reset();
  }

  std::unique_ptr<net::Listener> listener;
  std::unique_ptr<net::Stream> stream;
  std::string data;
  int accepts = 0;
  bool closed = false;

 private:
  net::Front& front_;
};

class SipTransportTest : public ::testing::Test {
 protected:
  void open(Options options = {}) {
    options.udp = kAnyPort;
    options.tcp = kAnyPort;
    auto opened = SipTransport::open(front, options);
    ASSERT_TRUE(opened) << opened.error().message;
    transport = std::move(*opened);
    link0 = transport->attach("w0", w0, w0);
    link1 = transport->attach("w1", w1, w1);
  }
  void TearDown() override {
    link0.reset();
    link1.reset();
    transport.reset();
    front.run_once();
  }
  void run_until(const std::function<bool()>& done) {
    for (int i = 0; i < 500 && !done(); ++i) front.run_once(10ms);
    EXPECT_TRUE(done());
  }
  void run_for(base::Duration time) {
    for (const auto end = front.now() + time; front.now() < end;) front.run_once(5ms);
  }
  [[nodiscard]] Endpoint udp() const { return *transport->udp_endpoint(); }
  [[nodiscard]] Endpoint tcp() const { return *transport->tcp_endpoint(); }
  static sip::Destination by(sip::Transport transport, const Endpoint& to, sip::FlowId flow = 0) {
    return {.transport = transport, .endpoint = to, .flow = flow, .server_name = {}};
  }

  net::Front front;
  Inbox w0;
  Inbox w1;
  std::unique_ptr<SipTransport> transport;
  std::unique_ptr<WorkerLink> link0;
  std::unique_ptr<WorkerLink> link1;
};

TEST_F(SipTransportTest, ExchangesDatagrams) {
  open();
  UdpPeer peer(front);
  link0->send(request("OPTIONS", "c1"), by(sip::Transport::kUdp, peer.socket->local()));
  run_until([&] { return peer.received.size() == 1; });
  EXPECT_THAT(peer.received[0], HasSubstr("Call-ID: c1"));
  peer.send(response("z9hG4bK-w0-abc"), udp());
  run_until([&] { return w0.messages.size() == 1; });
  EXPECT_EQ(w0.sources[0].remote, peer.socket->local());
  EXPECT_EQ(w0.sources[0].local, udp());
  EXPECT_EQ(w0.sources[0].flow, 0U);
  EXPECT_EQ(transport->counters().sent, 1U);
  EXPECT_EQ(transport->counters().received, 1U);
}

TEST_F(SipTransportTest, TokensNameTheWorker) {
  open();
  UdpPeer peer(front);
  peer.send(response("z9hG4bK-w1-abc"), udp());
  peer.send(request("BYE", "c1", "w0-tag"), udp());
  peer.send(request("BYE", "c2", "w1-tag"), udp());
  run_until([&] { return w0.messages.size() == 1 && w1.messages.size() == 2; });
}

TEST_F(SipTransportTest, AResponseThatIsNotOursIsDropped) {
  open();
  UdpPeer peer(front);
  peer.send(response("z9hG4bK-stranger"), udp());
  peer.send(response("z9hG4bK-w7-abc"), udp());
  run_until([&] { return transport->counters().dropped_not_ours == 2; });
  EXPECT_TRUE(w0.messages.empty() && w1.messages.empty());
}

TEST_F(SipTransportTest, ANewCallAndItsCancelReachTheSameWorker) {
  open();
  UdpPeer peer(front);
  for (int i = 0; i < 20; ++i) {
    const std::string call_id = "call-" + std::to_string(i);
    for (const char* method : {"INVITE", "INVITE", "CANCEL", "ACK"})
      peer.send(request(method, call_id), udp());
  }
  run_until([&] { return w0.messages.size() + w1.messages.size() == 80; });
  EXPECT_EQ(w0.messages.size() % 4, 0U);
  EXPECT_FALSE(w0.messages.empty());
  EXPECT_FALSE(w1.messages.empty());
}

TEST_F(SipTransportTest, AFloodOfNewRequestsIsCutPerSource) {
  open({.new_requests_per_second = 1, .new_requests_burst = 5});
  UdpPeer peer(front);
  for (int i = 0; i < 10; ++i) peer.send(request("OPTIONS", "c" + std::to_string(i)), udp());
  peer.send(request("BYE", "c", "w0-tag"), udp());  // inside of our dialogs: not limited
  run_until([&] { return transport->counters().received == 11; });
  EXPECT_EQ(transport->counters().dropped_over_limit, 5U);
  EXPECT_EQ(w0.messages.size() + w1.messages.size(), 6U);
}

TEST_F(SipTransportTest, KeepAliveDatagramsAreNotMessages) {
  open();
  UdpPeer peer(front);
  for (const char* ping : {"\r\n\r\n", "\r\n", "x"}) peer.send(ping, udp());
  peer.send(std::string(4, '\0'), udp());
  peer.send(response("z9hG4bK-w0-a"), udp());
  run_until([&] { return w0.messages.size() == 1; });
  EXPECT_EQ(transport->counters().received, 1U);
}

TEST_F(SipTransportTest, TellsThatAUdpPortIsClosed) {
  open();
  Endpoint nobody;
  { nobody = UdpPeer(front).socket->local(); }
  link0->send(request("OPTIONS", "c1"), by(sip::Transport::kUdp, nobody));
  run_until([&] { return !w0.failed.empty(); });
  EXPECT_EQ(w0.failed[0], by(sip::Transport::kUdp, nobody));
  EXPECT_EQ(w0.reasons[0], "port unreachable");
}

TEST_F(SipTransportTest, OpensOneConnectionAndReusesIt) {
  open();
  TcpPeer peer(front);
  const auto to = by(sip::Transport::kTcp, peer.listener->local());
  link0->send(request("OPTIONS", "c1"), to);
  link1->send(request("OPTIONS", "c2"), to);
  run_until([&] { return peer.data.find("Call-ID: c2") != std::string::npos; });
  peer.stream->write(response("z9hG4bK-w0-a"));
  run_until([&] { return w0.messages.size() == 1; });
  const sip::FlowId flow = w0.sources[0].flow;
  EXPECT_NE(flow, 0U);
  EXPECT_EQ(w0.sources[0].transport, sip::Transport::kTcp);
  peer.data.clear();
  link0->send(request("OPTIONS", "c3"), by(sip::Transport::kTcp, {}, flow));
  run_until([&] { return peer.data.find("Call-ID: c3") != std::string::npos; });
  EXPECT_EQ(peer.accepts, 1);
  EXPECT_EQ(transport->counters().connections, 1U);
}

TEST_F(SipTransportTest, TellsThatNobodyAcceptsConnections) {
  open();
  Endpoint nobody;
  { nobody = TcpPeer(front).listener->local(); }
  link1->send(request("OPTIONS", "c1"), by(sip::Transport::kTcp, nobody));
  run_until([&] { return !w1.failed.empty(); });
  EXPECT_EQ(w1.failed[0], by(sip::Transport::kTcp, nobody));
  EXPECT_EQ(w1.reasons[0], "connection refused");
  EXPECT_TRUE(w0.failed.empty());
  EXPECT_EQ(transport->counters().connections, 0U);
}

TEST_F(SipTransportTest, CutsTheStreamOfAnIncomingConnectionAndAnswersOnIt) {
  open();
  TcpPeer peer(front);
  peer.connect(tcp());
  const std::string both = request("BYE", "c1", "w0-a") + request("BYE", "c2", "w0-b");
  peer.stream->write(both.substr(0, 30));
  run_until([&] { return peer.stream->connected(); });
  peer.stream->write(both.substr(30));
  run_until([&] { return w0.messages.size() == 2; });
  EXPECT_THAT(w0.messages[1], HasSubstr("Call-ID: c2"));
  link0->send(response("z9hG4bK-other"), by(sip::Transport::kTcp, w0.sources[0].remote, w0.sources[0].flow));
  run_until([&] { return peer.data.starts_with("SIP/2.0 200"); });
  EXPECT_EQ(peer.accepts, 0);
}

TEST_F(SipTransportTest, TellsTheWorkersOfAFlowThatItBroke) {
  open();
  TcpPeer peer(front);
  peer.connect(tcp());
  peer.stream->write(request("BYE", "c1", "w1-a"));
  run_until([&] { return w1.messages.size() == 1; });
  peer.stream.reset();
  run_until([&] { return !w1.failed.empty(); });
  EXPECT_EQ(w1.failed[0].flow, w1.sources[0].flow);
  EXPECT_TRUE(w0.failed.empty());
}

TEST_F(SipTransportTest, AnswersKeepAlivePings) {
  open();
  TcpPeer peer(front);
  peer.connect(tcp());
  peer.stream->write("\r\n\r\n");
  run_until([&] { return peer.data == "\r\n"; });
}

TEST_F(SipTransportTest, ClosesAConnectionThatDoesNotSpeakSip) {
  open();
  TcpPeer peer(front);
  peer.connect(tcp());
  peer.stream->write("GET / HTTP/1.1\r\nHost: example.com\r\n\r\n");
  run_until([&] { return peer.closed; });
  EXPECT_EQ(transport->counters().broken_streams, 1U);
}

TEST_F(SipTransportTest, ClosesIdleAndSilentConnections) {
  open({.idle_timeout = 100ms, .first_message_timeout = 40ms});
  TcpPeer silent(front);
  TcpPeer idle(front);
  silent.connect(tcp());
  idle.connect(tcp());
  idle.stream->write(request("BYE", "c1", "w0-a"));
  run_until([&] { return silent.closed; });
  EXPECT_FALSE(idle.closed);
  run_until([&] { return idle.closed; });
  EXPECT_EQ(transport->counters().connections, 0U);
}

TEST_F(SipTransportTest, LimitsConnectionsPerSource) {
  open({.max_connections_per_source = 2});
  std::vector<std::unique_ptr<TcpPeer>> peers;
  for (int i = 0; i < 3; ++i) {
    peers.push_back(std::make_unique<TcpPeer>(front));
    peers.back()->connect(tcp());
    run_until([&] { return peers.back()->stream == nullptr || peers.back()->stream->connected(); });
    run_for(5ms);
  }
  run_until([&] { return peers[2]->closed; });
  EXPECT_EQ(transport->counters().refused_connections, 1U);
  EXPECT_EQ(transport->counters().connections, 2U);
}

TEST_F(SipTransportTest, SaysThatTlsIsMissing) {
  open();
  link0->send("x", by(sip::Transport::kTls, *Endpoint::parse("127.0.0.1:5061")));
  run_until([&] { return !w0.failed.empty(); });
  EXPECT_THAT(w0.reasons[0], HasSubstr("TLS"));
}

TEST_F(SipTransportTest, AWorkerWhoseMailboxIsFullCostsNothingElse) {
  open();
  UdpPeer peer(front);
  w0.full = true;
  peer.send(request("BYE", "c1", "w0-a"), udp());
  peer.send(request("BYE", "c1", "w1-a"), udp());
  run_until([&] { return w1.messages.size() == 1; });
  EXPECT_EQ(transport->counters().dropped_overload, 1U);
}

TEST_F(SipTransportTest, NothingReachesAReceiverAfterItsLink) {
  open();
  UdpPeer peer(front);
  link0.reset();
  peer.send(request("BYE", "c1", "w0-a"), udp());
  peer.send(request("BYE", "c1", "w1-a"), udp());
  run_until([&] { return w1.messages.size() == 1; });
  EXPECT_TRUE(w0.messages.empty());
}

TEST_F(SipTransportTest, ALinkMayOutliveTheTransport) {
  open();
  transport.reset();
  link0->send("x", by(sip::Transport::kUdp, *Endpoint::parse("127.0.0.1:9")));
  front.run_once();
  EXPECT_TRUE(w0.failed.empty());
}

TEST_F(SipTransportTest, ThePublicAddressIsForPublicPeers) {
  open({.public_address = base::IpAddress::parse("203.0.113.5")});
  const auto at = [&](const char* peer) {
    return transport->local_endpoint_for(sip::Transport::kUdp, *Endpoint::parse(peer));
  };
  EXPECT_EQ(at("198.51.100.7:5060"), (Endpoint{*base::IpAddress::parse("203.0.113.5"), udp().port}));
  EXPECT_EQ(at("127.0.0.1:5060"), udp());
  EXPECT_EQ(transport->local_endpoint_for(sip::Transport::kTcp, *Endpoint::parse("127.0.0.1:5060")), tcp());
}

TEST_F(SipTransportTest, OnAllAddressesTheRouteToThePeerDecides) {
  auto opened = SipTransport::open(front, {.udp = Endpoint::parse("0.0.0.0:0")});
  ASSERT_TRUE(opened);
  const auto local = (*opened)->local_endpoint_for(sip::Transport::kUdp, *Endpoint::parse("127.0.0.1:5060"));
  EXPECT_TRUE(local.address.is_loopback());
  EXPECT_EQ(local.port, (*opened)->udp_endpoint()->port);
}

TEST_F(SipTransportTest, SaysWhichPortIsTaken) {
  open();
  const auto second = SipTransport::open(front, {.udp = udp()});
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, HasSubstr("(UDP) is in use by another program"));
}

// The whole way across real threads, for ThreadSanitizer above all: two workers send to each other by UDP and
// TCP.
TEST(SipTransportThreads, WorkersTalkThroughTheFront) {
  class Counter final : public Receiver {
   public:
    Counter(std::latch& latch, int expected) : done(latch), left(expected) {}
    void on_sip_message(std::string, const sip::Source&) override {
      if (--left == 0) done.count_down();
    }
    void on_transport_failed(const sip::Destination&, std::string why) override { ADD_FAILURE() << why; }
    std::latch& done;
    int left;
  };
  constexpr int kMessages = 50;
  std::latch done(2);
  net::Front front;
  auto opened = SipTransport::open(front, {.udp = kAnyPort, .tcp = kAnyPort});
  ASSERT_TRUE(opened);
  std::unique_ptr<SipTransport> transport = std::move(*opened);
  std::vector<std::unique_ptr<net::Worker>> workers;
  std::vector<std::unique_ptr<WorkerLink>> links;
  Counter even(done, 2 * kMessages);
  Counter odd(done, 2 * kMessages);
  for (unsigned i = 0; i < 2; ++i) {
    auto worker = net::Worker::create({.index = i});
    workers.push_back(std::move(worker).value());
    links.push_back(transport->attach("w" + std::to_string(i), *workers[i], i == 0 ? even : odd));
  }
  front.start();
  const Endpoint udp = *transport->udp_endpoint();
  const Endpoint tcp = *transport->tcp_endpoint();
  for (unsigned i = 0; i < 2; ++i) {
    workers[i]->start();
    ASSERT_TRUE(workers[i]->post([&, i] {
      const std::string other = "w" + std::to_string(1 - i) + "-tag";
      for (int n = 0; n < kMessages; ++n) {
        links[i]->send(request("INFO", "c", other),
                       {.transport = sip::Transport::kUdp, .endpoint = udp, .server_name = {}});
        links[i]->send(request("INFO", "c", other),
                       {.transport = sip::Transport::kTcp, .endpoint = tcp, .server_name = {}});
      }
    }));
  }
  done.wait();
  std::latch closed(1);
  ASSERT_TRUE(front.post([&] {
    transport.reset();
    closed.count_down();
  }));
  closed.wait();
  for (unsigned i = 0; i < 2; ++i) {
    ASSERT_TRUE(workers[i]->post([&links, i] { links[i].reset(); }));
    workers[i]->stop();
    workers[i]->join();
  }
}

}  // namespace
}  // namespace ringback::sip_transport
