#include "bridge/phone_rpc.h"

#include <algorithm>
#include <array>
#include <optional>

#include <nlohmann/json.hpp>

namespace ringback::bridge {
namespace {

using Json = nlohmann::ordered_json;
using Error = livekit::RpcResponse::Error;

/// What LiveKit's SIP service leaves out, too: how SIP carries the call.
constexpr std::array<std::string_view, 17> kTransport = {"Route",
                                                         "Record-Route",
                                                         "Via",
                                                         "Supported",
                                                         "Accept",
                                                         "Allow",
                                                         "Allow-Events",
                                                         "Content-Type",
                                                         "Content-Length",
                                                         "Content-Encoding",
                                                         "Content-Disposition",
                                                         "CSeq",
                                                         "Event",
                                                         "Expires",
                                                         "Session-Expires",
                                                         "Min-SE",
                                                         "Max-Forwards"};
constexpr std::size_t kMaxHeaders = 64;
constexpr std::size_t kMaxHeaderName = 64;
constexpr std::size_t kMaxHeaderValue = 1024;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

bool same_name(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

template <class Names>
bool names(const Names& list, std::string_view name) {
  return std::ranges::any_of(list, [name](std::string_view other) { return same_name(other, name); });
}

Error refused(std::string message) {
  return {.code = livekit::kRpcApplicationError, .message = std::move(message), .data = {}};
}

/// The object that a payload is; an empty payload is an empty one.
std::optional<Json> object_of(std::string_view payload) {
  if (payload.empty()) return Json::object();
  auto json = Json::parse(payload, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  return json;
}

/// A list of names; absent or null: empty. nullopt: something else.
std::optional<std::vector<std::string>> names_in(const Json& object, const char* member) {
  const auto found = object.find(member);
  if (found == object.end() || found->is_null()) return std::vector<std::string>{};
  if (!found->is_array()) return std::nullopt;
  std::vector<std::string> names;
  for (const auto& name : *found) {
    if (!name.is_string()) return std::nullopt;
    names.push_back(name.get<std::string>());
  }
  return names;
}

/// RFC 3261 section 25.1: a token, and text without control characters.
bool is_header(std::string_view name, std::string_view value) {
  const auto token = [](char c) {
    constexpr std::string_view kMarks = "-.!%*_+`'~";
    return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') ||
           kMarks.find(c) != std::string_view::npos;
  };
  const auto text = [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; };
  return !name.empty() && name.size() <= kMaxHeaderName && value.size() <= kMaxHeaderValue &&
         std::ranges::all_of(name, token) && std::ranges::all_of(value, text);
}

}  // namespace

Error unsupported_method() {
  return {
      .code = livekit::kRpcUnsupportedMethod, .message = "Method not supported at destination", .data = {}};
}

RpcResult remote_headers(std::string_view payload, const sip::HeaderList& headers) {
  const auto request = object_of(payload);
  const auto include = request ? names_in(*request, "include") : std::nullopt;
  const auto exclude = request ? names_in(*request, "exclude") : std::nullopt;
  if (!include || !exclude)
    return base::Failure{refused("the payload must be {\"include\":[],\"exclude\":[]}")};
  Json found = Json::object();
  for (const auto& header : headers) {
    if (names(kTransport, header.name) || names(*exclude, header.name)) continue;
    if (!include->empty() && !names(*include, header.name)) continue;
    if (!found.contains(header.name)) found[header.name] = header.value;
  }
  // Header values come from the network and need not be UTF-8.
  return Json{{"headers", std::move(found)}}.dump(-1, ' ', false, Json::error_handler_t::replace);
}

base::Result<sip::HeaderList, Error> end_call_headers(std::string_view payload) {
  const auto request = object_of(payload);
  if (!request) return base::Failure{refused("the payload must be {\"headers\":{}}")};
  sip::HeaderList headers;
  const auto wanted = request->find("headers");
  if (wanted == request->end() || wanted->is_null()) return headers;
  if (!wanted->is_object() || wanted->size() > kMaxHeaders) {
    return base::Failure{refused("headers must be an object of at most 64 names and values")};
  }
  for (const auto& [name, value] : wanted->items()) {
    if (!value.is_string() || !is_header(name, value.get_ref<const std::string&>())) {
      return base::Failure{refused("headers holds what is no SIP header field")};
    }
    headers.add(name, value.get<std::string>());
  }
  return headers;
}

bool serve_rpc(std::string_view packet, RoomSession::Listener& listener,
               const std::function<livekit::DataStamp()>& next_stamp,
               const std::function<void(std::string)>& send) {
  const auto request = livekit::parse_rpc_request(packet);
  if (!request) return false;
  const auto envelope = livekit::parse_data_envelope(packet);
  // The server API's own calls have no sender; their answers are picked up by the server.
  const std::string caller = envelope ? envelope->participant_identity : std::string();
  send(livekit::make_rpc_ack({.request_id = request->id}, caller, next_stamp()));
  livekit::RpcResponse response{.request_id = request->id, .payload = {}, .error = {}};
  if (request->version != 1) {
    response.error =
        Error{.code = livekit::kRpcUnsupportedVersion, .message = "Unsupported RPC version", .data = {}};
  } else if (auto result = listener.on_room_rpc(request->method, request->payload); !result) {
    response.error = result.error();
  } else if (result->size() > livekit::kMaxRpcPayload) {
    response.error =
        Error{.code = livekit::kRpcResponseTooLarge, .message = "Response payload too large", .data = {}};
  } else {
    response.payload = std::move(*result);
  }
  send(livekit::make_rpc_response(response, caller, next_stamp()));
  return true;
}

}  // namespace ringback::bridge
