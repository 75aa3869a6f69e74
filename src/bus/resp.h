#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ringback::bus {

/// A reply of Redis, or a message that it pushes (RESP2).
struct RespValue {
  enum class Kind : std::uint8_t { kText, kError, kInteger, kNull, kArray };
  Kind kind = Kind::kNull;
  std::string text;          ///< kText, kError
  std::int64_t integer = 0;  ///< kInteger
  std::vector<RespValue> items;

  [[nodiscard]] bool is_error() const { return kind == Kind::kError; }
  /// The text of the item, "" when there is none.
  [[nodiscard]] std::string_view text_at(std::size_t index) const {
    return index < items.size() && items[index].kind == Kind::kText ? std::string_view(items[index].text)
                                                                    : std::string_view();
  }
};

/// Cuts a stream of bytes into replies. A few limits stand against a peer that is no Redis.
class RespReader {
 public:
  static constexpr std::size_t kMaxLine = 64 * 1024;
  static constexpr std::size_t kMaxText = 16 * 1024 * 1024;
  static constexpr std::size_t kMaxItems = 64 * 1024;
  static constexpr unsigned kMaxDepth = 8;

  void feed(std::span<const std::uint8_t> bytes);
  /// The next whole reply; nullopt: more bytes are needed, or broken().
  [[nodiscard]] std::optional<RespValue> next();
  /// The bytes are not RESP; nothing more can be read.
  [[nodiscard]] bool broken() const { return broken_; }

 private:
  enum class Step : std::uint8_t { kDone, kMore, kBroken };
  Step read(std::size_t& at, unsigned depth, RespValue& into);
  Step read_line(std::size_t& at, std::string_view& line) const;

  std::string buffer_;
  std::size_t begin_ = 0;  ///< of what has not been read
  std::size_t items_left_ = 0;
  bool broken_ = false;
};

/// A command as Redis reads it: an array of bulk strings.
[[nodiscard]] std::string encode_command(std::span<const std::string> words);

}  // namespace ringback::bus
