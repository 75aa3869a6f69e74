#include "sip/header_values.h"

#include <algorithm>
#include <charconv>

namespace ringback::sip {
namespace {

std::optional<std::uint32_t> parse_number(std::string_view text) {
  std::uint32_t number = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (fault != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string_view first_word(std::string_view& rest) {
  rest = trimmed(rest);
  const auto end = rest.find_first_of(" \t");
  const std::string_view word = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : trimmed(rest.substr(end));
  return word;
}

/// Where the quoted string that starts at text[0] ends (index behind the closing quote), or nothing.
std::optional<std::size_t> end_of_quoted(std::string_view text) {
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      return i + 1;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<NameAddr> NameAddr::parse(std::string_view text) {
  text = trimmed(text);
  NameAddr value;
  std::string_view uri;
  std::string_view rest;
  if (!text.empty() && text.front() == '"') {
    const auto end = end_of_quoted(text);
    if (!end) return std::nullopt;
    value.display_name = unquoted(text.substr(0, *end));
    text = trimmed(text.substr(*end));
    if (text.empty() || text.front() != '<') return std::nullopt;
  }
  const auto open = text.find('<');
  if (open != std::string_view::npos) {
    const auto close = text.find('>', open);
    if (close == std::string_view::npos) return std::nullopt;
    if (open != 0) {
      // An unquoted display name is a row of tokens; a comma in it is a frequent fault that does no harm,
      // because single-value headers are not split.
      value.display_name = trimmed(text.substr(0, open));
      if (value.display_name.find_first_of(";:@") != std::string::npos) return std::nullopt;
    }
    uri = text.substr(open + 1, close - open - 1);
    rest = text.substr(close + 1);
  } else {
    const auto semicolon = text.find(';');
    uri = trimmed(text.substr(0, semicolon));
    if (semicolon != std::string_view::npos) rest = text.substr(semicolon);
    if (uri.find('?') != std::string_view::npos)
      return std::nullopt;  // RFC 3261 20: such a URI needs brackets
  }
  auto parsed = Uri::parse(trimmed(uri));
  rest = trimmed(rest);
  if (!parsed || (!rest.empty() && rest.front() != ';')) return std::nullopt;
  auto parameters = Parameters::parse(rest);
  if (!parameters) return std::nullopt;
  value.uri = std::move(*parsed);
  value.parameters = std::move(*parameters);
  return value;
}

std::string NameAddr::to_string() const {
  std::string text;
  if (!display_name.empty()) text = quoted(display_name) + ' ';
  return text + '<' + uri.to_string() + '>' + parameters.to_string();
}

std::optional<Via> Via::parse(std::string_view text) {
  // sent-protocol is three tokens with blanks allowed around the slashes.
  const auto first = text.find('/');
  const auto second = first == std::string_view::npos ? first : text.find('/', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  if (!equal_ignoring_case(trimmed(text.substr(0, first)), "SIP") ||
      trimmed(text.substr(first + 1, second - first - 1)) != "2.0") {
    return std::nullopt;
  }
  std::string_view rest = trimmed(text.substr(second + 1));
  const std::string_view transport = first_word(rest);
  if (!is_token(transport)) return std::nullopt;

  Via via;
  via.transport = transport;
  std::ranges::transform(via.transport, via.transport.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  const auto semicolon = rest.find(';');
  const std::string_view sent_by = trimmed(rest.substr(0, semicolon));
  if (semicolon != std::string_view::npos) {
    auto parameters = Parameters::parse(rest.substr(semicolon));
    if (!parameters) return std::nullopt;
    via.parameters = std::move(*parameters);
  }
  std::size_t colon = std::string_view::npos;
  if (!sent_by.empty() && sent_by.front() == '[') {
    const auto bracket = sent_by.find(']');
    if (bracket == std::string_view::npos) return std::nullopt;
    colon = sent_by.find(':', bracket);
  } else {
    colon = sent_by.find(':');
  }
  via.host = trimmed(sent_by.substr(0, colon));
  if (colon != std::string_view::npos) {
    const auto port = parse_number(trimmed(sent_by.substr(colon + 1)));
    if (!port || *port > 65535) return std::nullopt;
    via.port = static_cast<std::uint16_t>(*port);
  }
  if (via.host.empty() || via.host.find_first_of(" \t@<>\"") != std::string::npos) return std::nullopt;
  return via;
}

std::string Via::to_string() const {
  std::string text = "SIP/2.0/" + transport + ' ' + host;
  if (port != 0) text += ':' + std::to_string(port);
  return text + parameters.to_string();
}

std::optional<CSeq> CSeq::parse(std::string_view text) {
  const auto number = parse_number(first_word(text));
  // RFC 3261 8.1.1.5: less than 2^31.
  if (!number || *number >= 0x80000000U || !is_token(text)) return std::nullopt;
  return CSeq{*number, std::string(text)};
}

std::optional<RAck> RAck::parse(std::string_view text) {
  const auto rseq = parse_number(first_word(text));
  const auto cseq = parse_number(first_word(text));
  if (!rseq || !cseq || !is_token(text)) return std::nullopt;
  return RAck{*rseq, *cseq, std::string(text)};
}

std::optional<Reason> Reason::parse(std::string_view text) {
  const auto semicolon = text.find(';');
  const std::string_view protocol = trimmed(text.substr(0, semicolon));
  if (!is_token(protocol)) return std::nullopt;
  Reason reason;
  reason.protocol = protocol;
  if (semicolon != std::string_view::npos) {
    const auto parameters = Parameters::parse(text.substr(semicolon));
    if (!parameters) return std::nullopt;
    if (const auto cause = parameters->get("cause"))
      reason.cause = static_cast<int>(parse_number(*cause).value_or(0));
    reason.text = parameters->get("text").value_or("");
  }
  return reason;
}

std::string Reason::to_string() const {
  std::string result = protocol;
  if (cause != 0) result += ";cause=" + std::to_string(cause);
  if (!text.empty()) result += ";text=" + quoted(text);
  return result;
}

std::optional<SessionExpires> SessionExpires::parse(std::string_view text) {
  const auto semicolon = text.find(';');
  const auto seconds = parse_number(trimmed(text.substr(0, semicolon)));
  if (!seconds) return std::nullopt;
  SessionExpires value{*seconds, Refresher::kUnspecified};
  if (semicolon != std::string_view::npos) {
    const auto parameters = Parameters::parse(text.substr(semicolon));
    const std::string refresher = parameters ? parameters->get("refresher").value_or("") : std::string();
    if (equal_ignoring_case(refresher, "uac")) value.refresher = Refresher::kUac;
    if (equal_ignoring_case(refresher, "uas")) value.refresher = Refresher::kUas;
  }
  return value;
}

std::string SessionExpires::to_string() const {
  std::string text = std::to_string(seconds);
  if (refresher == Refresher::kUac) text += ";refresher=uac";
  if (refresher == Refresher::kUas) text += ";refresher=uas";
  return text;
}

std::optional<Via> top_via(const Message& message) {
  const auto value = message.headers.get("Via");
  if (!value) return std::nullopt;
  return Via::parse(split(*value, ',').front());
}

namespace {
std::optional<NameAddr> name_addr_of(const Message& message, std::string_view header) {
  const auto value = message.headers.get(header);
  return value ? NameAddr::parse(*value) : std::nullopt;
}

std::vector<NameAddr> name_addrs_of(const Message& message, std::string_view header) {
  std::vector<NameAddr> values;
  for (const std::string_view element : message.headers.elements(header)) {
    if (auto value = NameAddr::parse(element)) values.push_back(std::move(*value));
  }
  return values;
}
}  // namespace

std::optional<NameAddr> from_of(const Message& message) {
  return name_addr_of(message, "From");
}
std::optional<NameAddr> to_of(const Message& message) {
  return name_addr_of(message, "To");
}

std::optional<CSeq> cseq_of(const Message& message) {
  const auto value = message.headers.get("CSeq");
  return value ? CSeq::parse(*value) : std::nullopt;
}

std::string_view call_id_of(const Message& message) {
  return message.headers.get("Call-ID").value_or("");
}

std::vector<NameAddr> contacts_of(const Message& message) {
  return name_addrs_of(message, "Contact");
}

std::vector<NameAddr> routes_of(const Message& message, std::string_view header) {
  return name_addrs_of(message, header);
}

std::vector<Reason> reasons_of(const HeaderList& headers) {
  std::vector<Reason> reasons;
  for (const std::string_view element : headers.elements("Reason")) {
    if (auto reason = Reason::parse(element)) reasons.push_back(std::move(*reason));
  }
  return reasons;
}

std::optional<std::uint32_t> retry_after_of(const HeaderList& headers) {
  const auto value = headers.get("Retry-After");
  if (!value) return std::nullopt;
  return parse_number(trimmed(value->substr(0, value->find_first_of(" \t;("))));
}

std::optional<std::uint32_t> number_of(const HeaderList& headers, std::string_view name) {
  const auto value = headers.get(name);
  return value ? parse_number(trimmed(value->substr(0, value->find(';')))) : std::nullopt;
}

}  // namespace ringback::sip
