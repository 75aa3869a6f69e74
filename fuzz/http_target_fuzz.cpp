// modules: http
//
// Request targets: a path that is accepted is absolute and cannot climb out of a folder.

#include "http/message.h"
#include "input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ringback;
  const auto target = http::parse_target(fuzz::as_text(data, size));
  if (!target) return 0;
  fuzz::promise(target->path == "*" || target->path.starts_with('/'));
  fuzz::promise(target->path.find("//") == std::string::npos);
  fuzz::promise(target->path.find("/../") == std::string::npos && !target->path.ends_with("/.."));
  return 0;
}
