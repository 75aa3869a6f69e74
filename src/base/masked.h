#pragma once

#include <string>
#include <string_view>

namespace ringback::base {

/// A phone number, SIP user or caller id that may be private: it prints masked ("+1555***0000" keeps the
/// country and the last digits), so that a log line at info level cannot leak it by accident. plain() is for
/// the wire and the database.
class Masked {
 public:
  Masked() = default;
  explicit Masked(std::string value) : value_(std::move(value)) {}

  [[nodiscard]] const std::string& plain() const { return value_; }
  [[nodiscard]] std::string to_string() const { return mask(value_); }

  /// Keeps up to the first four and the last two characters of what is long enough to hide the rest.
  static std::string mask(std::string_view value);

 private:
  std::string value_;
};

/// The text with the number in every room name of ours masked: `call_<caller>_<digits>_<milliseconds>` is a
/// name that existing front ends rely on, and the log must not leak the number that it contains.
[[nodiscard]] std::string mask_room_names(std::string_view text);

}  // namespace ringback::base
