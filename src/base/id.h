#pragma once

#include <compare>
#include <functional>
#include <string>
#include <utility>

namespace ringback::base {

/// A string that means one kind of thing: a participant id cannot be passed where a room id belongs.
/// `Tag` is any type, usually declared in place: `using CallId = base::Id<struct CallIdTag>;`.
template <class Tag>
class Id {
 public:
  Id() = default;
  explicit Id(std::string value) : value_(std::move(value)) {}

  [[nodiscard]] const std::string& str() const { return value_; }
  [[nodiscard]] bool empty() const { return value_.empty(); }
  auto operator<=>(const Id&) const = default;

 private:
  std::string value_;
};

}  // namespace ringback::base

template <class Tag>
struct std::hash<ringback::base::Id<Tag>> {
  std::size_t operator()(const ringback::base::Id<Tag>& id) const noexcept {
    return std::hash<std::string>{}(id.str());
  }
};
