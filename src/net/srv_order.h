#pragma once

#include <random>
#include <vector>

#include "net/dns_client.h"

namespace ringback::net {

/// The order in which to try SRV records: by priority, and within one priority drawn by weight (RFC 2782,
/// "Usage rules"), so that the load of many clients spreads as the records' owner wants.
[[nodiscard]] std::vector<SrvRecord> order_srv(std::vector<SrvRecord> records, std::mt19937& random);

}  // namespace ringback::net
