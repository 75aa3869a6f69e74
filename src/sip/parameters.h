#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringback::sip {

/// ASCII comparison without case, as SIP compares names (RFC 3261 7.3.1).
[[nodiscard]] bool equal_ignoring_case(std::string_view a, std::string_view b);
[[nodiscard]] std::string_view trimmed(std::string_view text);
/// `token` of RFC 3261 25.1; "" is none.
[[nodiscard]] bool is_token(std::string_view text);
/// Cuts at `separator` outside of quoted strings and angle brackets; every piece trimmed.
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);
/// The inside of a quoted string with its backslashes resolved; what is not quoted is returned as it is.
[[nodiscard]] std::string unquoted(std::string_view text);
[[nodiscard]] std::string quoted(std::string_view text);

/// `;name=value` or `;name`. The value stays as written (quotes included).
struct Parameter {
  std::string name;
  std::optional<std::string> value;

  bool operator==(const Parameter&) const = default;
};

/// The parameters of a URI or of a header value, in order; names compare without case.
class Parameters {
 public:
  /// Parses ";a=b;c" (the first semicolon may be missing). Empty when malformed: an empty or non-token name.
  static std::optional<Parameters> parse(std::string_view text);

  [[nodiscard]] bool has(std::string_view name) const;
  /// The value without quotes; "" for a parameter without value; nothing when absent.
  [[nodiscard]] std::optional<std::string> get(std::string_view name) const;
  void set(std::string_view name, std::optional<std::string> value);
  void remove(std::string_view name);
  [[nodiscard]] bool empty() const { return items_.empty(); }
  [[nodiscard]] auto begin() const { return items_.begin(); }
  [[nodiscard]] auto end() const { return items_.end(); }
  /// ";a=b;c", or "".
  [[nodiscard]] std::string to_string() const;
  bool operator==(const Parameters&) const = default;

 private:
  std::vector<Parameter> items_;
};

}  // namespace ringback::sip
