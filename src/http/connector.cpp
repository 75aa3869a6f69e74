#include "http/connector.h"

#include <boost/asio/post.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

#include "crypto/base64.h"
#include "crypto/tls_client.h"

namespace ringback::http {
namespace {

/// Addresses of one host that are tried; more would only let the user wait longer for the same news.
constexpr std::size_t kMaxAddresses = 6;

std::string describe_connect_failure(const beast::error_code& error) {
  if (error == asio::error::connection_refused) return "nothing listens there (connection refused)";
  if (error == asio::error::host_unreachable || error == asio::error::network_unreachable)
    return "there is no route to it";
  return error.message();
}

bool is_end(const beast::error_code& error) {
  return error == asio::error::eof || error == asio::error::connection_reset ||
         error == asio::ssl::error::stream_truncated || error == asio::error::broken_pipe;
}

}  // namespace

std::string limit_text(base::Duration limit) {
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(limit).count();
  return milliseconds % 1000 == 0 ? std::to_string(milliseconds / 1000) + " s"
                                  : std::to_string(milliseconds) + " ms";
}

Connector::Connector(std::shared_ptr<ClientContext> context, base::ErrorOr<Url> url, bool tunnel,
                     const ClientTimeouts& timeouts)
    : context_(std::move(context)),
      given_url_(std::move(url)),
      url_(given_url_ ? *given_url_ : Url{}),
      proxy_(context_->proxies.proxy_for(url_)),
      tunnel_(tunnel || url_.secure),
      timeouts_(timeouts),
      timer_(context_->io) {}

void Connector::start(Callback callback) {
  callback_ = std::move(callback);
  asio::post(context_->io, [self = shared_from_this()] {
    if (self->callback_) self->resolve();
  });
}

void Connector::cancel() {
  callback_ = nullptr;
  timer_.cancel();
  if (stream_) stream_->close();
}

void Connector::limit(base::Duration time, std::function<void()> when_late) {
  late_ = false;
  timer_.expires_after(time);
  timer_.async_wait([weak = weak_from_this(), when_late = std::move(when_late)](beast::error_code error) {
    const auto self = weak.lock();
    if (error || !self || !self->callback_) return;
    self->late_ = true;
    when_late();
  });
}

void Connector::fail(ClientStage stage, std::string message) {
  timer_.cancel();
  if (stream_) stream_->close();
  if (const Callback callback = std::exchange(callback_, nullptr))
    callback(base::Failure{ClientError{stage, late_, std::move(message)}});
}

void Connector::finish() {
  timer_.cancel();
  if (const Callback callback = std::exchange(callback_, nullptr)) {
    const bool absolute = proxy_ && !tunnel_;
    callback(Connection{std::move(*stream_), absolute ? proxy_ : std::nullopt});
  }
}

void Connector::resolve() {
  if (!given_url_) return fail(ClientStage::kUrl, given_url_.error().message);
  if (proxy_ && proxy_->secure)
    return fail(ClientStage::kConnect, "the proxy " + proxy_->origin() +
                                           " is to be reached by https, which ringback does not speak "
                                           "with proxies: set an http:// URL");
  limit(timeouts_.resolve, [this] {
    fail(ClientStage::kResolve, "no name server gives an answer for " + first_hop().host + " within " +
                                    limit_text(timeouts_.resolve));
  });
  context_->resolver.resolve_addresses(first_hop().host,
                                       [self = shared_from_this()](net::Resolver::Addresses found) {
                                         if (!self->callback_) return;
                                         if (!found)
                                           return self->fail(ClientStage::kResolve, found.error().message);
                                         self->addresses_ = *std::move(found);
                                         if (self->addresses_.size() > kMaxAddresses)
                                           self->addresses_.resize(kMaxAddresses);
                                         self->connect(0);
                                       });
}

void Connector::connect(std::size_t index) {
  const base::Endpoint endpoint{addresses_[index], first_hop().port};
  stream_.emplace(beast::tcp_stream(context_->io.get_executor()));
  limit(timeouts_.connect, [this] { stream_->close(); });
  stream_->tcp().async_connect(
      to_asio(endpoint), [self = shared_from_this(), index, endpoint](beast::error_code error) {
        if (!self->callback_) return;
        if (!error) return self->connected();
        if (index + 1 < self->addresses_.size()) return self->connect(index + 1);
        const std::string reason = self->late_
                                       ? "it does not answer within " + limit_text(self->timeouts_.connect)
                                       : describe_connect_failure(error);
        self->fail(ClientStage::kConnect,
                   "no connection to " + std::string(self->proxy_ ? "the proxy " : "") +
                       self->first_hop().host + " (" + endpoint.to_string() + "): " + reason);
      });
}

void Connector::connected() {
  beast::error_code ignored;
  stream_->tcp().socket().set_option(tcp::no_delay(true), ignored);
  if (proxy_ && tunnel_) return ask_proxy();
  if (url_.secure) return start_tls();
  finish();
}

// RFC 9110 section 9.3.6.
void Connector::ask_proxy() {
  limit(timeouts_.connect, [this] { stream_->close(); });
  const std::string name = url_.host.find(':') == std::string::npos ? url_.host : "[" + url_.host + "]";
  const std::string target = name + ":" + std::to_string(url_.port);
  proxy_request_ = {beast::http::verb::connect, target, 11};
  proxy_request_.set(beast::http::field::host, target);
  if (!proxy_->user_info.empty())
    proxy_request_.set(beast::http::field::proxy_authorization,
                       "Basic " + crypto::base64_encode(proxy_->user_info));
  beast::http::async_write(
      *stream_, proxy_request_, [self = shared_from_this()](beast::error_code error, std::size_t) {
        if (!self->callback_) return;
        if (!error) return self->read_proxy_answer();
        self->fail(ClientStage::kConnect,
                   "the proxy " + self->proxy_->origin() + " gives no answer: " + error.message());
      });
}

void Connector::read_proxy_answer() {
  proxy_answer_.emplace();
  // An answer to CONNECT has no body, whatever its header says: what follows belongs to the server.
  proxy_answer_->skip(true);
  beast::http::async_read_header(
      *stream_, proxy_buffer_, *proxy_answer_,
      [self = shared_from_this()](beast::error_code error, std::size_t) {
        if (!self->callback_) return;
        const std::string proxy = "the proxy " + self->proxy_->origin();
        if (error) {
          const std::string reason =
              self->late_ ? " within " + limit_text(self->timeouts_.connect) : ": " + error.message();
          return self->fail(ClientStage::kConnect, proxy + " gives no answer" + reason);
        }
        const auto& answer = self->proxy_answer_->get();
        if (answer.result_int() / 100 != 2)
          return self->fail(ClientStage::kConnect,
                            proxy + " does not let us through to " + self->url_.authority() + ": " +
                                std::to_string(answer.result_int()) + " " + std::string(answer.reason()));
        if (self->proxy_buffer_.size() != 0)
          return self->fail(ClientStage::kConnect, proxy + " sends more than the answer to CONNECT");
        if (self->url_.secure) return self->start_tls();
        self->finish();
      });
}

void Connector::start_tls() {
  stream_->secure(context_->tls);
  if (!crypto::expect_tls_server(stream_->tls(), url_.host))
    return fail(ClientStage::kTls, "\"" + url_.host + "\" cannot be the name in a certificate");
  limit(timeouts_.tls, [this] { stream_->close(); });
  stream_->async_tls_handshake(
      [self = shared_from_this()](beast::error_code error) { self->after_tls(error); });
}

void Connector::after_tls(beast::error_code error) {
  if (!callback_) return;
  if (!error) return finish();
  const std::string server = url_.host + ":" + std::to_string(url_.port);
  if (late_)
    return fail(ClientStage::kTls,
                server + " does not answer the TLS handshake within " + limit_text(timeouts_.tls));
  if (const std::string complaint = crypto::certificate_complaint(stream_->tls(), url_.host);
      !complaint.empty())
    return fail(ClientStage::kTls, complaint);
  if (is_end(error))
    return fail(ClientStage::kTls,
                server + " closed the connection during the TLS handshake; does it speak TLS?");
  fail(ClientStage::kTls, "no TLS with " + server + ": " + error.message());
}

}  // namespace ringback::http
