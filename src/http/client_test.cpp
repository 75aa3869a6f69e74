#include <unistd.h>

#include <array>
#include <cstdio>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>

#include "http/client_fixture.h"
#include "http/tls_server_test.h"
#include "http/url.h"

namespace ringback::http {
namespace {

using namespace std::chrono_literals;

/// A listener that does with each connection what the test says.
class RawServer {
 public:
  using Script = std::function<void(std::shared_ptr<boost::asio::ip::tcp::socket>)>;
  RawServer(boost::asio::io_context& io, Script script)
      : acceptor_(io, {boost::asio::ip::address_v4::loopback(), 0}), script_(std::move(script)) {
    accept();
  }
  [[nodiscard]] std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

 private:
  void accept() {
    acceptor_.async_accept([this](boost::system::error_code error, boost::asio::ip::tcp::socket socket) {
      if (error) return;
      script_(std::make_shared<boost::asio::ip::tcp::socket>(std::move(socket)));
      accept();
    });
  }
  boost::asio::ip::tcp::acceptor acceptor_;
  Script script_;
};

/// Reads one request's header, then writes `answer` and closes.
RawServer::Script answer_with(std::string answer, std::string* request = nullptr) {
  return [answer, request](const std::shared_ptr<boost::asio::ip::tcp::socket>& socket) {
    auto buffer = std::make_shared<boost::asio::streambuf>();
    boost::asio::async_read_until(*socket, *buffer, "\r\n\r\n",
                                  [=](boost::system::error_code, std::size_t size) {
                                    const char* const data = static_cast<const char*>(buffer->data().data());
                                    if (request != nullptr) request->assign(data, size);
                                    boost::system::error_code ignored;
                                    boost::asio::write(*socket, boost::asio::buffer(answer), ignored);
                                  });
  };
}

TEST_F(ClientTest, PostsAndReadsTheAnswer) {
  const auto port = serve([](Request request, Responder responder) {
    Response response = Response::json(201, "{\"got\":\"" + request.body + "\"}");
    response.headers.add("X-Type", request.content_type());
    responder.respond(std::move(response));
  });
  const auto answer = fetch({.method = "POST",
                             .url = url("http", port, "/twirp/x"),
                             .headers = {{"Content-Type", "application/protobuf"}},
                             .body = "abc"});
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 201);
  EXPECT_EQ(answer->body, "{\"got\":\"abc\"}");
  EXPECT_EQ(answer->headers.get("x-type"), "application/protobuf");
}

TEST_F(ClientTest, TakesWebSocketUrlsAndPassesErrorsOfTheServerOn) {
  const auto port = serve([](Request request, Responder responder) {
    responder.respond(Response::text(404, "nothing at " + request.target));
  });
  const auto answer = get(url("ws", port, "/a?b=c#fragment"));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 404);
  EXPECT_EQ(answer->body, "nothing at /a?b=c");
}

TEST_F(ClientTest, SkipsInterimAnswers) {
  const RawServer server(front_.context(), answer_with("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
                                                       "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
  const auto answer = get(url("http", server.port()));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body, "ok");
}

TEST_F(ClientTest, NamesTheStageThatFailed) {
  struct Case {
    std::string url;
    ClientStage stage;
    std::string part;
  };
  const RawServer no_http(front_.context(), [](const auto& socket) {
    boost::system::error_code ignored;
    boost::asio::write(*socket, boost::asio::buffer("SSH-2.0-x\r\n\r\n", 13), ignored);
    auto rest = std::make_shared<std::string>();
    boost::asio::async_read(*socket, boost::asio::dynamic_buffer(*rest),
                            [socket, rest](auto, std::size_t) {});
  });
  const RawServer closes(front_.context(), [](auto socket) { socket->close(); });
  const RawServer cuts(front_.context(), answer_with("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"));
  std::uint16_t nobody = 0;
  {
    const RawServer gone(front_.context(), [](auto) {});
    nobody = gone.port();
  }
  const Case cases[] = {
      {"ftp://x/", ClientStage::kUrl, "does not begin with"},
      {"http://", ClientStage::kUrl, "names no host"},
      {"http://no such/", ClientStage::kUrl, "blank"},
      {"http://-.-/", ClientStage::kResolve, "-.-"},
      {url("http", nobody), ClientStage::kConnect, "connection refused"},
      {url("https", no_http.port()), ClientStage::kTls, "no TLS with"},
      {url("https", closes.port()), ClientStage::kTls, "does it speak TLS"},
      {url("http", no_http.port()), ClientStage::kHttp, "does not speak HTTP"},
      {url("http", closes.port()), ClientStage::kHttp, "closed the connection"},
      {url("http", cuts.port()), ClientStage::kHttp, "closed the connection"},
  };
  for (const Case& expected : cases) {
    const auto answer = get(expected.url);
    ASSERT_FALSE(answer) << expected.url;
    EXPECT_EQ(answer.error().stage, expected.stage) << expected.url << ": " << answer.error().message;
    EXPECT_FALSE(answer.error().timed_out) << expected.url;
    EXPECT_NE(answer.error().message.find(expected.part), std::string::npos) << answer.error().message;
  }
}

TEST_F(ClientTest, LimitsTheTimeOfEachStage) {
  std::vector<std::shared_ptr<boost::asio::ip::tcp::socket>> held;
  const RawServer silent(front_.context(), [&](auto socket) { held.push_back(std::move(socket)); });
  const auto tls = fetch({.url = url("https", silent.port()), .timeouts = {.tls = 30ms}});
  ASSERT_FALSE(tls);
  EXPECT_EQ(tls.error().stage, ClientStage::kTls);
  EXPECT_TRUE(tls.error().timed_out);
  EXPECT_NE(tls.error().message.find("within 30 ms"), std::string::npos) << tls.error().message;

  const auto answer = fetch({.url = url("http", silent.port(), "/?secret=1"), .timeouts = {.answer = 30ms}});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().stage, ClientStage::kHttp);
  EXPECT_TRUE(answer.error().timed_out);
  EXPECT_EQ(answer.error().message.find("secret"), std::string::npos);

  const auto upgrade = open({.url = url("ws", silent.port()), .timeouts = {.answer = 30ms}});
  ASSERT_FALSE(upgrade);
  EXPECT_TRUE(upgrade.error().timed_out);
}

TEST_F(ClientTest, RefusesAHugeAnswer) {
  const auto port = serve([](Request, Responder responder) {
    responder.respond(Response::text(200, std::string(2'000'000, 'x')));
  });
  const auto answer = fetch({.url = url("http", port), .max_answer_bytes = 1'000'000});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().stage, ClientStage::kHttp);
  EXPECT_NE(answer.error().message.find("larger than 1000000 bytes"), std::string::npos);
}

TEST_F(ClientTest, CancelledRequestsCallNobody) {
  create();
  std::vector<Responder> waiting;
  const auto port = serve([&](Request, Responder responder) { waiting.push_back(std::move(responder)); });
  bool called = false;
  {
    const ClientExchange dropped = client_->send({.url = url("http", port)}, [&](Outcome) { called = true; });
  }
  ClientExchange cancelled = client_->send({.url = url("http", port)}, [&](Outcome) { called = true; });
  ASSERT_TRUE(run_until([&] { return waiting.size() == 1; }));
  cancelled.cancel();
  waiting.at(0).respond(Response::empty(200));
  ASSERT_TRUE(run_until([&] { return server_->connection_count() == 0; }));
  EXPECT_FALSE(called);
  EXPECT_EQ(waiting.size(), 1U);
}

TEST_F(ClientTest, SendsPlainRequestsToAProxyWithTheWholeUrl) {
  std::string seen;
  const RawServer proxy(front_.context(),
                        answer_with("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", &seen));
  create(
      {.proxies = ProxySettings::from_environment([&](const std::string& name) -> std::optional<std::string> {
         if (name == "http_proxy") return "http://me:p%40ss@127.0.0.1:" + std::to_string(proxy.port());
         return std::nullopt;
       })});
  const auto answer = get("http://rooms.example.com:7880/x?y=1");
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_TRUE(seen.starts_with("GET http://rooms.example.com:7880/x?y=1 HTTP/1.1\r\n")) << seen;
  EXPECT_NE(seen.find("Proxy-Authorization: Basic bWU6cEBzcw==\r\n"), std::string::npos) << seen;
}

TEST_F(ClientTest, SaysThatAProxyRefuses) {
  std::string seen;
  const RawServer proxy(front_.context(),
                        answer_with("HTTP/1.1 403 Forbidden\r\nContent-Length: 9\r\n\r\n", &seen));
  create(
      {.proxies = ProxySettings::from_environment([&](const std::string& name) -> std::optional<std::string> {
         if (name == "HTTPS_PROXY") return "127.0.0.1:" + std::to_string(proxy.port());
         return std::nullopt;
       })});
  const auto answer = get("https://rooms.example.com/");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().stage, ClientStage::kConnect);
  EXPECT_NE(answer.error().message.find("403 Forbidden"), std::string::npos) << answer.error().message;
  EXPECT_TRUE(seen.starts_with("CONNECT rooms.example.com:443 HTTP/1.1\r\n")) << seen;
}

class TlsClientTest : public ClientTest {
 protected:
  void SetUp() override {
    ca_file_ = testing::TempDir() + "ringback_http_ca_" + std::to_string(::getpid()) + ".pem";
    authority_.write_pem(ca_file_);
    create({.proxies = {}, .ca_file = ca_file_});
  }
  void TearDown() override { std::remove(ca_file_.c_str()); }

  TestCertificate leaf(const std::string& name, long valid_until = 3600) {
    return TestCertificate({.name = name, .valid_until_seconds = valid_until, .issuer = &authority_});
  }

  const TestCertificate authority_{{.name = "", .subject = "test authority", .authority = true}};
  std::string ca_file_;
};

TEST_F(TlsClientTest, ChecksTheNameAndSendsIt) {
  const TlsServer server(front_.context(), leaf("DNS:localhost"));
  const auto answer = fetch({.method = "POST", .url = url("https", server.port(), "/path"), .body = "body"});
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->body, "/path body");
  EXPECT_EQ(server.server_name(), "localhost");
}

TEST_F(TlsClientTest, ChecksNumericAddresses) {
  const TlsServer server(front_.context(), leaf("IP:127.0.0.1"));
  const auto answer = get("https://127.0.0.1:" + std::to_string(server.port()));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(server.server_name(), "");
}

TEST_F(TlsClientTest, RefusesCertificatesThatProveNothing) {
  const TestCertificate stranger({.name = "", .subject = "unknown authority", .authority = true});
  const TestCertificate self_signed({.name = "DNS:localhost"});
  const TestCertificate foreign({.name = "DNS:localhost", .issuer = &stranger});
  const TestCertificate other = leaf("DNS:other.example.com");
  const TestCertificate old = leaf("DNS:localhost", -60);
  const std::pair<const TestCertificate*, std::string> cases[] = {
      {&other, "the certificate of localhost is for another name"},
      {&old, "the certificate of localhost has expired"},
      {&self_signed, "signed by itself"},
      {&foreign, "does not trust"},
  };
  for (const auto& [certificate, part] : cases) {
    const TlsServer server(front_.context(), *certificate);
    const auto answer = get(url("https", server.port()));
    ASSERT_FALSE(answer) << part;
    EXPECT_EQ(answer.error().stage, ClientStage::kTls);
    EXPECT_NE(answer.error().message.find(part), std::string::npos) << answer.error().message;
    const auto upgrade = open({.url = url("wss", server.port())});
    ASSERT_FALSE(upgrade) << part;
    EXPECT_EQ(upgrade.error().stage, ClientStage::kTls);
  }
}

TEST_F(TlsClientTest, SaysThatAFileOfAuthoritiesIsUnusable) {
  const auto client = Client::create(front_, resolver_, {.proxies = {}, .ca_file = "/nonexistent.pem"});
  ASSERT_FALSE(client);
  EXPECT_NE(client.error().message.find("/nonexistent.pem"), std::string::npos);
}

TEST_F(TlsClientTest, CarriesWebSocketMessages) {
  const TlsServer server(front_.context(), leaf("DNS:localhost"));
  std::string received;
  auto socket = open({.url = url("wss", server.port(), "/rtc"),
                      .handlers = {.on_message = [&](FrameKind, std::string payload) { received = payload; },
                                   .on_close = {}}});
  ASSERT_TRUE(socket) << socket.error().message;
  const std::string large(200'000, 'z');
  EXPECT_TRUE((*socket)->send(FrameKind::kBinary, large));
  EXPECT_TRUE(run_until([&] { return received == large; }));
}

TEST_F(ClientTest, OpensAWebSocket) {
  std::unique_ptr<WebSocket> accepted;
  std::string authorization;
  std::vector<std::string> at_server;
  std::uint16_t server_close = 0;
  const auto port = serve([&](Request request, Responder responder) {
    authorization = request.headers.get("Authorization").value_or("");
    accepted = responder.accept({.on_message =
                                     [&](FrameKind kind, std::string payload) {
                                       at_server.push_back((kind == FrameKind::kText ? "text " : "binary ") +
                                                           payload);
                                     },
                                 .on_close = [&](std::uint16_t code) { server_close = code; }});
    (void)accepted->send(FrameKind::kBinary, "hello");
  });
  std::vector<std::string> received;
  auto socket =
      open({.url = url("ws", port, "/rtc?access_token=x"),
            .headers = {{"Authorization", "Bearer x"}},
            .handlers = {.on_message = [&](FrameKind, std::string payload) { received.push_back(payload); },
                         .on_close = {}}});
  ASSERT_TRUE(socket) << socket.error().message;
  EXPECT_TRUE((*socket)->send(FrameKind::kText, "one"));
  EXPECT_TRUE((*socket)->send(FrameKind::kBinary, "two"));
  ASSERT_TRUE(run_until([&] { return at_server.size() == 2 && received.size() == 1; }));
  EXPECT_EQ(authorization, "Bearer x");
  EXPECT_EQ(at_server, (std::vector<std::string>{"text one", "binary two"}));
  EXPECT_EQ(received, std::vector<std::string>{"hello"});
  (*socket)->close(close_code::kNormal);
  EXPECT_TRUE(run_until([&] { return server_close == close_code::kNormal; }));
}

TEST_F(ClientTest, LearnsWhyTheServerCloses) {
  std::unique_ptr<WebSocket> accepted;
  const auto port = serve(
      [&](Request, Responder responder) { accepted = responder.accept({.on_message = {}, .on_close = {}}); });
  std::uint16_t code = 0;
  auto socket =
      open({.url = url("ws", port),
            .handlers = {.on_message = {}, .on_close = [&](std::uint16_t value) { code = value; }}});
  ASSERT_TRUE(socket);
  accepted->close(4001);
  EXPECT_TRUE(run_until([&] { return code == 4001; }));
}

TEST_F(ClientTest, GivesUpASilentWebSocket) {
  // Answers the handshake of RFC 6455 section 1.3 and then nothing more, not even pings.
  std::vector<std::shared_ptr<boost::asio::ip::tcp::socket>> held;
  const RawServer server(front_.context(), [&](const auto& socket) {
    held.push_back(socket);
    auto buffer = std::make_shared<boost::asio::streambuf>();
    boost::asio::async_read_until(
        *socket, *buffer, "\r\n\r\n", [=](boost::system::error_code, std::size_t size) {
          const std::string request(static_cast<const char*>(buffer->data().data()), size);
          static constexpr std::string_view kKey = "Sec-WebSocket-Key: ";
          const std::size_t at = request.find(kKey) + kKey.size();
          const std::string key =
              request.substr(at, request.find("\r\n", at) - at) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
          std::array<unsigned char, 20> digest{};
          EVP_Digest(key.data(), key.size(), digest.data(), nullptr, EVP_sha1(), nullptr);
          std::array<unsigned char, 32> text{};
          const int length = EVP_EncodeBlock(text.data(), digest.data(), digest.size());
          const std::string answer =
              "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: "
              "Upgrade\r\nSec-WebSocket-Accept: " +
              std::string(text.begin(), text.begin() + length) + "\r\n\r\n";
          boost::system::error_code ignored;
          boost::asio::write(*socket, boost::asio::buffer(answer), ignored);
        });
  });
  std::uint16_t code = 0;
  const auto socket =
      open({.url = url("ws", server.port()),
            .limits = {.ping = 20ms, .silence = 80ms},
            .handlers = {.on_message = {}, .on_close = [&](std::uint16_t value) { code = value; }}});
  ASSERT_TRUE(socket) << socket.error().message;
  EXPECT_TRUE(run_until([&] { return code == close_code::kAbnormal; }));
}

TEST_F(ClientTest, ReadsWhyAWebSocketIsRefused) {
  const auto port = serve([](Request, Responder responder) {
    responder.respond(Response::text(401, "invalid API key: devkey"));
  });
  const auto refused = open({.url = url("ws", port, "/rtc?access_token=secret")});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().stage, ClientStage::kHttp);
  ASSERT_TRUE(refused.error().refusal);
  EXPECT_EQ(refused.error().refusal->status, 401);
  EXPECT_EQ(refused.error().refusal->body, "invalid API key: devkey");
  EXPECT_NE(refused.error().message.find("401 Unauthorized"), std::string::npos);
  EXPECT_EQ(refused.error().message.find("secret"), std::string::npos);
}

}  // namespace
}  // namespace ringback::http
