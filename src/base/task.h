#pragma once

#include <memory>
#include <type_traits>
#include <utility>

namespace ringback::base {

/// A move-only `void()` callable: what is posted to another thread or scheduled for later. Unlike
/// std::function it may own what cannot be copied. One allocation each; not for the media path.
class Task {
 public:
  Task() = default;
  template <class F>
    requires(!std::is_same_v<std::decay_t<F>, Task> && std::is_invocable_v<std::decay_t<F>&>)
  Task(F&& function) : body_(std::make_unique<Body<std::decay_t<F>>>(std::forward<F>(function))) {}

  explicit operator bool() const { return body_ != nullptr; }
  void operator()() { body_->run(); }

 private:
  struct Base {
    virtual ~Base() = default;
    virtual void run() = 0;
  };
  template <class F>
  struct Body final : Base {
    explicit Body(F&& function) : function_(std::move(function)) {}
    explicit Body(const F& function) : function_(function) {}
    void run() override { function_(); }
    F function_;
  };
  std::unique_ptr<Base> body_;
};

}  // namespace ringback::base
