#include "store/spool.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>

namespace ringback::store {
namespace {

constexpr std::uint64_t kLargestFile = 1ULL << 30;
constexpr std::size_t kBlock = 64 * 1024;

}  // namespace

base::ErrorOr<Spool> Spool::open(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return base::fail(fmt::format("cannot open {}: {}", path, std::strerror(errno)));
  Spool spool(fd);
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    return base::fail(fmt::format("{} is in use: another ringback runs with this DATA_DIR", path));
  }
  struct stat status {};
  if (::fstat(fd, &status) != 0)
    return base::fail(fmt::format("cannot read {}: {}", path, std::strerror(errno)));
  spool.write_at_ = static_cast<std::uint64_t>(status.st_size);
  spool.count_lines();
  return spool;
}

Spool::~Spool() {
  if (fd_ >= 0) ::close(fd_);
}

Spool::Spool(Spool&& other) noexcept {
  *this = std::move(other);
}

Spool& Spool::operator=(Spool&& other) noexcept {
  std::swap(fd_, other.fd_);
  read_at_ = other.read_at_;
  write_at_ = other.write_at_;
  pending_ = other.pending_;
  unreadable_ = other.unreadable_;
  front_ends_ = std::move(other.front_ends_);
  return *this;
}

bool Spool::read_line(std::uint64_t offset, std::string& line) const {
  line.clear();
  char block[kBlock];
  for (;;) {
    const ssize_t got = ::pread(fd_, block, sizeof block, static_cast<off_t>(offset + line.size()));
    if (got <= 0) return false;  // a line without its end was torn
    const auto* const end = static_cast<const char*>(std::memchr(block, '\n', static_cast<std::size_t>(got)));
    line.append(block,
                end == nullptr ? static_cast<std::size_t>(got) : static_cast<std::size_t>(end - block));
    if (end != nullptr) return true;
  }
}

void Spool::count_lines() {
  std::uint64_t offset = 0;
  for (std::string line; read_line(offset, line); offset += line.size() + 1) ++pending_;
  if (offset == write_at_) return;
  // A power cut came in the middle of a line: without its end the next one would be lost with it.
  ++unreadable_;
  if (::ftruncate(fd_, static_cast<off_t>(offset)) == 0) write_at_ = offset;
}

bool Spool::append(const std::string& lines, std::size_t count) {
  if (fd_ < 0 || write_at_ + lines.size() > kLargestFile) return false;
  std::size_t written = 0;
  while (written < lines.size()) {
    const ssize_t put = ::pwrite(fd_, lines.data() + written, lines.size() - written,
                                 static_cast<off_t>(write_at_ + written));
    if (put <= 0) break;
    written += static_cast<std::size_t>(put);
  }
  if (written < lines.size() || ::fdatasync(fd_) != 0) {
    // What is half there must not stay; should even this fail, the next append() overwrites it.
    [[maybe_unused]] const int ignored = ::ftruncate(fd_, static_cast<off_t>(write_at_));
    return false;
  }
  write_at_ += lines.size();
  pending_ += count;
  return true;
}

std::vector<Write> Spool::front(std::size_t most) {
  std::vector<Write> writes;
  front_ends_.clear();
  std::uint64_t offset = read_at_;
  std::string line;
  while (writes.size() < most && offset < write_at_ && read_line(offset, line)) {
    offset += line.size() + 1;
    if (auto write = decode_write(line)) {
      writes.push_back(std::move(*write));
      front_ends_.push_back(offset);
      continue;
    }
    ++unreadable_;
    --pending_;
    if (writes.empty())
      read_at_ = offset;
    else
      front_ends_.back() = offset;
  }
  reset_when_empty();
  return writes;
}

void Spool::pop(std::size_t count) {
  count = std::min(count, front_ends_.size());
  if (count == 0) return;
  read_at_ = front_ends_[count - 1];
  front_ends_.erase(front_ends_.begin(), front_ends_.begin() + static_cast<std::ptrdiff_t>(count));
  pending_ -= count;
  reset_when_empty();
}

void Spool::reset_when_empty() {
  if (pending_ != 0 || write_at_ == 0 || ::ftruncate(fd_, 0) != 0) return;
  read_at_ = 0;
  write_at_ = 0;
}

}  // namespace ringback::store
