#include "net/file_descriptor.h"

#include <unistd.h>

namespace ringback::net {

void FileDescriptor::reset(int fd) {
  const int old = std::exchange(fd_, fd);
  if (old >= 0) close(old);
}

}  // namespace ringback::net
