#pragma once

#include <string>
#include <string_view>

#include "base/endpoint.h"
#include "base/error.h"

namespace ringback::bench {

struct HttpAnswer {
  int status = 0;
  std::string body;
};

/// One blocking HTTP/1.1 request on a connection of its own; for the driver, which measures the server and
/// not itself. `bearer` may be empty. Gives up after ten seconds without progress.
[[nodiscard]] base::ErrorOr<HttpAnswer> http_request(const base::Endpoint& server, std::string_view method,
                                                     std::string_view path, std::string_view json,
                                                     std::string_view bearer);

}  // namespace ringback::bench
