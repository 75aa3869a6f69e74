#pragma once

#include <cassert>
#include <type_traits>
#include <utility>
#include <variant>

namespace ringback::base {

/// Wraps the error value given to a Result, so that a T and an E of the same type cannot be confused.
template <class E>
struct Failure {
  E error;
};
template <class E>
Failure(E) -> Failure<E>;

/// The outcome of an operation whose failure is expected: a T, or an E that says why there is none.
///
/// Failures are values, never exceptions. Reading value() of a failed Result (or error() of a good one) is a
/// bug of the caller and asserts in debug builds. Use: `if (!result) return base::Failure{result.error()};`.
template <class T, class E>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  template <class F>
    requires std::is_convertible_v<F, E>
  Result(Failure<F> failure) : state_(std::in_place_index<1>, std::move(failure.error)) {}

  [[nodiscard]] bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & { return assert(ok()), *std::get_if<0>(&state_); }
  const T& value() const& { return assert(ok()), *std::get_if<0>(&state_); }
  T&& value() && { return assert(ok()), std::move(*std::get_if<0>(&state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  E& error() { return assert(!ok()), *std::get_if<1>(&state_); }
  const E& error() const { return assert(!ok()), *std::get_if<1>(&state_); }

  T value_or(T fallback) && { return ok() ? std::move(*this).value() : std::move(fallback); }

 private:
  std::variant<T, E> state_;
};

/// An outcome that carries nothing when it succeeds.
template <class E>
class [[nodiscard]] Result<void, E> {
 public:
  Result() = default;
  template <class F>
    requires std::is_convertible_v<F, E>
  Result(Failure<F> failure) : state_(std::in_place_index<1>, std::move(failure.error)) {}

  [[nodiscard]] bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  E& error() { return assert(!ok()), *std::get_if<1>(&state_); }
  const E& error() const { return assert(!ok()), *std::get_if<1>(&state_); }

 private:
  std::variant<std::monostate, E> state_;
};

}  // namespace ringback::base
