#include "sip/message.h"

#include <algorithm>
#include <array>
#include <utility>

#include "sip/parameters.h"

namespace ringback::sip {

void HeaderList::prepend(std::string_view name, std::string value) {
  items_.insert(items_.begin(), {std::string(name), std::move(value)});
}

void HeaderList::set(std::string_view name, std::string value) {
  const auto same = [name](const Header& item) { return equal_ignoring_case(item.name, name); };
  const auto first = std::ranges::find_if(items_, same);
  if (first == items_.end()) {
    add(name, std::move(value));
    return;
  }
  first->value = std::move(value);
  items_.erase(std::remove_if(first + 1, items_.end(), same), items_.end());
}

void HeaderList::remove(std::string_view name) {
  std::erase_if(items_, [name](const Header& item) { return equal_ignoring_case(item.name, name); });
}

std::optional<std::string_view> HeaderList::get(std::string_view name) const {
  for (const Header& item : items_) {
    if (equal_ignoring_case(item.name, name)) return item.value;
  }
  return std::nullopt;
}

std::vector<std::string_view> HeaderList::all(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const Header& item : items_) {
    if (equal_ignoring_case(item.name, name)) values.push_back(item.value);
  }
  return values;
}

std::vector<std::string_view> HeaderList::elements(std::string_view name) const {
  std::vector<std::string_view> result;
  for (const Header& item : items_) {
    if (!equal_ignoring_case(item.name, name)) continue;
    for (const std::string_view piece : split(item.value, ',')) {
      if (!piece.empty()) result.push_back(piece);
    }
  }
  return result;
}

bool HeaderList::has_token(std::string_view name, std::string_view token) const {
  const auto tokens = elements(name);
  return std::ranges::any_of(tokens, [&](std::string_view item) { return equal_ignoring_case(item, token); });
}

std::string_view long_name(std::string_view name) {
  // RFC 3261 7.3.3 and the registry of later ones: RFC 3515, 3841, 3892, 4028, 6665, 8224.
  constexpr std::array<std::pair<char, std::string_view>, 19> kCompact = {{{'a', "Accept-Contact"},
                                                                           {'b', "Referred-By"},
                                                                           {'c', "Content-Type"},
                                                                           {'d', "Request-Disposition"},
                                                                           {'e', "Content-Encoding"},
                                                                           {'f', "From"},
                                                                           {'i', "Call-ID"},
                                                                           {'j', "Reject-Contact"},
                                                                           {'k', "Supported"},
                                                                           {'l', "Content-Length"},
                                                                           {'m', "Contact"},
                                                                           {'n', "Identity-Info"},
                                                                           {'o', "Event"},
                                                                           {'r', "Refer-To"},
                                                                           {'s', "Subject"},
                                                                           {'t', "To"},
                                                                           {'u', "Allow-Events"},
                                                                           {'v', "Via"},
                                                                           {'x', "Session-Expires"}}};
  if (name.size() != 1) return name;
  for (const auto& [compact, full] : kCompact) {
    if (equal_ignoring_case(name, std::string_view(&compact, 1))) return full;
  }
  return name;
}

std::string_view reason_phrase(std::uint16_t status) {
  switch (status) {
    case 100:
      return "Trying";
    case 180:
      return "Ringing";
    case 181:
      return "Call Is Being Forwarded";
    case 182:
      return "Queued";
    case 183:
      return "Session Progress";
    case 199:
      return "Early Dialog Terminated";
    case 200:
      return "OK";
    case 202:
      return "Accepted";
    case 300:
      return "Multiple Choices";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Moved Temporarily";
    case 305:
      return "Use Proxy";
    case 380:
      return "Alternative Service";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 402:
      return "Payment Required";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 407:
      return "Proxy Authentication Required";
    case 408:
      return "Request Timeout";
    case 410:
      return "Gone";
    case 413:
      return "Request Entity Too Large";
    case 415:
      return "Unsupported Media Type";
    case 416:
      return "Unsupported URI Scheme";
    case 420:
      return "Bad Extension";
    case 421:
      return "Extension Required";
    case 422:
      return "Session Interval Too Small";
    case 423:
      return "Interval Too Brief";
    case 480:
      return "Temporarily Unavailable";
    case 481:
      return "Call/Transaction Does Not Exist";
    case 482:
      return "Loop Detected";
    case 483:
      return "Too Many Hops";
    case 484:
      return "Address Incomplete";
    case 485:
      return "Ambiguous";
    case 486:
      return "Busy Here";
    case 487:
      return "Request Terminated";
    case 488:
      return "Not Acceptable Here";
    case 489:
      return "Bad Event";
    case 491:
      return "Request Pending";
    case 493:
      return "Undecipherable";
    case 500:
      return "Server Internal Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Server Time-out";
    case 505:
      return "Version Not Supported";
    case 513:
      return "Message Too Large";
    case 600:
      return "Busy Everywhere";
    case 603:
      return "Decline";
    case 604:
      return "Does Not Exist Anywhere";
    case 606:
      return "Not Acceptable";
    case 607:
      return "Unwanted";
    case 608:
      return "Rejected";
    default:
      break;
  }
  if (status < 200) return "Session Progress";
  if (status < 300) return "OK";
  if (status < 400) return "Multiple Choices";
  if (status < 500) return "Bad Request";
  if (status < 600) return "Server Internal Error";
  return "Decline";
}

namespace {

/// The first application/sdp part of a MIME multipart body (RFC 2046 5.1).
std::string_view sdp_part(std::string_view body, std::string_view boundary) {
  const std::string delimiter = "--" + std::string(boundary);
  std::size_t at = body.find(delimiter);
  while (at != std::string_view::npos) {
    const std::size_t begin = body.find('\n', at);
    if (begin == std::string_view::npos) return {};
    const std::size_t end = body.find(delimiter, begin);
    if (end == std::string_view::npos) return {};
    std::string_view part = body.substr(begin + 1, end - begin - 1);
    bool is_sdp = false;
    while (!part.empty()) {
      const std::size_t line_end = part.find('\n');
      const std::string_view line = trimmed(part.substr(0, line_end));
      part.remove_prefix(line_end == std::string_view::npos ? part.size() : line_end + 1);
      if (line.empty()) break;
      const std::size_t colon = line.find(':');
      if (colon == std::string_view::npos) continue;
      const std::string_view name = long_name(trimmed(line.substr(0, colon)));
      const std::string_view type = trimmed(line.substr(colon + 1));
      if (equal_ignoring_case(name, "Content-Type")) {
        is_sdp = equal_ignoring_case(trimmed(type.substr(0, type.find(';'))), "application/sdp");
      }
    }
    if (is_sdp) return part;
    at = end;
  }
  return {};
}

}  // namespace

std::string_view sdp_of(const Message& message) {
  if (message.body.empty()) return {};
  const auto type = message.headers.get("Content-Type");
  if (!type) return message.body.starts_with("v=0") ? std::string_view(message.body) : std::string_view();
  const std::size_t semicolon = type->find(';');
  const std::string_view media_type = trimmed(type->substr(0, semicolon));
  if (equal_ignoring_case(media_type, "application/sdp")) return message.body;
  constexpr std::string_view kMultipart = "multipart/";
  if (semicolon == std::string_view::npos || media_type.size() < kMultipart.size() ||
      !equal_ignoring_case(media_type.substr(0, kMultipart.size()), kMultipart)) {
    return {};
  }
  const auto parameters = Parameters::parse(type->substr(semicolon));
  const auto boundary = parameters ? parameters->get("boundary") : std::nullopt;
  return boundary && !boundary->empty() ? sdp_part(message.body, *boundary) : std::string_view();
}

}  // namespace ringback::sip
