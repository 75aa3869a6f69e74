#include "sip/dtmf_info.h"

#include <charconv>
#include <string_view>

#include "sip/parameters.h"

namespace ringback::sip {
namespace {

constexpr std::string_view kRelayType = "application/dtmf-relay";
constexpr std::string_view kPlainType = "application/dtmf";

std::string_view type_of(const Message& info) {
  const auto type = info.headers.get("Content-Type");
  return type ? trimmed(type->substr(0, type->find(';'))) : std::string_view();
}

std::optional<char> digit_of(std::string_view text) {
  // Some gateways write the event number of RFC 4733 instead of the key.
  if (text == "10") return '*';
  if (text == "11") return '#';
  if (text.size() != 1) return std::nullopt;
  const char c = text.front();
  if ((c >= '0' && c <= '9') || c == '*' || c == '#' || (c >= 'A' && c <= 'D')) return c;
  if (c >= 'a' && c <= 'd') return static_cast<char>(c - 'a' + 'A');
  return std::nullopt;
}

}  // namespace

bool is_dtmf_type(const Message& info) {
  return equal_ignoring_case(type_of(info), kRelayType) || equal_ignoring_case(type_of(info), kPlainType);
}

std::optional<DtmfSignal> dtmf_of(const Message& info) {
  DtmfSignal signal;
  if (equal_ignoring_case(type_of(info), kPlainType)) {
    const auto digit = digit_of(trimmed(info.body));
    if (!digit) return std::nullopt;
    signal.digit = *digit;
    return signal;
  }
  if (!equal_ignoring_case(type_of(info), kRelayType)) return std::nullopt;
  std::string_view rest = info.body;
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    const auto equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view name = trimmed(line.substr(0, equals));
    const std::string_view value = trimmed(line.substr(equals + 1));
    if (equal_ignoring_case(name, "Signal")) {
      const auto digit = digit_of(value);
      if (!digit) return std::nullopt;
      signal.digit = *digit;
    } else if (equal_ignoring_case(name, "Duration")) {
      std::uint32_t duration = 0;
      const auto [stop, fault] = std::from_chars(value.data(), value.data() + value.size(), duration);
      if (fault == std::errc{} && stop != value.data() && duration <= 60000) signal.duration_ms = duration;
    }
  }
  return signal.digit != 0 ? std::optional(signal) : std::nullopt;
}

void set_dtmf(Message& info, const DtmfSignal& signal) {
  info.headers.set("Content-Type", std::string(kRelayType));
  info.body =
      std::string("Signal=") + signal.digit + "\r\nDuration=" + std::to_string(signal.duration_ms) + "\r\n";
}

}  // namespace ringback::sip
