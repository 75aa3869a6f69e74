#include "sip/parser.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "sip/header_values.h"
#include "sip/parameters.h"

namespace ringback::sip {
namespace {

constexpr std::string_view kVersion = "SIP/2.0";

/// "SIP/" digits "." digits, any case.
bool looks_like_version(std::string_view text) {
  return text.size() >= 7 && equal_ignoring_case(text.substr(0, 4), "SIP/");
}

std::optional<ParseFault> parse_status_line(std::string_view line, Message& message) {
  const auto space = line.find(' ');
  if (space == std::string_view::npos) return ParseFault::kBadStartLine;
  const bool known_version = equal_ignoring_case(line.substr(0, space), kVersion);
  std::string_view rest = line.substr(space + 1);
  const std::string_view code = rest.substr(0, rest.find(' '));
  std::uint16_t status = 0;
  const auto [end, fault] = std::from_chars(code.data(), code.data() + code.size(), status);
  if (fault != std::errc{} || end != code.data() + code.size() || code.size() != 3 || status < 100 ||
      status > 699) {
    return ParseFault::kBadStartLine;
  }
  message.status = status;
  rest.remove_prefix(code.size());
  message.reason = trimmed(rest);
  return known_version ? std::nullopt : std::optional(ParseFault::kBadVersion);
}

/// Method SP Request-URI SP SIP-Version, single blanks (RFC 3261 25.1). More blanks make the message
/// ambiguous, and RFC 4475 3.1.2.8-10 lets us refuse it.
std::optional<ParseFault> parse_request_line(std::string_view line, Message& message) {
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || last == first) return ParseFault::kBadStartLine;
  const std::string_view method = line.substr(0, first);
  const std::string_view uri = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (!is_token(method)) return ParseFault::kBadStartLine;
  message.method = method;
  message.request_uri = uri;
  const auto no_uri = [](char c) { return c == '<' || c == '>' || static_cast<unsigned char>(c) <= ' '; };
  if (uri.empty() || std::any_of(uri.begin(), uri.end(), no_uri)) return ParseFault::kBadStartLine;
  if (!looks_like_version(version)) return ParseFault::kBadStartLine;
  return equal_ignoring_case(version, kVersion) ? std::nullopt : std::optional(ParseFault::kBadVersion);
}

/// Cuts the next logical header line off: a physical line and the folded ones that follow (RFC 3261 7.3.1).
std::string_view next_line(std::string_view& rest) {
  std::size_t end = 0;
  for (;;) {
    end = rest.find('\n', end);
    if (end == std::string_view::npos) {
      end = rest.size();
      break;
    }
    const bool folded = end + 1 < rest.size() && (rest[end + 1] == ' ' || rest[end + 1] == '\t');
    if (!folded) break;
    ++end;
  }
  std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == rest.size() ? end : end + 1);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

std::string unfolded(std::string_view text) {
  text = trimmed(text);
  std::string value;
  value.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\r' && text[i] != '\n') {
      value += text[i];
      continue;
    }
    while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.pop_back();
    while (i + 1 < text.size() &&
           (text[i + 1] == ' ' || text[i + 1] == '\t' || text[i + 1] == '\r' || text[i + 1] == '\n')) {
      ++i;
    }
    value += ' ';
  }
  return value;
}

bool has_bad_control(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\0') return true;
    if (text[i] == '\r' && (i + 1 == text.size() || text[i + 1] != '\n')) return true;
  }
  return false;
}

struct Length {
  std::optional<std::size_t> value;
  bool bad = false;
};

std::optional<ParseFault> parse_header(std::string_view line, Message& message, Length& length) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || has_bad_control(line)) return ParseFault::kBadHeader;
  const std::string_view name = long_name(trimmed(line.substr(0, colon)));
  if (!is_token(name)) return ParseFault::kBadHeader;
  if (message.headers.size() == kMaxHeaders) return ParseFault::kTooLarge;
  if (!equal_ignoring_case(name, "Content-Length")) {
    message.headers.add(name, unfolded(line.substr(colon + 1)));
    return std::nullopt;
  }
  const std::string_view text = trimmed(line.substr(colon + 1));
  std::size_t value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool bad =
      fault != std::errc{} || end != text.data() + text.size() || (length.value && *length.value != value);
  length.bad = length.bad || bad;
  length.value = value;
  return std::nullopt;
}

/// The headers without which no transaction and no dialog can be made.
std::optional<ParseFault> check_structure(const Message& message) {
  for (const std::string_view name : {"Via", "From", "To", "Call-ID", "CSeq"}) {
    const auto value = message.headers.get(name);
    if (!value) return ParseFault::kMissingHeader;
    if (value->empty()) return ParseFault::kBadValue;
    if (name != "Via" && message.headers.all(name).size() > 1) return ParseFault::kBadValue;
  }
  if (!top_via(message) || !from_of(message) || !to_of(message)) return ParseFault::kBadValue;
  const auto cseq = cseq_of(message);
  if (!cseq) return ParseFault::kBadValue;
  if (message.is_request() && cseq->method != message.method) return ParseFault::kMethodMismatch;
  const auto hops = message.headers.get("Max-Forwards");
  if (hops && !number_of(message.headers, "Max-Forwards")) return ParseFault::kBadValue;
  return std::nullopt;
}

}  // namespace

std::string_view ParseError::sentence() const {
  switch (fault) {
    case ParseFault::kTooLarge:
      return "Message Too Large";
    case ParseFault::kBadStartLine:
      return "Bad Start Line";
    case ParseFault::kBadVersion:
      return "Version Not Supported";
    case ParseFault::kBadHeader:
      return "Bad Header Field";
    case ParseFault::kBadContentLength:
      return "Bad Content-Length";
    case ParseFault::kTruncated:
      return "Body Shorter Than Content-Length";
    case ParseFault::kMissingHeader:
      return "Missing Header Field";
    case ParseFault::kBadValue:
      return "Bad Header Field Value";
    case ParseFault::kMethodMismatch:
      return "CSeq Method Mismatch";
  }
  return "Bad Request";
}

base::Result<Message, ParseError> parse(std::string_view bytes) {
  while (!bytes.empty() && (bytes.front() == '\r' || bytes.front() == '\n')) bytes.remove_prefix(1);
  Message message;
  const auto failed = [&message](ParseFault fault) {
    return base::Failure{ParseError{fault, std::move(message)}};
  };
  if (bytes.size() > kMaxMessageBytes) return failed(ParseFault::kTooLarge);

  std::string_view rest = bytes;
  const auto first_end = rest.find('\n');
  if (first_end == std::string_view::npos) return failed(ParseFault::kBadStartLine);
  std::string_view start = rest.substr(0, first_end);
  rest.remove_prefix(first_end + 1);
  if (!start.empty() && start.back() == '\r') start.remove_suffix(1);
  const bool is_status_line = looks_like_version(start);
  std::optional<ParseFault> fault =
      is_status_line ? parse_status_line(start, message) : parse_request_line(start, message);

  // A bad start line or header does not stop the reading: with Via, From, To, Call-ID and CSeq the request
  // can be answered.
  Length length;
  bool ended = false;
  while (!rest.empty()) {
    const std::string_view line = next_line(rest);
    if (line.empty()) {
      ended = true;
      break;
    }
    const auto header_fault = parse_header(line, message, length);
    if (header_fault == ParseFault::kTooLarge) return failed(*header_fault);
    if (header_fault && !fault) fault = header_fault;
  }
  if (fault) return failed(*fault);
  // A datagram that ends with the last header line has lost its empty line; nothing is missing but the end.
  if (length.bad) return failed(ParseFault::kBadContentLength);
  if (length.value && *length.value > rest.size()) return failed(ParseFault::kTruncated);
  if (!ended && length.value.value_or(0) != 0) return failed(ParseFault::kTruncated);
  message.body = rest.substr(0, length.value.value_or(rest.size()));
  if (const auto structure = check_structure(message)) return failed(*structure);
  return message;
}

}  // namespace ringback::sip
