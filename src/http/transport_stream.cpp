#include "http/transport_stream.h"

namespace ringback::http {

void TransportStream::read_some(const BufferList<asio::mutable_buffer>& buffers, TransferHandler handler) {
  std::visit([&](auto& stream) { stream.async_read_some(buffers, std::move(handler)); }, stream_);
}

void TransportStream::write_some(const BufferList<asio::const_buffer>& buffers, TransferHandler handler) {
  std::visit([&](auto& stream) { stream.async_write_some(buffers, std::move(handler)); }, stream_);
}

}  // namespace ringback::http
