#pragma once

#include <cstdio>
#include <cstdlib>

namespace ringback::crypto {

/// Ends the process when an OpenSSL primitive that cannot fail on valid arguments did fail (no memory,
/// provider not loaded): going on without encryption or randomness would be worse. Only for sources inside
/// this folder.
inline void check_openssl(bool ok, const char* what) {
  if (ok) return;
  std::fprintf(stderr, "ringback: OpenSSL failed: %s\n", what);
  std::abort();
}

}  // namespace ringback::crypto
