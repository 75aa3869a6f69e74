#include "webrtc/candidate.h"

#include <array>
#include <charconv>

#include <fmt/format.h>

namespace ringback::webrtc {
namespace {

constexpr std::size_t kMaxLine = 512;
constexpr std::size_t kMaxFoundation = 32;  // RFC 8839 5.1

struct TypeName {
  CandidateType type;
  std::string_view name;
  std::uint32_t preference;  // RFC 8445 5.1.2.2
};
constexpr std::array<TypeName, 4> kTypes = {{{CandidateType::kHost, "host", 126},
                                             {CandidateType::kServerReflexive, "srflx", 100},
                                             {CandidateType::kPeerReflexive, "prflx", 110},
                                             {CandidateType::kRelayed, "relay", 0}}};

const TypeName& name_of(CandidateType type) {
  for (const TypeName& entry : kTypes) {
    if (entry.type == type) return entry;
  }
  return kTypes[0];
}

std::string_view next_word(std::string_view& rest) {
  const std::size_t begin = rest.find_first_not_of(' ');
  if (begin == std::string_view::npos) {
    rest = {};
    return {};
  }
  rest.remove_prefix(begin);
  const std::size_t end = std::min(rest.find(' '), rest.size());
  const std::string_view word = rest.substr(0, end);
  rest.remove_prefix(end);
  return word;
}

template <class T>
bool read_number(std::string_view text, T& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

bool same_word(std::string_view text, std::string_view lower_case) {
  if (text.size() != lower_case.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] + 32) : text[i];
    if (c != lower_case[i]) return false;
  }
  return true;
}

void drop_prefix(std::string_view& text, std::string_view prefix) {
  if (text.starts_with(prefix)) text.remove_prefix(prefix.size());
}

}  // namespace

std::uint32_t candidate_priority(CandidateType type, std::uint16_t local_preference, std::uint8_t component) {
  return (name_of(type).preference << 24) | (std::uint32_t{local_preference} << 8) | (256U - component);
}

Candidate Candidate::host_udp(const base::Endpoint& endpoint, std::uint16_t preference) {
  Candidate candidate;
  // Candidates of one type and one base share a foundation (RFC 8445 5.1.1.3); the preference tells bases
  // apart.
  candidate.foundation = fmt::format("{}", 65536U - preference);
  candidate.priority = candidate_priority(CandidateType::kHost, preference, 1);
  candidate.host = endpoint.address.to_string();
  candidate.address = endpoint.address;
  candidate.port = endpoint.port;
  return candidate;
}

std::optional<Candidate> Candidate::parse(std::string_view text) {
  if (text.size() > kMaxLine) return std::nullopt;
  while (!text.empty() && (text.back() == '\r' || text.back() == '\n' || text.back() == ' '))
    text.remove_suffix(1);
  drop_prefix(text, "a=");
  drop_prefix(text, "candidate:");

  Candidate candidate;
  candidate.foundation = next_word(text);
  if (candidate.foundation.empty() || candidate.foundation.size() > kMaxFoundation) return std::nullopt;
  if (!read_number(next_word(text), candidate.component) || candidate.component == 0) return std::nullopt;
  const std::string_view transport = next_word(text);
  if (same_word(transport, "tcp")) {
    candidate.transport = CandidateTransport::kTcp;
  } else if (!same_word(transport, "udp")) {
    return std::nullopt;
  }
  if (!read_number(next_word(text), candidate.priority)) return std::nullopt;
  candidate.host = next_word(text);
  if (candidate.host.empty()) return std::nullopt;
  candidate.address = base::IpAddress::parse(candidate.host);
  if (!read_number(next_word(text), candidate.port)) return std::nullopt;
  if (!same_word(next_word(text), "typ")) return std::nullopt;
  const std::string_view type = next_word(text);
  bool known = false;
  for (const TypeName& entry : kTypes) {
    if (!same_word(type, entry.name)) continue;
    candidate.type = entry.type;
    known = true;
  }
  if (!known) return std::nullopt;
  while (true) {
    const std::string_view name = next_word(text);
    if (name.empty()) break;
    const std::string_view value = next_word(text);
    if (same_word(name, "tcptype")) candidate.tcp_type = value;
  }
  return candidate;
}

std::string Candidate::to_string() const {
  std::string text = fmt::format("candidate:{} {} {} {} {} {} typ {}", foundation, component,
                                 transport == CandidateTransport::kUdp ? "udp" : "tcp", priority, host, port,
                                 name_of(type).name);
  if (!tcp_type.empty()) text += " tcptype " + tcp_type;
  return text;
}

std::optional<base::Endpoint> Candidate::endpoint() const {
  if (!address || port == 0) return std::nullopt;
  return base::Endpoint{*address, port};
}

}  // namespace ringback::webrtc
