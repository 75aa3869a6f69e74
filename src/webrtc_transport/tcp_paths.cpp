#include "webrtc_transport/tcp_paths.h"

#include <algorithm>

#include "base/log.h"
#include "rtp/packet.h"

namespace ringback::webrtc_transport {

void TcpPaths::send(std::span<const std::uint8_t> datagram, const base::Endpoint& to) {
  auto found = std::ranges::find(connections_, to, [](const auto& connection) { return connection->to(); });
  if (found == connections_.end()) {
    if (connections_.size() == kMaxConnections) return;
    connections_.push_back(std::make_unique<Connection>(*this, to));
    found = connections_.end() - 1;
  }
  (*found)->send(datagram);
}

void TcpPaths::Connection::send(std::span<const std::uint8_t> datagram) {
  if (!stream_) {
    // The server tells by the first packet, a check, whose connection it is.
    if (rtp::classify(datagram) != rtp::PacketKind::kStun) return;
    packets_ = webrtc::StreamPackets(webrtc::StreamFraming::kLengthPrefixed);
    stream_ =
        std::make_unique<net::WorkerStream>(owner_.front_, owner_.worker_, to_, net::WorkerStream::Options{},
                                            static_cast<net::WorkerStreamObserver&>(*this));
  }
  stream_->write(webrtc::framed(webrtc::StreamFraming::kLengthPrefixed, datagram));
}

void TcpPaths::Connection::on_stream_data(std::span<const std::uint8_t> bytes) {
  packets_.append(bytes);
  while (const auto packet = packets_.next()) {
    owner_.receiver_.on_path_datagram(*packet, {to_, webrtc::IcePath::kTcp});
  }
  if (packets_.broken()) on_stream_closed("what comes is not framed as media");
}

void TcpPaths::Connection::on_stream_closed(std::string_view reason) {
  base::log(base::LogLevel::kDebug, "media", {}, "TCP to {} ended: {}", to_.to_string(), reason);
  stream_.reset();
}

}  // namespace ringback::webrtc_transport
