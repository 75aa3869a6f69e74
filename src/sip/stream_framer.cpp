#include "sip/stream_framer.h"

#include <charconv>
#include <utility>

#include "sip/message.h"
#include "sip/parameters.h"
#include "sip/parser.h"

namespace ringback::sip {
namespace {

/// Length of the head including its empty line, or npos; looks from `from` on.
std::size_t end_of_head(std::string_view text, std::size_t from) {
  for (std::size_t i = text.find('\n', from); i != std::string_view::npos; i = text.find('\n', i + 1)) {
    if (i + 1 < text.size() && text[i + 1] == '\n') return i + 2;
    if (i + 2 < text.size() && text[i + 1] == '\r' && text[i + 2] == '\n') return i + 3;
  }
  return std::string_view::npos;
}

/// The Content-Length of a head. Missing, malformed or contradictory: nothing, for a stream cannot live
/// without.
std::optional<std::size_t> content_length(std::string_view head) {
  std::optional<std::size_t> length;
  while (!head.empty()) {
    const auto end = head.find('\n');
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(end == std::string_view::npos ? head.size() : end + 1);
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || line.front() == ' ' || line.front() == '\t') continue;
    if (!equal_ignoring_case(long_name(trimmed(line.substr(0, colon))), "Content-Length")) continue;
    const std::string_view text = trimmed(line.substr(colon + 1));
    std::size_t value = 0;
    const auto [stop, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (fault != std::errc{} || stop != text.data() + text.size() || (length && *length != value))
      return std::nullopt;
    length = value;
  }
  return length;
}

}  // namespace

void StreamFramer::append(std::string_view bytes) {
  if (broken_) return;
  // Messages handed out by next() are forgotten here; next() promises validity only until now.
  if (start_ != 0) {
    buffer_.erase(0, start_);
    searched_ = searched_ > start_ ? searched_ - start_ : 0;
    start_ = 0;
  }
  buffer_ += bytes;
}

void StreamFramer::skip_line_ends() {
  while (start_ < buffer_.size() && (buffer_[start_] == '\r' || buffer_[start_] == '\n')) {
    ++start_;
    if (++line_ends_ == 4) {
      ++pings_;
      line_ends_ = 0;
    }
  }
  if (start_ < buffer_.size()) line_ends_ = 0;
}

std::optional<std::string_view> StreamFramer::next() {
  if (broken_) return std::nullopt;
  skip_line_ends();
  if (searched_ < start_) searched_ = start_;
  const std::size_t body = end_of_head(buffer_, searched_);
  if (body == std::string_view::npos) {
    searched_ = buffer_.size() > start_ + 2 ? buffer_.size() - 2 : start_;
    broken_ = buffer_.size() - start_ > kMaxMessageBytes;
    return std::nullopt;
  }
  const std::string_view text = buffer_;
  const auto length = content_length(text.substr(start_, body - start_));
  if (!length || *length > kMaxBodyBytes || body - start_ + *length > kMaxMessageBytes) {
    broken_ = true;
    return std::nullopt;
  }
  if (text.size() < body + *length) {
    searched_ = body - 3 > start_ ? body - 3 : start_;
    return std::nullopt;
  }
  const std::string_view message = text.substr(start_, body + *length - start_);
  start_ = body + *length;
  return message;
}

std::size_t StreamFramer::take_pings() {
  return std::exchange(pings_, 0);
}

}  // namespace ringback::sip
