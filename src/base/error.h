#pragma once

#include <string>

#include "base/result.h"

namespace ringback::base {

/// A failure for places where no caller decides by its kind and a person reads the sentence (opening a
/// socket, reading a file, a setting). Modules whose callers do decide declare an `enum class` of their own
/// instead.
struct Error {
  std::string message;
};

template <class T = void>
using ErrorOr = Result<T, Error>;

inline Failure<Error> fail(std::string message) {
  return Failure<Error>{Error{std::move(message)}};
}

}  // namespace ringback::base
