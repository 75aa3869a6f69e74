#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/tcp_stream.hpp>

#include "base/endpoint.h"

/// Names and conversions for the sources of this module; no public header includes it.
namespace ringback::http {

namespace asio = boost::asio;
namespace beast = boost::beast;
using tcp = asio::ip::tcp;
/// Handlers run on the front thread only, so the plain executor does, without a strand.
using Executor = asio::io_context::executor_type;

[[nodiscard]] tcp::endpoint to_asio(const base::Endpoint& endpoint);
[[nodiscard]] base::Endpoint from_asio(const tcp::endpoint& endpoint);

}  // namespace ringback::http
