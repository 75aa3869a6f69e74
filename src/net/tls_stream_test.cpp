#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <optional>

#include <gtest/gtest.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include "crypto/certificate_fixture.h"
#include "net/front.h"
#include "net/stream.h"

namespace ringback::net {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using crypto::TestCertificate;

/// Sends back what it reads, by TLS, on the loop of the test.
class EchoServer {
 public:
  EchoServer(asio::io_context& io, const TestCertificate& certificate)
      : acceptor_(io, {asio::ip::address_v4::loopback(), 0}) {
    SSL_CTX_use_certificate(context_.native_handle(), certificate.x509());
    SSL_CTX_use_PrivateKey(context_.native_handle(), certificate.key());
    acceptor_.async_accept([this](boost::system::error_code error, asio::ip::tcp::socket socket) {
      if (error) return;
      stream_.emplace(std::move(socket), context_);
      stream_->async_handshake(asio::ssl::stream_base::server, [this](boost::system::error_code failed) {
        if (!failed) read();
      });
    });
  }
  [[nodiscard]] base::Endpoint endpoint() const {
    return {base::IpAddress::v4({127, 0, 0, 1}), acceptor_.local_endpoint().port()};
  }
  void hang_up() { stream_->next_layer().close(); }

 private:
  void read() {
    stream_->async_read_some(asio::buffer(buffer_),
                             [this](boost::system::error_code error, std::size_t size) {
                               if (error) return;
                               asio::async_write(*stream_, asio::buffer(buffer_, size),
                                                 [this](boost::system::error_code failed, std::size_t) {
                                                   if (!failed) read();
                                                 });
                             });
  }
  asio::ssl::context context_{asio::ssl::context::tls_server};
  asio::ip::tcp::acceptor acceptor_;
  std::optional<asio::ssl::stream<asio::ip::tcp::socket>> stream_;
  std::array<char, 4096> buffer_;
};

class TlsStreamTest : public testing::Test, public StreamObserver {
 protected:
  TlsStreamTest() { authority_.write_pem(ca_file_); }
  ~TlsStreamTest() override { std::filesystem::remove(ca_file_); }

  void on_connected() override { connected_ = true; }
  void on_data(std::span<const std::uint8_t> bytes) override { data_.append(bytes.begin(), bytes.end()); }
  void on_closed(StreamError error) override {
    error_ = error;
    detail_ = stream_->detail();
  }
  void connect(const EchoServer& server, const std::string& name, bool verify = true) {
    connect(server.endpoint(), name, verify);
  }
  void connect(const base::Endpoint& to, const std::string& name, bool verify = true) {
    auto tls = TlsClient::create(
        {.ca_file = ca_file_, .certificate_file = {}, .key_file = {}, .alpn = {}, .verify_peer = verify});
    ASSERT_TRUE(tls.ok());
    stream_ = Stream::connect_tls(front_, to, *tls, name, {}, *this);
  }
  template <class Condition>
  void run_until(Condition done) {
    for (int i = 0; i < 500 && !done(); ++i) front_.run_once(10ms);
    EXPECT_TRUE(done());
  }

  Front front_;
  const std::string ca_file_ =
      (std::filesystem::temp_directory_path() / ("tls_stream_" + std::to_string(::getpid()) + ".pem"))
          .string();
  const TestCertificate authority_{{.name = {}, .subject = "authority", .authority = true}};
  const TestCertificate leaf_{{.name = "DNS:redis.example.com", .subject = "leaf", .issuer = &authority_}};
  std::unique_ptr<Stream> stream_;
  bool connected_ = false;
  std::string data_;
  std::optional<StreamError> error_;
  std::string detail_;
};

TEST_F(TlsStreamTest, CarriesBytesBothWays) {
  EchoServer server(front_.context(), leaf_);
  connect(server, "redis.example.com");
  const std::string first(100'000, 'x');
  stream_->write(first);  // waits for the handshake
  stream_->write("end");
  run_until([&] { return data_.size() == first.size() + 3; });
  EXPECT_TRUE(connected_);
  EXPECT_EQ(data_, first + "end");
  server.hang_up();
  run_until([&] { return error_.has_value(); });
  EXPECT_EQ(error_, StreamError::kClosedByPeer);
}

TEST_F(TlsStreamTest, AnotherNameIsNotTrusted) {
  EchoServer server(front_.context(), leaf_);
  connect(server, "other.example.com");
  run_until([&] { return error_.has_value(); });
  EXPECT_EQ(error_, StreamError::kTls);
  EXPECT_EQ(detail_, "the certificate of other.example.com is for another name");
  EXPECT_FALSE(connected_);
}

TEST_F(TlsStreamTest, AnybodyIsTrustedWhenAsked) {
  const TestCertificate stranger({.name = "DNS:elsewhere", .subject = "stranger"});
  EchoServer server(front_.context(), stranger);
  connect(server, "redis.example.com", false);
  run_until([&] { return connected_; });
}

TEST_F(TlsStreamTest, AStrangerIsNotTrusted) {
  const TestCertificate stranger({.name = "DNS:redis.example.com", .subject = "stranger"});
  EchoServer server(front_.context(), stranger);
  connect(server, "redis.example.com");
  run_until([&] { return error_.has_value(); });
  EXPECT_EQ(error_, StreamError::kTls);
  EXPECT_NE(detail_.find("signed by itself"), std::string::npos) << detail_;
}

TEST_F(TlsStreamTest, MayBeDestroyedInTheMiddleOfTheHandshake) {
  // Accepts connections (the kernel does) and says nothing.
  asio::ip::tcp::acceptor silent(front_.context(), {asio::ip::address_v4::loopback(), 0});
  connect(base::Endpoint{base::IpAddress::v4({127, 0, 0, 1}), silent.local_endpoint().port()},
          "redis.example.com");
  for (int i = 0; i < 20; ++i) front_.run_once(1ms);
  stream_.reset();
  for (int i = 0; i < 20; ++i) front_.run_once(1ms);
  EXPECT_FALSE(connected_);
  EXPECT_FALSE(error_.has_value());
}

TEST_F(TlsStreamTest, ASilentServerIsGivenUp) {
  asio::ip::tcp::acceptor silent(front_.context(), {asio::ip::address_v4::loopback(), 0});
  auto tls = TlsClient::create({.ca_file = ca_file_, .certificate_file = {}, .key_file = {}, .alpn = {}});
  ASSERT_TRUE(tls.ok());
  StreamOptions options;
  options.connect_timeout = 50ms;
  stream_ = Stream::connect_tls(front_, {base::IpAddress::v4({127, 0, 0, 1}), silent.local_endpoint().port()},
                                *tls, "redis.example.com", options, *this);
  run_until([&] { return error_.has_value(); });
  EXPECT_EQ(error_, StreamError::kConnectTimeout);
}

TEST(TlsClient, FilesThatCannotBeUsedAreNamed) {
  const auto bad =
      TlsClient::create({.ca_file = "/no/such/ca.pem", .certificate_file = {}, .key_file = {}, .alpn = {}});
  ASSERT_FALSE(bad.ok());
  EXPECT_NE(bad.error().message.find("/no/such/ca.pem"), std::string::npos);
  EXPECT_FALSE(
      TlsClient::create({.ca_file = {}, .certificate_file = "/no/cert", .key_file = "/no/key", .alpn = {}})
          .ok());
}

}  // namespace
}  // namespace ringback::net
