#include "sip_transport/connection.h"

#include <algorithm>
#include <utility>

namespace ringback::sip_transport {

void Connection::connect(net::Front& front, const base::Endpoint& to, const net::StreamOptions& options) {
  stream_ = net::Stream::connect(front, to, options, *this);
}

void Connection::accept(std::unique_ptr<net::Stream> stream) {
  stream_ = std::move(stream);
  stream_->start(*this);
}

bool Connection::send(std::string bytes) {
  last_used_ = observer_.now();
  return stream_->write(std::move(bytes));
}

void Connection::finish() {
  net::Stream::close_when_written(std::move(stream_));
}

void Connection::note_use(std::size_t worker, Via via) {
  auto use =
      std::find_if(uses_.begin(), uses_.end(), [&](const Use& known) { return known.worker == worker; });
  if (use == uses_.end()) use = uses_.insert(uses_.end(), Use{worker, false, false});
  (via == Via::kFlow ? use->by_flow : use->by_endpoint) = true;
}

void Connection::on_data(std::span<const std::uint8_t> bytes) {
  framer_.append({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  while (const auto message = framer_.next()) {
    has_received_ = true;
    last_used_ = observer_.now();
    observer_.on_message(*this, *message);
  }
  if (framer_.broken()) return observer_.on_connection_closed(*this, "the peer does not speak SIP", true);
  // One pong answers any number of pings that came at once: it says that the flow works (RFC 5626 3.5.1).
  if (framer_.take_pings() > 0) send("\r\n");
}

void Connection::on_closed(net::StreamError error) {
  observer_.on_connection_closed(*this, net::describe(error), false);
}

}  // namespace ringback::sip_transport
