#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace ringback::rtp {

/// Which of the newest `kSize` packet indexes were seen (RFC 3711 section 3.3.2). A check does not change it:
/// only an authenticated packet may.
class ReplayWindow {
 public:
  /// RFC 3711 asks for at least 64. Video retransmissions come a few hundred packets late.
  static constexpr std::uint64_t kSize = 512;

  enum class Verdict : std::uint8_t { kFresh, kSeen, kTooOld };

  [[nodiscard]] Verdict check(std::uint64_t index) const {
    if (empty_ || index > newest_) return Verdict::kFresh;
    if (newest_ - index >= kSize) return Verdict::kTooOld;
    return bit(index) ? Verdict::kSeen : Verdict::kFresh;
  }

  void accept(std::uint64_t index) {
    if (empty_ || (index > newest_ && index - newest_ >= kSize)) {
      words_.fill(0);
      newest_ = index;
      empty_ = false;
    }
    while (newest_ < index) clear(++newest_);
    set(index);
  }

  [[nodiscard]] bool empty() const { return empty_; }
  [[nodiscard]] std::uint64_t newest() const { return newest_; }

 private:
  static constexpr std::uint64_t mask(std::uint64_t index) { return std::uint64_t{1} << (index % 64); }
  static constexpr std::size_t word(std::uint64_t index) { return index % kSize / 64; }
  [[nodiscard]] bool bit(std::uint64_t index) const { return (words_[word(index)] & mask(index)) != 0; }
  void set(std::uint64_t index) { words_[word(index)] |= mask(index); }
  void clear(std::uint64_t index) { words_[word(index)] &= ~mask(index); }

  std::array<std::uint64_t, kSize / 64> words_{};
  std::uint64_t newest_ = 0;
  bool empty_ = true;
};

}  // namespace ringback::rtp
