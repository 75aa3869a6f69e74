#include "livekit/wire_reader.h"

namespace ringback::livekit {

std::optional<std::uint64_t> WireReader::varint() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
    const auto byte = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) return value;
  }
  malformed_ = true;
  return std::nullopt;
}

std::optional<WireField> WireReader::next() {
  if (malformed_ || rest_.empty()) return std::nullopt;
  const std::string_view start = rest_;
  const auto tag = varint();
  if (!tag) return std::nullopt;
  WireField field;
  field.number = static_cast<std::uint32_t>(*tag >> 3);
  if (*tag >> 32 != 0 || field.number == 0) {
    malformed_ = true;
    return std::nullopt;
  }
  field.type = static_cast<WireField::Type>(*tag & 7);

  std::uint64_t length = 0;
  switch (field.type) {
    case WireField::Type::kVarint: {
      const auto value = varint();
      if (!value) return std::nullopt;
      field.varint = *value;
      break;
    }
    case WireField::Type::kFixed64:
      length = 8;
      break;
    case WireField::Type::kFixed32:
      length = 4;
      break;
    case WireField::Type::kBytes: {
      const auto size = varint();
      if (!size) return std::nullopt;
      length = *size;
      break;
    }
    case WireField::Type::kGroup:  // proto3 has no groups
    default:
      malformed_ = true;
      return std::nullopt;
  }
  if (length > rest_.size()) {
    malformed_ = true;
    return std::nullopt;
  }
  field.bytes = rest_.substr(0, length);
  rest_.remove_prefix(length);
  field.raw = start.substr(0, start.size() - rest_.size());
  return field;
}

void append_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}

void append_varint_field(std::string& out, std::uint32_t number, std::uint64_t value) {
  append_varint(out, static_cast<std::uint64_t>(number) << 3);
  append_varint(out, value);
}

void append_bytes_field(std::string& out, std::uint32_t number, std::string_view bytes) {
  append_varint(out, static_cast<std::uint64_t>(number) << 3 | 2);
  append_varint(out, bytes.size());
  out += bytes;
}

}  // namespace ringback::livekit
