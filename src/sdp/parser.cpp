#include "sdp/parser.h"

#include <charconv>
#include <optional>

namespace ringback::sdp {
namespace {

/// Cuts the next field off at blanks. Peers separate fields by more than one blank now and then.
std::string_view next_field(std::string_view& rest) {
  while (!rest.empty() && (rest.front() == ' ' || rest.front() == '\t')) rest.remove_prefix(1);
  const auto end = rest.find_first_of(" \t");
  const std::string_view field = rest.substr(0, end);
  rest.remove_prefix(field.size());
  return field;
}

template <class Number>
bool parse_number(std::string_view text, Number& number) {
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  return fault == std::errc{} && end == text.data() + text.size();
}

std::optional<Origin> parse_origin(std::string_view rest) {
  Origin origin;
  for (std::string* field : {&origin.username, &origin.session_id, &origin.session_version,
                             &origin.network_type, &origin.address_type, &origin.host}) {
    const std::string_view text = next_field(rest);
    if (text.empty()) return std::nullopt;
    *field = text;
  }
  return origin;
}

std::optional<Connection> parse_connection(std::string_view rest) {
  Connection connection;
  const std::string_view network_type = next_field(rest);
  const std::string_view address_type = next_field(rest);
  const std::string_view address = next_field(rest);
  if (network_type != "IN" || address.empty()) return std::nullopt;
  if (address_type != "IP4" && address_type != "IP6") return std::nullopt;
  const auto slash = address.find('/');
  connection.address_type = address_type;
  connection.host = address.substr(0, slash);
  if (slash != std::string_view::npos) connection.suffix = address.substr(slash);
  if (connection.host.empty()) return std::nullopt;
  return connection;
}

std::optional<Bandwidth> parse_bandwidth(std::string_view rest) {
  const auto colon = rest.find(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  Bandwidth bandwidth;
  bandwidth.type = rest.substr(0, colon);
  std::string_view value = rest.substr(colon + 1);
  if (!parse_number(next_field(value), bandwidth.value)) return std::nullopt;
  return bandwidth;
}

std::optional<Media> parse_media(std::string_view rest) {
  Media media;
  media.kind = next_field(rest);
  const std::string_view port = next_field(rest);
  media.protocol = next_field(rest);
  const auto slash = port.find('/');
  if (media.kind.empty() || media.protocol.empty() || !parse_number(port.substr(0, slash), media.port)) {
    return std::nullopt;
  }
  if (slash != std::string_view::npos && !parse_number(port.substr(slash + 1), media.port_count))
    return std::nullopt;
  for (std::string_view format = next_field(rest); !format.empty(); format = next_field(rest)) {
    if (media.formats.size() == kMaxFormatsPerMedia) return std::nullopt;
    media.formats.emplace_back(format);
  }
  // RFC 8866 wants a format, but a rejected section may come without one.
  if (media.formats.empty() && media.port != 0) return std::nullopt;
  return media;
}

class Parser {
 public:
  std::optional<ParseFault> line(char type, std::string_view value) {
    if (!started_) {
      started_ = true;
      return type == 'v' && value == "0" ? std::nullopt : std::optional(ParseFault::kNotADescription);
    }
    switch (type) {
      case 'm':
        return media(value);
      case 'a':
        return attribute(value);
      case 'c':
        return connection(value);
      case 'b':
        if (auto bandwidth = parse_bandwidth(value)) {
          (current_ ? current_->bandwidths : result.bandwidths).push_back(std::move(*bandwidth));
          return std::nullopt;
        }
        return ParseFault::kBadBandwidth;
      case 'i':
        (current_ ? current_->information : result.information) = value;
        return std::nullopt;
      case 'o':
        if (auto origin = parse_origin(value)) {
          result.origin = std::move(*origin);
          return std::nullopt;
        }
        return ParseFault::kBadOrigin;
      case 's':
        result.name = value;
        return std::nullopt;
      case 't':
        if (!saw_time_) result.times.clear();
        saw_time_ = true;
        result.times.emplace_back(value);
        return std::nullopt;
      default:  // u=, e=, p=, r=, z=, k= and whatever comes: nothing that a call needs.
        return std::nullopt;
    }
  }

  SessionDescription result;
  [[nodiscard]] bool started() const { return started_; }

 private:
  std::optional<ParseFault> media(std::string_view value) {
    if (result.media.size() == kMaxMedia) return ParseFault::kTooLarge;
    auto media = parse_media(value);
    if (!media) return ParseFault::kBadMedia;
    current_ = &result.media.emplace_back(std::move(*media));
    return std::nullopt;
  }

  std::optional<ParseFault> attribute(std::string_view value) {
    AttributeList& attributes = current_ ? current_->attributes : result.attributes;
    if (attributes.size() == kMaxAttributesPerSection) return ParseFault::kTooLarge;
    const auto colon = value.find(':');
    auto name = value.substr(0, colon);
    while (name.ends_with(' ')) name.remove_suffix(1);
    if (name.empty()) return ParseFault::kBadLine;
    if (colon == std::string_view::npos) {
      attributes.add(std::string(name));
    } else {
      attributes.add(std::string(name), std::string(value.substr(colon + 1)));
    }
    return std::nullopt;
  }

  std::optional<ParseFault> connection(std::string_view value) {
    auto connection = parse_connection(value);
    if (!connection) return ParseFault::kBadConnection;
    // Of several c= lines (hierarchical multicast) the first counts.
    auto& slot = current_ ? current_->connection : result.connection;
    if (!slot) slot = std::move(*connection);
    return std::nullopt;
  }

  bool started_ = false;
  bool saw_time_ = false;
  Media* current_ = nullptr;  ///< last of result.media; set anew whenever that vector grows
};

}  // namespace

std::string ParseError::to_string() const {
  const auto sentence = [this]() -> std::string_view {
    switch (fault) {
      case ParseFault::kTooLarge:
        return "the session description is larger than we accept";
      case ParseFault::kNotADescription:
        return "the body is not a session description (it must begin with v=0)";
      case ParseFault::kBadLine:
        return "a line of the session description is malformed";
      case ParseFault::kBadOrigin:
        return "the o= line of the session description is malformed";
      case ParseFault::kBadConnection:
        return "a c= line of the session description is malformed";
      case ParseFault::kBadBandwidth:
        return "a b= line of the session description is malformed";
      case ParseFault::kBadMedia:
        return "an m= line of the session description is malformed";
    }
    return "the session description is malformed";
  };
  return std::string(sentence()) + " (line " + std::to_string(line) + ")";
}

base::Result<SessionDescription, ParseError> parse(std::string_view text) {
  if (text.size() > kMaxBytes) return base::Failure{ParseError{ParseFault::kTooLarge, 0}};
  Parser parser;
  std::size_t number = 0;
  while (!text.empty()) {
    ++number;
    const auto end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    while (!line.empty() && (line.back() == '\r' || line.back() == '\0')) line.remove_suffix(1);
    if (line.find_first_not_of(" \t") == std::string_view::npos) continue;
    if (line.find_first_of(std::string_view("\r\0", 2)) != std::string_view::npos) {
      return base::Failure{ParseError{ParseFault::kBadLine, number}};
    }
    if (line.size() < 2 || line[1] != '=') {
      const ParseFault fault = parser.started() ? ParseFault::kBadLine : ParseFault::kNotADescription;
      return base::Failure{ParseError{fault, number}};
    }
    if (const auto fault = parser.line(line[0], line.substr(2)))
      return base::Failure{ParseError{*fault, number}};
  }
  if (!parser.started()) return base::Failure{ParseError{ParseFault::kNotADescription, 1}};
  return std::move(parser.result);
}

}  // namespace ringback::sdp
