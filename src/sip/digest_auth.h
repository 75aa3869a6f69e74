#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/digest.h"
#include "sip/message.h"

namespace ringback::sip {

/// Fills bytes with randomness; crypto::fill_random in production, a seeded generator in tests.
using RandomSource = std::function<void(std::span<std::uint8_t>)>;

struct Credentials {
  std::string username;
  std::string password;
};

/// A `WWW-Authenticate` or `Proxy-Authenticate` of the Digest scheme (RFC 7616 3.3, RFC 8760).
struct Challenge {
  bool proxy = false;
  std::string realm;
  std::string nonce;
  std::string opaque;
  bool stale = false;
  std::string algorithm_name;  ///< as written; "" when absent (MD5)
  crypto::DigestAlgorithm algorithm = crypto::DigestAlgorithm::kMd5;
  bool session_key = false;  ///< the "-sess" variants
  bool qop_auth = false;     ///< offers qop=auth; without it the RFC 2069 form is used

  /// Empty for other schemes, unknown algorithms, and a qop list without "auth".
  static std::optional<Challenge> parse(std::string_view value, bool proxy);
};

/// The `response` value of a digest (RFC 7616 3.4.1). Pure.
struct DigestInput {
  crypto::DigestAlgorithm algorithm = crypto::DigestAlgorithm::kMd5;
  bool session_key = false;
  std::string_view username, realm, password, nonce, cnonce, nonce_count, qop, method, uri;
};
[[nodiscard]] std::string digest_response(const DigestInput& input);

/// The client side of digest authentication for one call: answers challenges, repeats the answer on later
/// requests of the call (with a rising nonce count), and knows when the peer refuses the password instead of
/// asking for it.
class DigestClient {
 public:
  DigestClient(std::optional<Credentials> credentials, RandomSource random);

  enum class Verdict : std::uint8_t { kRetry, kNoCredentials, kRefused, kUnknownScheme };
  /// Looks at a 401 or 407. kRetry: send the request again, decorated by authorize(). `sent` is the request
  /// that was challenged: one that already carried an answer to this realm and comes back without stale=true
  /// is refused. An answer made from a remembered nonce of an earlier request gets one more chance.
  Verdict receive_challenge(const Message& response, const Message& sent);
  /// Adds Authorization / Proxy-Authorization for every realm known so far. The request must be complete.
  void authorize(Message& request);

 private:
  struct Realm {
    Challenge challenge;
    std::uint32_t nonce_count = 0;
    std::string cnonce;
    int retries = 0;     ///< challenges in a row without success
    bool fresh = false;  ///< the next answer is the first to this nonce
  };
  [[nodiscard]] std::string authorization(Realm& realm, const Message& request);

  std::optional<Credentials> credentials_;
  RandomSource random_;
  std::vector<Realm> realms_;
};

/// The server side: makes challenges and checks answers. Nonces carry their time and a keyed digest, so
/// nothing is kept per challenge; a nonce is good for kNonceLife and replays of a nonce count within it are
/// not detected.
class DigestServer {
 public:
  /// Returns the password of a user, or nothing when unknown.
  using PasswordOf = std::function<std::optional<std::string>(std::string_view username)>;

  DigestServer(std::string realm, PasswordOf password_of, RandomSource random);

  enum class Verdict : std::uint8_t { kAccepted, kMissing, kStale, kRefused };
  struct Check {
    Verdict verdict = Verdict::kMissing;
    std::string username;
  };
  /// `seconds` is any clock that only moves forward.
  [[nodiscard]] Check check(const Message& request, std::uint64_t seconds) const;
  /// Adds WWW-Authenticate headers to a 401, strongest algorithm first.
  void challenge(Message& response, std::uint64_t seconds, bool stale) const;

  static constexpr std::uint64_t kNonceLife = 300;  ///< seconds

 private:
  [[nodiscard]] std::string nonce_at(std::uint64_t seconds) const;
  [[nodiscard]] bool is_ours(std::string_view nonce, std::uint64_t& made_at) const;

  std::string realm_;
  PasswordOf password_of_;
  std::string secret_;
};

}  // namespace ringback::sip
