// modules: app
//
// The two forms in which settings come from files.

#include <string>

#include "app/setting.h"
#include "input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ringback;
  const auto text = fuzz::as_text(data, size);
  (void)app::parse_dot_env(text);
  (void)app::parse_yaml_settings(std::string(text));
  return 0;
}
