#include "net/stream.h"

#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/write.hpp>

#include "net/asio_address.h"
#include "net/stream_impl.h"

namespace ringback::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

StreamError classify(const error_code& error) {
  if (error == asio::error::eof || error == asio::ssl::error::stream_truncated)
    return StreamError::kClosedByPeer;
  if (error == asio::error::connection_refused) return StreamError::kRefused;
  if (error == asio::error::connection_reset || error == asio::error::broken_pipe ||
      error == asio::error::connection_aborted) {
    return StreamError::kReset;
  }
  if (error == asio::error::host_unreachable || error == asio::error::network_unreachable) {
    return StreamError::kUnreachable;
  }
  if (error == asio::error::timed_out) return StreamError::kConnectTimeout;
  return StreamError::kOther;
}

}  // namespace

std::string_view describe(StreamError error) {
  switch (error) {
    case StreamError::kClosedByPeer:
      return "connection closed by the peer";
    case StreamError::kReset:
      return "connection reset";
    case StreamError::kRefused:
      return "connection refused";
    case StreamError::kUnreachable:
      return "no route to the host";
    case StreamError::kConnectTimeout:
      return "no answer to the connection request";
    case StreamError::kTls:
      return "no TLS";
    case StreamError::kWriteQueueFull:
      return "the peer does not read what is sent";
    case StreamError::kOther:
      return "connection failed";
  }
  return "connection failed";
}

Stream::Impl::Impl(tcp::socket socket, const base::Endpoint& remote, const StreamOptions& options)
    : socket_(std::move(socket)), timer_(socket_.get_executor()), remote_(remote), options_(options) {}

void Stream::Impl::connect(StreamObserver& observer) {
  observer_ = &observer;
  timer_.expires_after(options_.connect_timeout);
  timer_.async_wait([self = shared_from_this()](const error_code& error) {
    if (!error && !self->connected_ && !self->closed_) self->fail(StreamError::kConnectTimeout);
  });
  socket_.async_connect(to_asio(remote_),
                        [self = shared_from_this()](const error_code& error) { self->on_connect(error); });
}

void Stream::Impl::on_connect(const error_code& error) {
  if (closed_) return;
  if (error) return fail(classify(error));
  if (tls_) return shake_hands();
  established();
}

void Stream::Impl::established() {
  timer_.cancel();
  StreamObserver* const observer = observer_;
  start(*observer);
  write_more();
  if (observer_ != nullptr) observer_->on_connected();
}

void Stream::Impl::secure(std::shared_ptr<TlsClient> tls, asio::ssl::context& context,
                          std::string server_name, bool verify) {
  tls_client_ = std::move(tls);
  tls_.emplace(socket_, context);
  server_name_ = std::move(server_name);
  verify_ = verify;
}

void Stream::Impl::shake_hands() {
  if (verify_ && !crypto::expect_tls_server(*tls_->native_handle(), server_name_)) {
    detail_ = "\"" + server_name_ + "\" cannot be the name in a certificate";
    return fail(StreamError::kTls);
  }
  tls_->async_handshake(asio::ssl::stream_base::client,
                        [self = shared_from_this()](const error_code& error) { self->on_handshake(error); });
}

void Stream::Impl::on_handshake(const error_code& error) {
  if (closed_) return;
  if (!error) return established();
  detail_ = verify_ ? crypto::certificate_complaint(*tls_->native_handle(), server_name_) : "";
  if (detail_.empty())
    detail_ = classify(error) == StreamError::kOther
                  ? "no TLS with " + server_name_ + ": " + error.message()
                  : server_name_ + " closed the connection during the TLS handshake; does it speak TLS?";
  fail(StreamError::kTls);
}

void Stream::Impl::start(StreamObserver& observer) {
  observer_ = &observer;
  connected_ = true;
  error_code ignored;
  socket_.set_option(tcp::no_delay(true), ignored);
  socket_.set_option(asio::socket_base::keep_alive(true), ignored);
  read_more();
}

void Stream::Impl::read_more() {
  if (closed_) return;
  const auto buffer = asio::buffer(read_buffer_);
  const auto done = [self = shared_from_this()](const error_code& error, std::size_t size) {
    self->on_read(error, size);
  };
  if (tls_) return tls_->async_read_some(buffer, done);
  socket_.async_read_some(buffer, done);
}

void Stream::Impl::on_read(const error_code& error, std::size_t size) {
  if (closed_) return;
  if (error) return fail(classify(error));
  if (!finishing_) observer_->on_data({read_buffer_.data(), size});
  read_more();
}

bool Stream::Impl::write(std::string bytes) {
  if (closed_ || finishing_) return false;
  if (queued_bytes_ + bytes.size() > options_.write_queue_limit) {
    // Reported from the loop: the owner is in the middle of its own call.
    asio::post(socket_.get_executor(),
               [self = shared_from_this()] { self->fail(StreamError::kWriteQueueFull); });
    return false;
  }
  queued_bytes_ += bytes.size();
  queue_.push_back(std::move(bytes));
  write_more();
  return true;
}

void Stream::Impl::write_more() {
  if (closed_ || writing_ || !connected_) return;
  if (queue_.empty()) {
    if (finishing_) finish_sending();
    return;
  }
  writing_ = true;
  const auto buffer = asio::buffer(queue_.front());
  const auto done = [self = shared_from_this()](const error_code& error, std::size_t) {
    self->on_written(error);
  };
  if (tls_) return asio::async_write(*tls_, buffer, done);
  asio::async_write(socket_, buffer, done);
}

void Stream::Impl::on_written(const error_code& error) {
  if (closed_) return;
  writing_ = false;
  if (error) return fail(classify(error));
  queued_bytes_ -= queue_.front().size();
  queue_.pop_front();
  write_more();
}

void Stream::Impl::close() {
  if (closed_) return;
  closed_ = true;
  observer_ = nullptr;
  error_code ignored;
  timer_.cancel();
  socket_.close(ignored);
}

void Stream::Impl::close_when_written(base::Duration linger) {
  if (closed_) return;
  if (!connected_) return close();
  observer_ = nullptr;
  finishing_ = true;
  timer_.expires_after(linger);
  timer_.async_wait([self = shared_from_this()](const error_code& error) {
    if (!error) self->close();
  });
  write_more();
}

// Only our direction ends; reading goes on until the peer has closed too. Closing with unread bytes would
// make the kernel send a reset, which can destroy what the peer has not read yet.
void Stream::Impl::finish_sending() {
  error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
}

void Stream::Impl::fail(StreamError error) {
  if (closed_) return;
  StreamObserver* const observer = observer_;
  close();
  if (observer != nullptr) observer->on_closed(error);
}

base::Endpoint Stream::Impl::local() const {
  error_code error;
  const auto endpoint = socket_.local_endpoint(error);
  return error ? base::Endpoint{} : from_asio(endpoint);
}

Stream::Stream(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

Stream::~Stream() {
  if (impl_) impl_->close();
}

std::unique_ptr<Stream> Stream::connect(Front& front, const base::Endpoint& to, const StreamOptions& options,
                                        StreamObserver& observer) {
  auto impl = std::make_shared<Impl>(tcp::socket(front.context()), to, options);
  impl->connect(observer);
  return std::unique_ptr<Stream>(new Stream(std::move(impl)));
}

base::ErrorOr<std::shared_ptr<TlsClient>> TlsClient::create(const crypto::TlsClientOptions& options) {
  auto context = crypto::make_tls_client_context(options);
  if (!context) return base::Failure{context.error()};
  // Asio's object owns OpenSSL's from here on.
  auto owned = std::make_unique<Context>(Context{asio::ssl::context(context->release())});
  return std::shared_ptr<TlsClient>(new TlsClient(std::move(owned), options.verify_peer));
}

TlsClient::TlsClient(std::unique_ptr<Context> context, bool verify)
    : context_(std::move(context)), verify_(verify) {}

TlsClient::~TlsClient() = default;

std::unique_ptr<Stream> Stream::connect_tls(Front& front, const base::Endpoint& to,
                                            std::shared_ptr<TlsClient> tls, std::string server_name,
                                            const StreamOptions& options, StreamObserver& observer) {
  auto impl = std::make_shared<Impl>(tcp::socket(front.context()), to, options);
  asio::ssl::context& context = tls->context_->ssl;
  const bool verify = tls->verify_;
  impl->secure(std::move(tls), context, std::move(server_name), verify);
  impl->connect(observer);
  return std::unique_ptr<Stream>(new Stream(std::move(impl)));
}

void Stream::start(StreamObserver& observer) {
  impl_->start(observer);
}

bool Stream::write(std::string bytes) {
  return impl_->write(std::move(bytes));
}

void Stream::close_when_written(std::unique_ptr<Stream> stream, base::Duration linger) {
  const std::shared_ptr<Impl> impl = std::move(stream->impl_);
  impl->close_when_written(linger);
}

bool Stream::connected() const {
  return impl_->connected();
}
base::Endpoint Stream::local() const {
  return impl_->local();
}
const base::Endpoint& Stream::remote() const {
  return impl_->remote();
}
const std::string& Stream::detail() const {
  return impl_->detail();
}
std::size_t Stream::queued_bytes() const {
  return impl_->queued_bytes();
}

}  // namespace ringback::net
