#include "bus/resp.h"

#include <charconv>

namespace ringback::bus {
namespace {

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (text.empty() || error != std::errc() || stop != end) return std::nullopt;
  return value;
}

}  // namespace

void RespReader::feed(std::span<const std::uint8_t> bytes) {
  if (begin_ > 0 && begin_ >= buffer_.size() / 2) {
    buffer_.erase(0, begin_);
    begin_ = 0;
  }
  buffer_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

std::optional<RespValue> RespReader::next() {
  if (broken_ || begin_ == buffer_.size()) return std::nullopt;
  RespValue value;
  std::size_t at = begin_;
  items_left_ = kMaxItems;
  switch (read(at, 0, value)) {
    case Step::kDone:
      begin_ = at;
      return value;
    case Step::kMore:
      return std::nullopt;
    case Step::kBroken:
      broken_ = true;
      buffer_.clear();
      begin_ = 0;
      return std::nullopt;
  }
  return std::nullopt;
}

RespReader::Step RespReader::read_line(std::size_t& at, std::string_view& line) const {
  const auto end = buffer_.find("\r\n", at);
  if (end == std::string::npos) return buffer_.size() - at > kMaxLine ? Step::kBroken : Step::kMore;
  if (end - at > kMaxLine) return Step::kBroken;
  line = std::string_view(buffer_).substr(at, end - at);
  at = end + 2;
  return Step::kDone;
}

RespReader::Step RespReader::read(std::size_t& at, unsigned depth, RespValue& into) {
  using Kind = RespValue::Kind;
  std::string_view line;
  if (const Step step = read_line(at, line); step != Step::kDone) return step;
  if (line.empty()) return Step::kBroken;
  const char type = line.front();
  line.remove_prefix(1);
  if (type == '+' || type == '-') {
    into.kind = type == '+' ? Kind::kText : Kind::kError;
    into.text = line;
    return Step::kDone;
  }
  const auto count = number(line);
  if (!count) return Step::kBroken;
  if (type == ':') {
    into.kind = Kind::kInteger;
    into.integer = *count;
    return Step::kDone;
  }
  if (type != '$' && type != '*') return Step::kBroken;
  if (*count == -1) {
    into.kind = Kind::kNull;
    return Step::kDone;
  }
  if (*count < 0) return Step::kBroken;
  const auto size = static_cast<std::size_t>(*count);
  if (type == '$') {
    if (size > kMaxText) return Step::kBroken;
    if (buffer_.size() - at < size + 2) return Step::kMore;
    if (buffer_.compare(at + size, 2, "\r\n") != 0) return Step::kBroken;
    into.kind = Kind::kText;
    into.text = buffer_.substr(at, size);
    at += size + 2;
    return Step::kDone;
  }
  if (size > items_left_ || depth + 1 >= kMaxDepth) return Step::kBroken;
  items_left_ -= size;
  into.kind = Kind::kArray;
  for (std::size_t i = 0; i < size; ++i) {
    if (const Step step = read(at, depth + 1, into.items.emplace_back()); step != Step::kDone) return step;
  }
  return Step::kDone;
}

std::string encode_command(std::span<const std::string> words) {
  std::string text = "*" + std::to_string(words.size()) + "\r\n";
  for (const std::string& word : words) {
    text += "$" + std::to_string(word.size()) + "\r\n";
    text += word;
    text += "\r\n";
  }
  return text;
}

}  // namespace ringback::bus
