#include "http/server.h"

#include <sys/socket.h>
#include <unistd.h>

#include <netinet/in.h>

#include <gtest/gtest.h>

#include "http/cors.h"
#include "http/router.h"
#include "net/front.h"

namespace ringback::http {
namespace {

using namespace std::chrono_literals;

/// A client that is nothing but a non-blocking socket: it can send what no HTTP library would.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  }
  ~RawClient() { hang_up(); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  /// Sends as much as the socket takes; the rest later, by poll().
  void send(std::string bytes) {
    unsent_ += bytes;
    poll();
  }
  void poll() {
    if (fd_ < 0) return;
    const ssize_t sent = ::send(fd_, unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
    if (sent > 0) unsent_.erase(0, static_cast<std::size_t>(sent));
    char chunk[65536];
    ssize_t got = 0;
    while (reading_ && (got = ::recv(fd_, chunk, sizeof chunk, 0)) > 0)
      received_.append(chunk, static_cast<std::size_t>(got));
    if (reading_ && got == 0) closed_ = true;
    if (reading_ && got < 0 && errno == ECONNRESET) closed_ = reset_ = true;
  }
  void hang_up() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  void stop_reading() { reading_ = false; }
  [[nodiscard]] const std::string& received() const { return received_; }
  [[nodiscard]] bool closed() const { return closed_; }
  [[nodiscard]] bool reset() const { return reset_; }

 private:
  int fd_;
  std::string unsent_, received_;
  bool closed_ = false, reset_ = false, reading_ = true;
};

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t result = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) ++result;
  return result;
}

class ServerTest : public testing::Test {
 protected:
  void serve(Handler handler, ServerLimits limits = {}) {
    auto server =
        Server::listen(front_, {.addresses = {{base::IpAddress::v4({127, 0, 0, 1}), 0}}, .limits = limits},
                       std::move(handler));
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
    port_ = server_->endpoints().at(0).port;
  }

  /// Runs the loop until `done`, for at most two seconds of real time.
  bool run_until(RawClient& client, const std::function<bool()>& done) {
    const auto end = std::chrono::steady_clock::now() + 2s;
    while (std::chrono::steady_clock::now() < end) {
      client.poll();
      if (done()) return true;
      front_.run_once(1ms);
    }
    return done();
  }
  bool receives(RawClient& client, std::string_view part, std::size_t times = 1) {
    return run_until(client, [&] { return count(client.received(), part) >= times; });
  }

  static void echo(Request request, Responder responder) {
    responder.respond(Response::text(200, request.method + " " + request.path + " [" + request.body + "]"));
  }

  net::Front front_{"front"};
  std::unique_ptr<Server> server_;
  std::uint16_t port_ = 0;
};

TEST_F(ServerTest, AnswersARequest) {
  serve(echo);
  RawClient client(port_);
  client.send("POST //rtc%20x?a=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc");
  ASSERT_TRUE(receives(client, "[abc]"));
  EXPECT_TRUE(client.received().starts_with("HTTP/1.1 200 OK\r\n"));
  EXPECT_NE(client.received().find("POST /rtc x [abc]"), std::string::npos);
  EXPECT_NE(client.received().find("Connection: keep-alive"), std::string::npos);
  EXPECT_NE(client.received().find("Date: "), std::string::npos);
}

TEST_F(ServerTest, AnswersPipelinedRequestsInOrder) {
  serve(echo);
  RawClient client(port_);
  std::string batch;
  for (int i = 0; i < 50; ++i) batch += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\n\r\n";
  client.send(batch);
  ASSERT_TRUE(receives(client, "HTTP/1.1 200", 50));
  std::size_t at = 0;
  for (int i = 0; i < 50; ++i) {
    at = client.received().find("GET /" + std::to_string(i) + " []", at);
    ASSERT_NE(at, std::string::npos) << i;
  }
}

TEST_F(ServerTest, HeadHasLengthButNoBody) {
  serve(echo);
  RawClient client(port_);
  client.send("HEAD /abc HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  ASSERT_TRUE(run_until(client, [&] { return client.closed(); }));
  EXPECT_NE(client.received().find("Content-Length: 12\r\n"), std::string::npos);
  EXPECT_TRUE(client.received().ends_with("\r\n\r\n"));
}

TEST_F(ServerTest, RefusesMalformedRequests) {
  serve(echo);
  const std::string_view cases[] = {
      "\x16\x03\x01\x02\r\n\r\n",
      "GET\r\n\r\n",
      "GET / HTTP/9.9\r\n\r\n",
      "GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n",
      "GET /a/../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n",
      "GET / HTTP/1.1\r\nBad Header\r\n\r\n",
      "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
      "POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
      "POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc",
      "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
  };
  for (const std::string_view request : cases) {
    RawClient client(port_);
    client.send(std::string(request));
    EXPECT_TRUE(run_until(client, [&] { return client.received().starts_with("HTTP/1.1 400"); })) << request;
  }
}

TEST_F(ServerTest, RefusesATwoMegabyteBodyWithAReadableAnswer) {
  serve(echo);
  RawClient client(port_);
  client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2097152\r\n\r\n" + std::string(2097152, 'x'));
  ASSERT_TRUE(run_until(client, [&] { return client.closed(); }));
  EXPECT_TRUE(client.received().starts_with("HTTP/1.1 413"));
  EXPECT_FALSE(client.reset());
}

TEST_F(ServerTest, RefusesAChunkedBodyThatGrowsTooLarge) {
  serve(echo);
  RawClient client(port_);
  client.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 40; ++i) client.send("8000\r\n" + std::string(0x8000, 'x') + "\r\n");
  EXPECT_TRUE(receives(client, "HTTP/1.1 413"));
}

TEST_F(ServerTest, RefusesALargeHeader) {
  serve(echo);
  RawClient client(port_);
  client.send("GET / HTTP/1.1\r\nX: " + std::string(20000, 'x') + "\r\n\r\n");
  EXPECT_TRUE(receives(client, "HTTP/1.1 431"));
}

TEST_F(ServerTest, AnswersExpectContinue) {
  serve(echo);
  RawClient client(port_);
  client.send("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  ASSERT_TRUE(receives(client, "HTTP/1.1 100 Continue\r\n\r\n"));
  client.send("ok");
  EXPECT_TRUE(receives(client, "[ok]"));
}

TEST_F(ServerTest, ClosesASlowHeader) {
  serve(echo, {.header_time = 50ms});
  RawClient client(port_);
  client.send("GET / HTTP/1.1\r\nHost");
  EXPECT_TRUE(run_until(client, [&] {
    client.send(":");
    return client.closed();
  }));
  EXPECT_EQ(server_->connection_count(), 0U);
}

TEST_F(ServerTest, LimitsConnections) {
  serve(echo, {.connections = 1});
  RawClient first(port_);
  first.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(receives(first, "200 OK"));
  RawClient second(port_);
  EXPECT_TRUE(run_until(second, [&] { return second.closed(); }));
}

TEST_F(ServerTest, AnswersLaterAndForgivesAnAbsentClient) {
  std::vector<Responder> waiting;
  serve([&](Request, Responder responder) { waiting.push_back(std::move(responder)); });
  RawClient patient(port_), impatient(port_);
  patient.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  impatient.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(run_until(patient, [&] { return impatient.poll(), waiting.size() == 2; }));
  impatient.hang_up();
  for (Responder& responder : waiting) responder.respond(Response::text(202, "late"));
  EXPECT_TRUE(receives(patient, "late"));
}

TEST_F(ServerTest, AForgottenResponderAnswers500) {
  serve([](Request, Responder) {});
  RawClient client(port_);
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(receives(client, "HTTP/1.1 500"));
}

TEST_F(ServerTest, AThrowingHandlerAnswers500) {
  serve([](Request, Responder) { throw std::runtime_error("bug"); });
  RawClient client(port_);
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(receives(client, "HTTP/1.1 500"));
}

TEST_F(ServerTest, AResponderMayOutliveTheServer) {
  Responder kept;
  serve([&](Request, Responder responder) { kept = std::move(responder); });
  RawClient client(port_);
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(run_until(client, [&] { return !kept.answered(); }));
  server_.reset();
  EXPECT_TRUE(kept.client_gone());
  kept.respond(Response::text(200, "too late"));
  front_.run_once();
}

TEST_F(ServerTest, HeaderValuesCannotSmuggleHeaders) {
  serve([](Request, Responder responder) {
    responder.add_header("X-Echo", "a\r\nEvil: yes");
    responder.respond(Response::empty(204));
  });
  RawClient client(port_);
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(receives(client, "\r\n\r\n"));
  EXPECT_NE(client.received().find("X-Echo: aEvil: yes\r\n"), std::string::npos);
}

TEST_F(ServerTest, StopsGracefully) {
  Responder kept;
  serve([&](Request, Responder responder) { kept = std::move(responder); });
  RawClient busy(port_), idle(port_);
  busy.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(run_until(busy, [&] { return !kept.answered() && server_->connection_count() == 2; }));
  bool done = false;
  server_->stop(5s, [&] { done = true; });
  EXPECT_TRUE(run_until(idle, [&] { return idle.closed(); }));
  EXPECT_FALSE(done);
  kept.respond(Response::text(200, "last words"));
  EXPECT_TRUE(receives(busy, "last words"));
  EXPECT_NE(busy.received().find("Connection: close"), std::string::npos);
  busy.hang_up();
  EXPECT_TRUE(run_until(idle, [&] { return done; }));
}

TEST_F(ServerTest, TellsWhatKeepsItFromListening) {
  serve(echo);
  const auto second = Server::listen(front_, {.addresses = server_->endpoints(), .limits = {}}, echo);
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message.find("in use by another program"), std::string::npos);
}

constexpr std::string_view kUpgrade =
    "GET /rtc?x=1 HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/// A masked client frame (RFC 6455 section 5.2) with mask 0, for payloads below 64 KiB.
std::string client_frame(std::uint8_t opcode, std::string_view payload) {
  std::string frame(1, static_cast<char>(0x80 | opcode));
  if (payload.size() < 126) {
    frame += static_cast<char>(0x80 | payload.size());
  } else {
    frame += static_cast<char>(0x80 | 126);
    frame += static_cast<char>(payload.size() >> 8);
    frame += static_cast<char>(payload.size());
  }
  return frame + std::string(4, '\0') + std::string(payload);
}

class WebSocketTest : public ServerTest {
 protected:
  void serve_websocket(ServerLimits limits = {}) {
    serve(
        [this](Request request, Responder responder) {
          upgrade_offered_ = request.websocket_upgrade;
          if (!request.websocket_upgrade) return responder.respond(not_found());
          responder.add_header("X-Room", "blue");
          socket_ = responder.accept({.on_message =
                                          [this](FrameKind kind, std::string payload) {
                                            kind_ = kind;
                                            messages_.push_back(std::move(payload));
                                            if (messages_.back() == "drop me") socket_.reset();
                                          },
                                      .on_close = [this](std::uint16_t code) { close_code_ = code; }});
          socket_->send(FrameKind::kBinary, "welcome");
        },
        limits);
  }
  void open(RawClient& client) {
    client.send(std::string(kUpgrade));
    ASSERT_TRUE(receives(client, "\x82\x07welcome"));
  }

  std::unique_ptr<WebSocket> socket_;
  std::vector<std::string> messages_;
  FrameKind kind_ = FrameKind::kText;
  std::optional<std::uint16_t> close_code_;
  bool upgrade_offered_ = false;
};

TEST_F(WebSocketTest, OpensAndExchangesMessages) {
  serve_websocket();
  RawClient client(port_);
  open(client);
  EXPECT_TRUE(client.received().starts_with("HTTP/1.1 101"));
  EXPECT_NE(client.received().find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), std::string::npos);
  EXPECT_NE(client.received().find("X-Room: blue"), std::string::npos);
  EXPECT_EQ(client.received().find("permessage-deflate"), std::string::npos);
  client.send(client_frame(2, "hello"));
  ASSERT_TRUE(run_until(client, [&] { return messages_.size() == 1; }));
  EXPECT_EQ(messages_[0], "hello");
  EXPECT_EQ(kind_, FrameKind::kBinary);
  client.send(client_frame(1, "text"));
  ASSERT_TRUE(run_until(client, [&] { return messages_.size() == 2; }));
  EXPECT_EQ(kind_, FrameKind::kText);
}

TEST_F(WebSocketTest, ARefusalIsPlainHttp) {
  serve([](Request request, Responder responder) {
    EXPECT_TRUE(request.websocket_upgrade);
    responder.respond(Response::text(401, "permissions denied"));
  });
  RawClient client(port_);
  client.send(std::string(kUpgrade));
  ASSERT_TRUE(receives(client, "permissions denied"));
  EXPECT_TRUE(client.received().starts_with("HTTP/1.1 401"));
}

TEST_F(WebSocketTest, IncompleteHandshakesAreNoUpgrade) {
  serve_websocket();
  for (const std::string_view missing : {"Upgrade: websocket\r\n", "Sec-WebSocket-Version: 13\r\n",
                                         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"}) {
    std::string request(kUpgrade);
    request.erase(request.find(missing), missing.size());
    RawClient client(port_);
    client.send(request);
    EXPECT_TRUE(receives(client, "404 page not found")) << missing;
    EXPECT_FALSE(upgrade_offered_);
  }
}

TEST_F(WebSocketTest, AnswersAfterAWhile) {
  Responder kept;
  serve([&](Request, Responder responder) { kept = std::move(responder); });
  RawClient client(port_);
  client.send(std::string(kUpgrade));
  ASSERT_TRUE(run_until(client, [&] { return !kept.answered(); }));
  EXPECT_TRUE(client.received().empty());
  auto socket = kept.accept({});
  EXPECT_TRUE(socket->send(FrameKind::kText, "late join"));
  EXPECT_TRUE(receives(client, "late join"));
}

TEST_F(WebSocketTest, SendsWhatIsQueuedBeforeClosing) {
  serve_websocket();
  RawClient client(port_);
  open(client);
  socket_->send(FrameKind::kBinary, "leave");
  socket_->close(close_code::kNormal);
  EXPECT_FALSE(socket_->send(FrameKind::kBinary, "after"));
  ASSERT_TRUE(receives(client, std::string("leave\x88\x02\x03\xe8")));
  client.send(client_frame(8, "\x03\xe8"));
  ASSERT_TRUE(run_until(client, [&] { return close_code_.has_value() && client.closed(); }));
  EXPECT_EQ(*close_code_, 1000);
  EXPECT_EQ(client.received().find("after"), std::string::npos);
}

TEST_F(WebSocketTest, ReportsThePeersCloseAndItsLoss) {
  serve_websocket();
  {
    RawClient client(port_);
    open(client);
    client.send(client_frame(8, "\x0f\xa1"));
    ASSERT_TRUE(run_until(client, [&] { return close_code_.has_value(); }));
    EXPECT_EQ(*close_code_, 4001);
  }
  close_code_.reset();
  RawClient client(port_);
  open(client);
  client.hang_up();
  ASSERT_TRUE(run_until(client, [&] { return close_code_.has_value(); }));
  EXPECT_EQ(*close_code_, close_code::kAbnormal);
}

TEST_F(WebSocketTest, TheOwnerMayDropItInsideItsHandler) {
  serve_websocket();
  RawClient client(port_);
  open(client);
  client.send(client_frame(2, "drop me") + client_frame(2, "unheard"));
  ASSERT_TRUE(receives(client, "\x88\x02\x03\xe9"));
  EXPECT_EQ(messages_.size(), 1U);
  EXPECT_FALSE(close_code_);
}

TEST_F(WebSocketTest, ClosesOnTooLargeMessagesAndBadFrames) {
  serve_websocket({.websocket = {.message_bytes = 1000}});
  RawClient large(port_);
  open(large);
  large.send(client_frame(2, std::string(2000, 'x')));
  ASSERT_TRUE(run_until(large, [&] { return close_code_.has_value(); }));
  EXPECT_EQ(*close_code_, close_code::kTooBig);

  close_code_.reset();
  RawClient unmasked(port_);
  open(unmasked);
  unmasked.send(std::string("\x82\x01x", 3));
  ASSERT_TRUE(run_until(unmasked, [&] { return close_code_.has_value(); }));
}

TEST_F(WebSocketTest, ClosesAClientThatDoesNotRead) {
  serve_websocket({.websocket = {.queue_bytes = 1024 * 1024}});
  RawClient client(port_);
  open(client);
  client.stop_reading();
  bool accepted = true;
  for (int i = 0; i < 1000 && accepted; ++i) {
    accepted = socket_->send(FrameKind::kBinary, std::string(64 * 1024, 'x'));
    front_.run_once();
  }
  EXPECT_FALSE(accepted);
  ASSERT_TRUE(run_until(client, [&] { return close_code_.has_value(); }));
  EXPECT_EQ(*close_code_, close_code::kTryAgainLater);
}

TEST_F(WebSocketTest, PingsAndGivesUpOnASilentPeer) {
  serve_websocket({.websocket = {.ping = 20ms, .silence = 80ms}});
  RawClient client(port_);
  open(client);
  ASSERT_TRUE(receives(client, std::string("\x89\x00", 2)));
  ASSERT_TRUE(run_until(client, [&] { return close_code_.has_value(); }));
  EXPECT_EQ(*close_code_, close_code::kAbnormal);
}

TEST_F(WebSocketTest, StopSaysGoingAway) {
  serve_websocket();
  RawClient client(port_);
  open(client);
  bool done = false;
  server_->stop(1s, [&] { done = true; });
  ASSERT_TRUE(receives(client, "\x88\x02\x03\xe9"));
  client.send(client_frame(8, "\x03\xe9"));
  EXPECT_TRUE(run_until(client, [&] { return done; }));
  EXPECT_EQ(*close_code_, close_code::kGoingAway);
}

}  // namespace
}  // namespace ringback::http
