#include "sdp/session_description.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace ringback::sdp {
namespace {

struct DirectionName {
  Direction direction;
  std::string_view name;
};
constexpr std::array<DirectionName, 4> kDirections = {{{Direction::kSendRecv, "sendrecv"},
                                                       {Direction::kSendOnly, "sendonly"},
                                                       {Direction::kRecvOnly, "recvonly"},
                                                       {Direction::kInactive, "inactive"}}};

struct StaticType {
  std::uint8_t payload_type;
  std::string_view encoding;
  std::uint32_t clock_rate;
  std::uint32_t channels;
};
// RFC 3551 6, table 4. G722 is written with clock rate 8000 although it samples at 16 kHz (4.5.2).
constexpr std::array<StaticType, 17> kStaticTypes = {{{0, "PCMU", 8000, 1},
                                                      {3, "GSM", 8000, 1},
                                                      {4, "G723", 8000, 1},
                                                      {5, "DVI4", 8000, 1},
                                                      {6, "DVI4", 16000, 1},
                                                      {7, "LPC", 8000, 1},
                                                      {8, "PCMA", 8000, 1},
                                                      {9, "G722", 8000, 1},
                                                      {10, "L16", 44100, 2},
                                                      {11, "L16", 44100, 1},
                                                      {12, "QCELP", 8000, 1},
                                                      {13, "CN", 8000, 1},
                                                      {14, "MPA", 90000, 1},
                                                      {15, "G728", 8000, 1},
                                                      {16, "DVI4", 11025, 1},
                                                      {17, "DVI4", 22050, 1},
                                                      {18, "G729", 8000, 1}}};

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number{};
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (fault != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<std::uint8_t> parse_payload_type(std::string_view text) {
  const auto number = parse_number<std::uint8_t>(text);
  if (!number || *number > 127) return std::nullopt;
  return number;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace

void AttributeList::set(std::string_view name, std::string value) {
  for (Attribute& item : items_) {
    if (item.name == name) {
      item.value = std::move(value);
      return;
    }
  }
  add(std::string(name), std::move(value));
}

void AttributeList::remove(std::string_view name) {
  std::erase_if(items_, [name](const Attribute& item) { return item.name == name; });
}

std::optional<std::string_view> AttributeList::find(std::string_view name) const {
  for (const Attribute& item : items_) {
    if (item.name == name) return item.value;
  }
  return std::nullopt;
}

std::vector<std::string_view> AttributeList::all(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const Attribute& item : items_) {
    if (item.name == name) values.push_back(item.value);
  }
  return values;
}

std::string_view to_string(Direction direction) {
  return kDirections[static_cast<std::size_t>(direction)].name;
}

std::optional<Direction> parse_direction(std::string_view name) {
  for (const auto& known : kDirections) {
    if (known.name == name) return known.direction;
  }
  return std::nullopt;
}

bool sends(Direction direction) {
  return direction == Direction::kSendRecv || direction == Direction::kSendOnly;
}

bool receives(Direction direction) {
  return direction == Direction::kSendRecv || direction == Direction::kRecvOnly;
}

namespace {
Direction direction_of(bool send, bool receive) {
  if (send) return receive ? Direction::kSendRecv : Direction::kSendOnly;
  return receive ? Direction::kRecvOnly : Direction::kInactive;
}
}  // namespace

Direction reversed(Direction direction) {
  return direction_of(receives(direction), sends(direction));
}

Direction intersect(Direction a, Direction b) {
  return direction_of(sends(a) && sends(b), receives(a) && receives(b));
}

Connection Connection::of(const base::IpAddress& address) {
  return {address.is_v6() ? "IP6" : "IP4", address.to_string(), {}};
}

std::optional<RtpMap> RtpMap::parse(std::string_view value) {
  value = trimmed(value);
  const auto space = value.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  const auto payload_type = parse_payload_type(value.substr(0, space));
  std::string_view rest = trimmed(value.substr(space));
  const auto slash = rest.find('/');
  if (!payload_type || slash == std::string_view::npos || slash == 0) return std::nullopt;

  RtpMap map;
  map.payload_type = *payload_type;
  map.encoding = rest.substr(0, slash);
  rest.remove_prefix(slash + 1);
  const auto second = rest.find('/');
  const auto clock_rate = parse_number<std::uint32_t>(rest.substr(0, second));
  if (!clock_rate || *clock_rate == 0) return std::nullopt;
  map.clock_rate = *clock_rate;
  if (second != std::string_view::npos) {
    // A third field that is no channel count belongs to a codec that we do not know; the map is still usable.
    const auto channels = parse_number<std::uint32_t>(rest.substr(second + 1));
    map.channels = channels && *channels > 0 ? *channels : 1;
  }
  return map;
}

std::string RtpMap::to_string() const {
  std::string text = std::to_string(payload_type) + ' ' + encoding + '/' + std::to_string(clock_rate);
  if (channels != 1) text += '/' + std::to_string(channels);
  return text;
}

bool RtpMap::same_encoding(std::string_view name) const {
  return equal_ignoring_case(encoding, name);
}

std::optional<Direction> Media::direction() const {
  for (const Attribute& item : attributes) {
    if (!item.value.empty()) continue;
    if (const auto direction = parse_direction(item.name)) return direction;
  }
  return std::nullopt;
}

void Media::set_direction(Direction direction) {
  for (const auto& known : kDirections) attributes.remove(known.name);
  attributes.add(std::string(to_string(direction)));
}

std::vector<std::uint8_t> Media::payload_types() const {
  std::vector<std::uint8_t> types;
  for (const std::string& format : formats) {
    if (const auto type = parse_payload_type(format)) types.push_back(*type);
  }
  return types;
}

std::vector<RtpMap> Media::rtpmaps() const {
  std::vector<RtpMap> maps;
  for (const Attribute& item : attributes) {
    if (item.name != "rtpmap") continue;
    if (auto map = RtpMap::parse(item.value)) maps.push_back(std::move(*map));
  }
  return maps;
}

std::optional<RtpMap> Media::rtpmap(std::uint8_t payload_type) const {
  for (const Attribute& item : attributes) {
    if (item.name != "rtpmap") continue;
    auto map = RtpMap::parse(item.value);
    if (map && map->payload_type == payload_type) return map;
  }
  for (const auto& type : kStaticTypes) {
    if (type.payload_type == payload_type) {
      return RtpMap{payload_type, std::string(type.encoding), type.clock_rate, type.channels};
    }
  }
  return std::nullopt;
}

std::optional<std::string_view> Media::fmtp(std::uint8_t payload_type) const {
  for (const Attribute& item : attributes) {
    if (item.name != "fmtp") continue;
    const std::string_view value = trimmed(item.value);
    const auto space = value.find(' ');
    if (space == std::string_view::npos) continue;
    if (parse_payload_type(value.substr(0, space)) == payload_type) return trimmed(value.substr(space));
  }
  return std::nullopt;
}

void Media::add_codec(const RtpMap& map, std::string_view fmtp) {
  const std::string payload_type = std::to_string(map.payload_type);
  formats.push_back(payload_type);
  attributes.add("rtpmap", map.to_string());
  if (!fmtp.empty()) attributes.add("fmtp", payload_type + ' ' + std::string(fmtp));
}

bool Media::is_secure() const {
  return protocol.find("SAVP") != std::string::npos;
}

bool Media::is_rtp() const {
  return protocol.find("RTP/") != std::string::npos;
}

Direction SessionDescription::direction_of(const Media& section) const {
  if (const auto own = section.direction()) return *own;
  for (const Attribute& item : attributes) {
    if (!item.value.empty()) continue;
    if (const auto direction = parse_direction(item.name)) return *direction;
  }
  return Direction::kSendRecv;
}

const Connection* SessionDescription::connection_of(const Media& section) const {
  if (section.connection) return &*section.connection;
  return connection ? &*connection : nullptr;
}

std::optional<std::string_view> SessionDescription::attribute_of(const Media& section,
                                                                 std::string_view attribute) const {
  if (const auto own = section.attributes.find(attribute)) return own;
  return attributes.find(attribute);
}

const Media* SessionDescription::first(std::string_view kind) const {
  for (const Media& section : media) {
    if (section.kind == kind) return &section;
  }
  return nullptr;
}

std::optional<std::string_view> fmtp_parameter(std::string_view fmtp, std::string_view name) {
  while (!fmtp.empty()) {
    const auto semicolon = fmtp.find(';');
    const std::string_view item = trimmed(fmtp.substr(0, semicolon));
    const auto equals = item.find('=');
    if (equal_ignoring_case(trimmed(item.substr(0, equals)), name)) {
      return equals == std::string_view::npos ? std::string_view{} : trimmed(item.substr(equals + 1));
    }
    if (semicolon == std::string_view::npos) break;
    fmtp.remove_prefix(semicolon + 1);
  }
  return std::nullopt;
}

}  // namespace ringback::sdp
