#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// Protobuf's wire format, one field after the other, without knowing the message. For the data packets that
/// a server passes on without decoding them. Private to the module's sources.
namespace ringback::livekit {

/// One field as it lies in the buffer.
struct WireField {
  enum class Type : std::uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kGroup = 3, kFixed32 = 5 };
  std::uint32_t number = 0;
  Type type = Type::kVarint;
  std::uint64_t varint = 0;  ///< of kVarint
  std::string_view bytes;    ///< of kBytes
  std::string_view raw;      ///< tag, length and content
};

class WireReader {
 public:
  explicit WireReader(std::string_view buffer) : rest_(buffer) {}

  /// The next field; nullopt at the end and at the first malformed byte.
  std::optional<WireField> next();
  /// After the end: whether the whole buffer was well formed.
  [[nodiscard]] bool complete() const { return !malformed_ && rest_.empty(); }

 private:
  std::optional<std::uint64_t> varint();

  std::string_view rest_;
  bool malformed_ = false;
};

void append_varint(std::string& out, std::uint64_t value);
void append_varint_field(std::string& out, std::uint32_t number, std::uint64_t value);
void append_bytes_field(std::string& out, std::uint32_t number, std::string_view bytes);

}  // namespace ringback::livekit
