#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sip/message.h"
#include "sip/parameters.h"
#include "sip/uri.h"

namespace ringback::sip {

/// Value of From, To, Contact, Route, Record-Route, Refer-To ...: a display name, a URI, parameters.
struct NameAddr {
  std::string display_name;  ///< without quotes
  Uri uri;
  Parameters parameters;

  /// With "sip:a@b;x=y" (no brackets) the parameters belong to the header (RFC 3261 20).
  static std::optional<NameAddr> parse(std::string_view text);
  [[nodiscard]] std::string tag() const { return parameters.get("tag").value_or(""); }
  [[nodiscard]] std::string to_string() const;
};

/// `Via: SIP/2.0/UDP host:port;branch=...;rport` (RFC 3261 20.42, RFC 3581).
struct Via {
  std::string transport;   ///< upper case
  std::string host;        ///< IPv6 in brackets
  std::uint16_t port = 0;  ///< 0: none written
  Parameters parameters;

  static std::optional<Via> parse(std::string_view text);
  [[nodiscard]] std::string branch() const { return parameters.get("branch").value_or(""); }
  [[nodiscard]] std::string to_string() const;
};

struct CSeq {
  std::uint32_t number = 0;
  std::string method;

  static std::optional<CSeq> parse(std::string_view text);
  [[nodiscard]] std::string to_string() const { return std::to_string(number) + ' ' + method; }
};

/// `RAck: 776656 1 INVITE` (RFC 3262 7.2).
struct RAck {
  std::uint32_t rseq = 0;
  std::uint32_t cseq = 0;
  std::string method;

  static std::optional<RAck> parse(std::string_view text);
};

/// `Reason: Q.850;cause=16;text="Normal call clearing"` (RFC 3326).
struct Reason {
  std::string protocol;
  int cause = 0;
  std::string text;

  static std::optional<Reason> parse(std::string_view text);
  [[nodiscard]] std::string to_string() const;
};

/// `Session-Expires: 1800;refresher=uac` (RFC 4028 4), `Min-SE` likewise.
struct SessionExpires {
  enum class Refresher : std::uint8_t { kUnspecified, kUac, kUas };
  std::uint32_t seconds = 0;
  Refresher refresher = Refresher::kUnspecified;

  static std::optional<SessionExpires> parse(std::string_view text);
  [[nodiscard]] std::string to_string() const;
};

// Typed views of the headers of a message; empty when absent or malformed.
[[nodiscard]] std::optional<Via> top_via(const Message& message);
[[nodiscard]] std::optional<NameAddr> from_of(const Message& message);
[[nodiscard]] std::optional<NameAddr> to_of(const Message& message);
[[nodiscard]] std::optional<CSeq> cseq_of(const Message& message);
[[nodiscard]] std::string_view call_id_of(const Message& message);
/// All contacts; "*" and malformed ones are left out.
[[nodiscard]] std::vector<NameAddr> contacts_of(const Message& message);
/// Route or Record-Route in order, as NameAddr; malformed ones are left out.
[[nodiscard]] std::vector<NameAddr> routes_of(const Message& message, std::string_view header);
/// The Reason headers of a BYE, CANCEL or response; the first of a protocol is what counts.
[[nodiscard]] std::vector<Reason> reasons_of(const HeaderList& headers);
/// Seconds of Retry-After, without comment and parameters.
[[nodiscard]] std::optional<std::uint32_t> retry_after_of(const HeaderList& headers);
/// Unsigned decimal header value ("Max-Forwards", "Min-SE", "RSeq"); empty when absent, malformed or too
/// large.
[[nodiscard]] std::optional<std::uint32_t> number_of(const HeaderList& headers, std::string_view name);

}  // namespace ringback::sip
