#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringback::sip {

/// One header field. `name` is the long form for the compact ones ("v" becomes "Via"), else as written.
struct Header {
  std::string name;
  std::string value;  ///< unfolded, trimmed

  bool operator==(const Header&) const = default;
};

/// Header fields in the order of the wire; names compare without case and may repeat.
class HeaderList {
 public:
  HeaderList() = default;
  HeaderList(std::initializer_list<Header> items) : items_(items) {}

  void add(std::string_view name, std::string value) {
    items_.push_back({std::string(name), std::move(value)});
  }
  void prepend(std::string_view name, std::string value);
  /// Replaces the first of that name and removes the others, or appends.
  void set(std::string_view name, std::string value);
  void remove(std::string_view name);

  [[nodiscard]] bool has(std::string_view name) const { return get(name).has_value(); }
  /// The first field of that name, as a whole.
  [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const;
  /// All fields of that name, each as a whole.
  [[nodiscard]] std::vector<std::string_view> all(std::string_view name) const;
  /// The elements of a comma-separated header over all its fields (Via, Route, Contact, Supported, ...).
  [[nodiscard]] std::vector<std::string_view> elements(std::string_view name) const;
  /// Whether such a list contains a token: has_token("Supported", "100rel").
  [[nodiscard]] bool has_token(std::string_view name, std::string_view token) const;

  [[nodiscard]] auto begin() const { return items_.begin(); }
  [[nodiscard]] auto end() const { return items_.end(); }
  [[nodiscard]] auto begin() { return items_.begin(); }
  [[nodiscard]] auto end() { return items_.end(); }
  [[nodiscard]] std::size_t size() const { return items_.size(); }
  [[nodiscard]] bool empty() const { return items_.empty(); }

 private:
  std::vector<Header> items_;
};

/// A SIP request or response (RFC 3261 7) as plain values. Content-Length is not kept: the writer computes
/// it.
struct Message {
  std::string method;        ///< requests only; case-sensitive
  std::string request_uri;   ///< requests only, as written
  std::uint16_t status = 0;  ///< responses only, 100-699
  std::string reason;        ///< responses only
  HeaderList headers;
  std::string body;

  [[nodiscard]] bool is_request() const { return status == 0; }
  [[nodiscard]] bool is_response() const { return status != 0; }
};

/// The long form of a compact header name ("i" -> "Call-ID"), or the name itself.
[[nodiscard]] std::string_view long_name(std::string_view name);
/// The standard reason phrase of a status ("Busy Here"); of its class when the status is unknown.
[[nodiscard]] std::string_view reason_phrase(std::uint16_t status);

/// The session description inside a message: the whole body, or the application/sdp part of a multipart body
/// (providers add ISUP or PIDF parts). Empty when there is none.
[[nodiscard]] std::string_view sdp_of(const Message& message);

}  // namespace ringback::sip
