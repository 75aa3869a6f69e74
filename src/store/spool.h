#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "store/write.h"

namespace ringback::store {

/// A file of writes that the database has not taken yet, first in, first out: one line of JSON each, readable
/// by its owner only. It outlives the process; what was taken out before a crash comes again, which perform()
/// allows. Owner: the store's thread. One process at a time (the file is locked).
class Spool {
 public:
  /// Opens or makes the file. What it holds waits to be taken out.
  [[nodiscard]] static base::ErrorOr<Spool> open(const std::string& path);
  /// No file: append() always fails.
  Spool() = default;
  ~Spool();
  Spool(Spool&& other) noexcept;
  Spool& operator=(Spool&& other) noexcept;

  /// Puts the line behind the others and onto the disk. False when the disk or the limit of a gigabyte
  /// refuses; then nothing of it is in the file.
  [[nodiscard]] bool append(const std::string& lines, std::size_t count);
  /// The first writes, at most `most`. Lines that are no writes are dropped and counted.
  [[nodiscard]] std::vector<Write> front(std::size_t most);
  /// Takes out what front() has given; it must be all of it or its beginning.
  void pop(std::size_t count);

  [[nodiscard]] std::size_t size() const { return pending_; }
  [[nodiscard]] bool empty() const { return pending_ == 0; }
  /// Lines that could not be read: torn by a power cut, or edited.
  [[nodiscard]] std::uint64_t unreadable() const { return unreadable_; }

 private:
  explicit Spool(int fd) : fd_(fd) {}
  void count_lines();
  /// The line at the offset without its end; false at the end of the file.
  bool read_line(std::uint64_t offset, std::string& line) const;
  void reset_when_empty();

  int fd_ = -1;
  std::uint64_t read_at_ = 0;   ///< of the first line that waits
  std::uint64_t write_at_ = 0;  ///< the file's size
  std::size_t pending_ = 0;
  std::uint64_t unreadable_ = 0;
  std::vector<std::uint64_t> front_ends_;  ///< where each line that front() gave ends
};

}  // namespace ringback::store
