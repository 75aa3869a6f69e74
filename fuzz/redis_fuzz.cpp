// modules: bus
//
// The replies of a Redis, and REDIS_URL.

#include "bus/redis_settings.h"
#include "bus/resp.h"
#include "input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ringback;
  bus::RespReader whole;
  whole.feed({data, size});
  std::size_t count = 0;
  while (whole.next()) ++count;
  // The same bytes one by one must read the same.
  bus::RespReader pieces;
  std::size_t again = 0;
  if (size < 4096) {
    for (std::size_t i = 0; i < size; ++i) {
      pieces.feed({data + i, 1});
      while (pieces.next()) ++again;
    }
    fuzz::promise(count == again && whole.broken() == pieces.broken());
  }
  const auto settings = bus::parse_redis_url(fuzz::as_text(data, size));
  fuzz::promise(settings ? !settings->addresses.empty() : !settings.error().message.empty());
  return 0;
}
