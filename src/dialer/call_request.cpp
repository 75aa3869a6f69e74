#include "dialer/call_request.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace ringback::dialer {
namespace {

using nlohmann::json;

base::Result<std::string, ApiError> text_field(const json& body, const char* name, bool required) {
  const auto found = body.find(name);
  if (found == body.end() || found->is_null()) {
    if (!required) return std::string();
    return base::Failure{invalid_request(fmt::format("The field {} is missing", name))};
  }
  if (!found->is_string())
    return base::Failure{invalid_request(fmt::format("The field {} must be text", name))};
  auto value = found->get<std::string>();
  if (required && value.empty())
    return base::Failure{invalid_request(fmt::format("The field {} is empty", name))};
  if (value.size() > kMaxField) {
    return base::Failure{
        invalid_request(fmt::format("The field {} is longer than {} bytes", name, kMaxField))};
  }
  const bool control =
      std::any_of(value.begin(), value.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
  if (control)
    return base::Failure{invalid_request(fmt::format("The field {} has control characters", name))};
  return value;
}

}  // namespace

base::Result<CallRequest, ApiError> parse_call_request(std::string_view body) {
  // Nesting is bounded before the parser recurses: no field is deeper than the object itself.
  const auto depth_guard = [](int depth, json::parse_event_t, json&) { return depth <= 8; };
  const json parsed = json::parse(body, depth_guard, false);
  if (parsed.is_discarded()) return base::Failure{invalid_request("The body is not valid JSON")};
  if (!parsed.is_object()) return base::Failure{invalid_request("The body must be a JSON object")};

  CallRequest request;
  const struct {
    const char* name;
    std::string& into;
    bool required;
  } fields[] = {{"callerId", request.caller_id, true},
                {"phoneNumber", request.phone_number, true},
                {"prospectId", request.prospect_id, false},
                {"callerName", request.caller_name, false}};
  for (const auto& field : fields) {
    auto value = text_field(parsed, field.name, field.required);
    if (!value) return base::Failure{value.error()};
    field.into = std::move(*value);
  }
  return request;
}

std::string RoomNames::next(std::string_view caller_id, std::string_view number, base::WallMillis now) {
  last_ = std::max(now, last_ + 1);
  std::string name = "call_";
  for (const char c : caller_id) name += std::isalnum(static_cast<unsigned char>(c)) || c == '-' ? c : '-';
  name += '_';
  std::copy_if(number.begin(), number.end(), std::back_inserter(name),
               [](unsigned char c) { return std::isdigit(c) != 0; });
  return fmt::format("{}_{}", name, last_);
}

}  // namespace ringback::dialer
