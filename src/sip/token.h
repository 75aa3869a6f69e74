#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sip/digest_auth.h"

namespace ringback::sip {

/// Makes the tokens of one worker. Every token that comes back to us in a message begins with the worker's
/// prefix, so that owner_of() finds the worker without a table.
class TokenMinter {
 public:
  /// `prefix`: one lower-case letter and one to three digits ("w0").
  TokenMinter(std::string prefix, RandomSource random);

  [[nodiscard]] std::string branch() { return "z9hG4bK-" + token(); }
  [[nodiscard]] std::string tag() { return token(); }
  [[nodiscard]] std::string call_id() { return token(); }
  [[nodiscard]] std::string contact_user() { return token(); }
  /// Uniform in [0, bound); bound must not be 0.
  [[nodiscard]] std::uint32_t below(std::uint32_t bound);
  [[nodiscard]] std::uint32_t number();
  [[nodiscard]] const RandomSource& random() const { return random_; }

 private:
  [[nodiscard]] std::string token();  ///< "<prefix>-" and 96 random bits

  std::string prefix_;
  RandomSource random_;
};

/// The prefix of the worker that owns the call or transaction of a raw message: a response by the branch of
/// its top Via, a request by its To tag, else by the user part of its Request-URI (our Contact). Empty for an
/// initial request from outside. Looks only at those headers; safe on any bytes. Callable from any thread.
[[nodiscard]] std::optional<std::string_view> owner_of(std::string_view message);

/// The Call-ID of a raw message: the shell keeps retransmissions and the CANCEL of an incoming INVITE
/// together by it.
[[nodiscard]] std::optional<std::string_view> raw_call_id(std::string_view message);

}  // namespace ringback::sip
