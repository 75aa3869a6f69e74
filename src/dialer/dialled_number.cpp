#include "dialer/dialled_number.h"

#include <algorithm>
#include <cctype>
#include <set>

#include <fmt/format.h>
#include <phonenumbers/phonenumberutil.h>

#include "base/masked.h"

namespace ringback::dialer {
namespace {

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

constexpr std::size_t kMaxTyped = 64;
// ITU-T E.164: at most 15 digits; the shortest international numbers in use have 7.
constexpr std::size_t kMinDigits = 7;
constexpr std::size_t kMaxDigits = 15;

bool is_separator(char c) {
  return c == ' ' || c == '\t' || c == '.' || c == '-' || c == '(' || c == ')' || c == '[' || c == ']' ||
         c == '/';
}

// "+1 (555) 123-00.00" -> "+15551230000"; empty when something else stands in it.
std::string without_separators(std::string_view typed) {
  std::string digits;
  for (const char c : typed) {
    if (is_separator(c)) continue;
    if (c == '+' ? !digits.empty() : !std::isdigit(static_cast<unsigned char>(c))) return {};
    digits += c;
  }
  return digits;
}

std::string_view why_impossible(PhoneNumberUtil::ValidationResult result) {
  switch (result) {
    case PhoneNumberUtil::TOO_SHORT:
      return "it is too short for its country";
    case PhoneNumberUtil::TOO_LONG:
      return "it is too long for its country";
    case PhoneNumberUtil::INVALID_COUNTRY_CODE:
      return "no country has this code";
    default:
      return "its numbering plan does not have it";
  }
}

}  // namespace

base::Result<DialledNumber, bridge::CallFailure> read_dialled_number(std::string_view typed,
                                                                     std::string_view region,
                                                                     NumberCheck check) {
  using bridge::CallCause;
  if (typed.empty()) return base::Failure{bridge::make_failure(CallCause::kInvalidNumber, "it is empty")};
  if (typed.size() > kMaxTyped)
    return base::Failure{bridge::make_failure(CallCause::kInvalidNumber, "it is too long")};

  const PhoneNumberUtil& util = *PhoneNumberUtil::GetInstance();
  const std::string plain = without_separators(typed);
  if (plain.empty())
    return base::Failure{bridge::make_failure(CallCause::kInvalidNumber, "these are not digits")};
  PhoneNumber number;
  const auto parsed = util.Parse(std::string(typed), std::string(region), &number);

  DialledNumber result;
  if (plain.starts_with('+') && plain.size() - 1 >= kMinDigits && plain.size() - 1 <= kMaxDigits) {
    result.e164 = plain;
  } else if (parsed == PhoneNumberUtil::NO_PARSING_ERROR && !plain.starts_with('+')) {
    util.Format(number, PhoneNumberUtil::E164, &result.e164);
    const auto digits = result.e164.size() - 1;
    if (digits < kMinDigits || digits > kMaxDigits) {
      return base::Failure{
          bridge::make_failure(CallCause::kInvalidNumber, "it has too few or too many digits")};
    }
  } else {
    return base::Failure{bridge::make_failure(
        CallCause::kInvalidNumber, plain.starts_with('+') ? "after + it needs 7 to 15 digits"
                                                          : "it is no number of the default region")};
  }

  const auto possible = parsed == PhoneNumberUtil::NO_PARSING_ERROR ? util.IsPossibleNumberWithReason(number)
                                                                    : PhoneNumberUtil::INVALID_COUNTRY_CODE;
  if (possible != PhoneNumberUtil::IS_POSSIBLE) {
    if (check == NumberCheck::kPlan) {
      return base::Failure{bridge::make_failure(CallCause::kImpossibleNumber, why_impossible(possible))};
    }
    result.warning = fmt::format("The number is dialled, but {}.", why_impossible(possible));
  }
  return result;
}

bool is_known_region(std::string_view region) {
  std::set<std::string> regions;
  PhoneNumberUtil::GetInstance()->GetSupportedRegions(&regions);
  return regions.contains(std::string(region));
}

}  // namespace ringback::dialer
