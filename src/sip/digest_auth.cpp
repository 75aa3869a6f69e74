#include "sip/digest_auth.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "crypto/hex.h"
#include "sip/header_values.h"
#include "sip/parameters.h"

namespace ringback::sip {
namespace {

constexpr std::string_view kDigestScheme = "Digest";
/// Challenges in a row that one request may answer; only stale=true or a new nonce for a remembered one get
/// that far.
constexpr int kMaxRetries = 3;

struct AlgorithmName {
  std::string_view name;
  crypto::DigestAlgorithm algorithm;
  bool session_key;
};
constexpr std::array<AlgorithmName, 6> kAlgorithms = {
    {{"MD5", crypto::DigestAlgorithm::kMd5, false},
     {"MD5-sess", crypto::DigestAlgorithm::kMd5, true},
     {"SHA-256", crypto::DigestAlgorithm::kSha256, false},
     {"SHA-256-sess", crypto::DigestAlgorithm::kSha256, true},
     {"SHA-512-256", crypto::DigestAlgorithm::kSha512_256, false},
     {"SHA-512-256-sess", crypto::DigestAlgorithm::kSha512_256, true}}};

/// The parameters after the scheme name, which are separated by commas; empty for another scheme.
std::optional<Parameters> digest_parameters(std::string_view value) {
  value = trimmed(value);
  if (value.size() <= kDigestScheme.size() ||
      !equal_ignoring_case(value.substr(0, kDigestScheme.size()), kDigestScheme) ||
      (value[kDigestScheme.size()] != ' ' && value[kDigestScheme.size()] != '\t')) {
    return std::nullopt;
  }
  Parameters parameters;
  for (const std::string_view piece : split(value.substr(kDigestScheme.size()), ',')) {
    const auto equals = piece.find('=');
    if (equals == std::string_view::npos) continue;
    parameters.set(trimmed(piece.substr(0, equals)), std::string(trimmed(piece.substr(equals + 1))));
  }
  return parameters;
}

std::string random_hex(const RandomSource& random) {
  std::array<std::uint8_t, 16> bytes{};
  random(bytes);
  return crypto::to_hex(bytes);
}

std::string eight_digits(std::uint32_t number) {
  std::string text = "00000000";
  for (std::size_t i = text.size(); i-- > 0; number >>= 4) text[i] = "0123456789abcdef"[number & 15];
  return text;
}

/// Compares without telling by its time where two texts differ.
bool equal_in_constant_time(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference |= static_cast<unsigned>(static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]));
  }
  return difference == 0;
}

}  // namespace

std::optional<Challenge> Challenge::parse(std::string_view value, bool proxy) {
  const auto parameters = digest_parameters(value);
  if (!parameters) return std::nullopt;
  Challenge challenge;
  challenge.proxy = proxy;
  challenge.realm = parameters->get("realm").value_or("");
  challenge.nonce = parameters->get("nonce").value_or("");
  challenge.opaque = parameters->get("opaque").value_or("");
  challenge.stale = equal_ignoring_case(parameters->get("stale").value_or(""), "true");
  challenge.algorithm_name = parameters->get("algorithm").value_or("");
  if (!challenge.algorithm_name.empty()) {
    const auto known = std::ranges::find_if(kAlgorithms, [&](const AlgorithmName& item) {
      return equal_ignoring_case(item.name, challenge.algorithm_name);
    });
    if (known == kAlgorithms.end()) return std::nullopt;
    challenge.algorithm = known->algorithm;
    challenge.session_key = known->session_key;
  }
  if (const auto qop = parameters->get("qop"); qop && !trimmed(*qop).empty()) {
    const auto options = split(*qop, ',');
    challenge.qop_auth = std::ranges::any_of(
        options, [](std::string_view option) { return equal_ignoring_case(option, "auth"); });
    if (!challenge.qop_auth) return std::nullopt;
  }
  return challenge;
}

std::string digest_response(const DigestInput& input) {
  const auto join = [](std::initializer_list<std::string_view> parts) {
    std::string text;
    for (const std::string_view part : parts) {
      text += part;
      text += ':';
    }
    text.pop_back();
    return text;
  };
  std::string a1 = crypto::digest_hex(input.algorithm, join({input.username, input.realm, input.password}));
  if (input.session_key) a1 = crypto::digest_hex(input.algorithm, join({a1, input.nonce, input.cnonce}));
  const std::string a2 = crypto::digest_hex(input.algorithm, join({input.method, input.uri}));
  if (input.qop.empty()) return crypto::digest_hex(input.algorithm, join({a1, input.nonce, a2}));
  return crypto::digest_hex(input.algorithm,
                            join({a1, input.nonce, input.nonce_count, input.cnonce, input.qop, a2}));
}

DigestClient::DigestClient(std::optional<Credentials> credentials, RandomSource random)
    : credentials_(std::move(credentials)), random_(std::move(random)) {}

DigestClient::Verdict DigestClient::receive_challenge(const Message& response, const Message& sent) {
  // Per realm the strongest algorithm that we know; the order in the response decides between equals (RFC
  // 8760 2.4).
  std::vector<Challenge> best;
  for (const Header& header : response.headers) {
    const bool proxy = equal_ignoring_case(header.name, "Proxy-Authenticate");
    if (!proxy && !equal_ignoring_case(header.name, "WWW-Authenticate")) continue;
    auto challenge = Challenge::parse(header.value, proxy);
    if (!challenge) continue;
    const auto same = std::ranges::find_if(best, [&](const Challenge& item) {
      return item.proxy == challenge->proxy && item.realm == challenge->realm;
    });
    if (same == best.end()) {
      best.push_back(std::move(*challenge));
    } else if (challenge->algorithm > same->algorithm) {
      *same = std::move(*challenge);
    }
  }
  if (best.empty()) return Verdict::kUnknownScheme;
  if (!credentials_) return Verdict::kNoCredentials;

  for (Challenge& challenge : best) {
    auto known = std::ranges::find_if(realms_, [&](const Realm& item) {
      return item.challenge.proxy == challenge.proxy && item.challenge.realm == challenge.realm;
    });
    const std::string_view header = challenge.proxy ? "Proxy-Authorization" : "Authorization";
    const auto answers = sent.headers.all(header);
    const bool answered = known != realms_.end() && std::ranges::any_of(answers, [&](std::string_view value) {
                            const auto parameters = digest_parameters(value);
                            return parameters && parameters->get("realm").value_or("") == challenge.realm;
                          });
    if (answered) {
      const bool from_memory = known->nonce_count > 1 && challenge.nonce != known->challenge.nonce;
      if ((!challenge.stale && !from_memory) || ++known->retries >= kMaxRetries) return Verdict::kRefused;
    }
    if (known == realms_.end()) known = realms_.insert(realms_.end(), Realm{});
    if (known->challenge.nonce != challenge.nonce || known->cnonce.empty()) {
      known->nonce_count = 0;
      known->cnonce = random_hex(random_);
    }
    known->challenge = std::move(challenge);
    if (!answered) known->retries = 0;
  }
  return Verdict::kRetry;
}

std::string DigestClient::authorization(Realm& realm, const Message& request) {
  const Challenge& challenge = realm.challenge;
  ++realm.nonce_count;
  const std::string nonce_count = eight_digits(realm.nonce_count);
  const std::string_view qop = challenge.qop_auth ? "auth" : "";
  const std::string response = digest_response({.algorithm = challenge.algorithm,
                                                .session_key = challenge.session_key,
                                                .username = credentials_->username,
                                                .realm = challenge.realm,
                                                .password = credentials_->password,
                                                .nonce = challenge.nonce,
                                                .cnonce = realm.cnonce,
                                                .nonce_count = nonce_count,
                                                .qop = qop,
                                                .method = request.method,
                                                .uri = request.request_uri});
  std::string value = "Digest username=" + quoted(credentials_->username) +
                      ", realm=" + quoted(challenge.realm) + ", nonce=" + quoted(challenge.nonce) +
                      ", uri=" + quoted(request.request_uri) + ", response=\"" + response + '"';
  if (!challenge.algorithm_name.empty()) value += ", algorithm=" + challenge.algorithm_name;
  if (challenge.qop_auth) value += ", qop=auth, nc=" + nonce_count;
  if (challenge.qop_auth || challenge.session_key) value += ", cnonce=\"" + realm.cnonce + '"';
  if (!challenge.opaque.empty()) value += ", opaque=" + quoted(challenge.opaque);
  return value;
}

void DigestClient::authorize(Message& request) {
  request.headers.remove("Authorization");
  request.headers.remove("Proxy-Authorization");
  if (!credentials_) return;
  for (Realm& realm : realms_) {
    request.headers.add(realm.challenge.proxy ? "Proxy-Authorization" : "Authorization",
                        authorization(realm, request));
  }
}

DigestServer::DigestServer(std::string realm, PasswordOf password_of, RandomSource random)
    : realm_(std::move(realm)), password_of_(std::move(password_of)), secret_(random_hex(random)) {}

std::string DigestServer::nonce_at(std::uint64_t seconds) const {
  const std::string time = std::to_string(seconds);
  return time + '.' +
         crypto::digest_hex(crypto::DigestAlgorithm::kSha256, secret_ + ':' + time + ':' + secret_);
}

bool DigestServer::is_ours(std::string_view nonce, std::uint64_t& made_at) const {
  const auto [end, fault] = std::from_chars(nonce.data(), nonce.data() + nonce.size(), made_at);
  if (fault != std::errc{}) return false;
  return equal_in_constant_time(nonce, nonce_at(made_at));
}

DigestServer::Check DigestServer::check(const Message& request, std::uint64_t seconds) const {
  for (const std::string_view value : request.headers.all("Authorization")) {
    const auto parameters = digest_parameters(value);
    if (!parameters || parameters->get("realm").value_or("") != realm_) continue;
    const auto field = [&](std::string_view name) { return parameters->get(name).value_or(""); };
    const std::string username = field("username");
    const std::string nonce = field("nonce");
    std::uint64_t made_at = 0;
    if (!is_ours(nonce, made_at)) return {Verdict::kStale, username};

    std::string name = field("algorithm");
    if (name.empty()) name = "MD5";
    const auto algorithm = std::ranges::find_if(
        kAlgorithms, [&](const AlgorithmName& item) { return equal_ignoring_case(item.name, name); });
    const auto password = password_of_(username);
    if (algorithm == kAlgorithms.end() || !password) return {Verdict::kRefused, username};
    const std::string cnonce = field("cnonce");
    const std::string nonce_count = field("nc");
    const std::string qop = field("qop");
    const std::string uri = field("uri");
    const std::string expected = digest_response({.algorithm = algorithm->algorithm,
                                                  .session_key = algorithm->session_key,
                                                  .username = username,
                                                  .realm = realm_,
                                                  .password = *password,
                                                  .nonce = nonce,
                                                  .cnonce = cnonce,
                                                  .nonce_count = nonce_count,
                                                  .qop = qop,
                                                  .method = request.method,
                                                  .uri = uri});
    if (!equal_in_constant_time(expected, field("response"))) return {Verdict::kRefused, username};
    // Only after the password was right: an old nonce with a wrong password is no reason to ask again.
    if (seconds < made_at || seconds - made_at > kNonceLife) return {Verdict::kStale, username};
    return {Verdict::kAccepted, username};
  }
  return {};
}

void DigestServer::challenge(Message& response, std::uint64_t seconds, bool stale) const {
  const std::string nonce = nonce_at(seconds);
  for (const std::string_view algorithm : {"SHA-256", "MD5"}) {
    std::string value = "Digest realm=" + quoted(realm_) + ", nonce=\"" + nonce +
                        "\", qop=\"auth\", algorithm=" + std::string(algorithm);
    if (stale) value += ", stale=true";
    response.headers.add("WWW-Authenticate", std::move(value));
  }
}

}  // namespace ringback::sip
