#include "dialer/call_api.h"

#include <charconv>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/log.h"
#include "bridge/call_service.h"
#include "crypto/digest.h"
#include "crypto/hmac.h"
#include "dialer/api_error.h"
#include "dialer/call_view.h"
#include "net/clock.h"
#include "net/front.h"

namespace ringback::dialer {
namespace {

// Far above any real request; the server's own limit lies higher, so that this error object is what clients
// see.
constexpr std::size_t kMaxBody = 64 * 1024;

constexpr std::string_view kPhoneIdentity = "sip-caller";
constexpr std::string_view kPhoneName = "Phone Call";

}  // namespace

CallApi::CallApi(net::Front& front, bridge::CallService& service, store::Store& store, Options options)
    : service_(service),
      journal_(store),
      node_hang_ups_(front, store, service),
      options_(std::move(options)) {}

void CallApi::mount(http::Router& router) {
  guard(router, "POST", "/api/livekit/call", &CallApi::create);
  guard(router, "GET", "/api/livekit/calls", &CallApi::list);
  guard(router, "GET", "/api/livekit/calls/{id}", &CallApi::get);
  guard(router, "DELETE", "/api/livekit/calls/{id}", &CallApi::hang_up);
}

bool CallApi::authorized(const http::Request& request) const {
  if (options_.api_keys.empty()) return true;
  const auto header = request.headers.get("Authorization");
  if (!header || !header->starts_with("Bearer ")) return false;
  const auto given = crypto::sha256(header->substr(7));
  // Digests have one length, so comparing them tells nothing about the keys; every key is compared.
  bool known = false;
  for (const auto& key : options_.api_keys) {
    const auto expected = crypto::sha256(key);
    known = crypto::constant_time_equal(given, expected) || known;
  }
  return known;
}

void CallApi::guard(http::Router& router, std::string_view method, std::string_view pattern,
                    void (CallApi::*handler)(const http::Request&, http::Responder)) {
  router.add(method, pattern, [this, handler](http::Request request, http::Responder responder) {
    if (!authorized(request)) return responder.respond(to_response(unauthorized()));
    if (request.body.size() > kMaxBody) return responder.respond(to_response(body_too_large(kMaxBody)));
    (this->*handler)(request, std::move(responder));
  });
}

void CallApi::create(const http::Request& http_request, http::Responder responder) {
  auto request = parse_call_request(http_request.body);
  if (!request) return responder.respond(to_response(request.error()));

  const auto now = net::wall_millis();
  const bridge::CallId id = bridge::make_call_id();
  const auto number =
      read_dialled_number(request->phone_number, options_.default_region, options_.number_check);

  store::CallRow row;
  row.id = store::CallId(id.str());
  row.room_name = room_names_.next(request->caller_id, number ? number->e164 : request->phone_number, now);
  row.caller_id = request->caller_id;
  row.caller_name = request->caller_name;
  row.phone_number = number ? number->e164 : request->phone_number;
  row.prospect_id = request->prospect_id;
  row.direction = "outbound";
  row.started_at = now;
  row.participant_identity = std::string(kPhoneIdentity);
  if (!number) return refuse(std::move(responder), std::move(row), number.error());
  row.warning = number->warning;
  row.trunk_id = service_.trunk_id();

  bridge::PhoneCall phone_call{.call_id = id,
                               .room_name = row.room_name,
                               .participant_identity = row.participant_identity,
                               .participant_name = std::string(kPhoneName),
                               .number = base::Masked(number->e164)};

  LiveCall call;
  call.answer = std::move(responder);
  call.room_name = row.room_name;
  call.token = user_token(*request, row.room_name);
  call.warning = row.warning;
  live_.emplace(id.str(), std::move(call));

  base::log(base::LogLevel::kInfo, "call", id.str(), "{} wants to call {} in room {}",
            base::Masked::mask(request->caller_id), phone_call.number.to_string(), row.room_name);
  journal_.begin(std::move(row));
  service_.place(std::move(phone_call), [this](const bridge::CallEvent& event) { on_event(event); });
}

void CallApi::refuse(http::Responder responder, store::CallRow row, const bridge::CallFailure& failure) {
  base::log(base::LogLevel::kWarn, "call", row.id.str(), "failed ({}): {}. {}", failure.code(),
            failure.message, failure.action);
  const store::CallId id = row.id;
  journal_.begin(std::move(row));
  journal_.fail(id, failure, net::wall_millis());
  ApiError error = from_failure(failure);
  error.call_id = id.str();
  responder.respond(to_response(error));
}

void CallApi::on_event(const bridge::CallEvent& event) {
  journal_.record(event);
  const auto found = live_.find(event.call_id.str());
  if (found == live_.end()) return;
  LiveCall& call = found->second;

  if (event.kind == bridge::CallEvent::Kind::kDialing && call.answer) {
    nlohmann::ordered_json body = {{"roomName", call.room_name},
                                   {"token", call.token},
                                   {"url", options_.room_url},
                                   {"callId", event.call_id.str()},
                                   {"status", "initiated"}};
    if (!call.warning.empty()) body["warning"] = call.warning;
    call.answer->respond(
        http::Response::json(200, body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)));
    call.answer.reset();
  }
  if (event.kind != bridge::CallEvent::Kind::kEnded) return;

  if (call.answer) {
    // The INVITE never left: the front end that asked for the call learns why.
    ApiError error =
        from_failure(event.end ? *event.end : bridge::make_failure(bridge::CallCause::kInternal));
    if (error.status == 200) error.status = 409;
    error.call_id = event.call_id.str();
    call.answer->respond(to_response(error));
  }
  for (auto& waiting : call.hang_ups) answer_row(event.call_id.str(), std::move(waiting));
  live_.erase(found);
}

void CallApi::get(const http::Request& request, http::Responder responder) {
  answer_row(std::string(request.path_parameter("id")), std::move(responder));
}

void CallApi::answer_row(const std::string& id, http::Responder responder) {
  auto shared = std::make_shared<http::Responder>(std::move(responder));
  net::Front* front = net::Front::current();
  const bool queued = journal_.store().get_call(
      store::CallId(id), *front, [shared, id](base::ErrorOr<std::optional<store::CallRow>> row) {
        if (!row) return shared->respond(to_response(store_failed(row.error().message)));
        if (!*row) return shared->respond(to_response(call_not_found(id)));
        shared->respond(http::Response::json(200, call_json(**row)));
      });
  if (!queued) shared->respond(to_response(store_failed("its queue is full")));
}

void CallApi::list(const http::Request& request, http::Responder responder) {
  store::CallFilter filter;
  if (const auto status = request.query_parameter("status"); status && !status->empty()) {
    filter.status = store::parse_call_status(*status);
    if (!filter.status) {
      return responder.respond(
          to_response(invalid_request("status must be one of initiated, ringing, connected, ended, failed")));
    }
  }
  if (const auto limit = request.query_parameter("limit"); limit && !limit->empty()) {
    const auto [end, error] = std::from_chars(limit->data(), limit->data() + limit->size(), filter.limit);
    if (error != std::errc{} || end != limit->data() + limit->size() || filter.limit < 1 ||
        filter.limit > 500) {
      return responder.respond(to_response(invalid_request("limit must be a whole number from 1 to 500")));
    }
  }
  if (const auto cursor = request.query_parameter("cursor")) filter.cursor = std::string(*cursor);

  auto shared = std::make_shared<http::Responder>(std::move(responder));
  const bool has_cursor = !filter.cursor.empty();
  const bool queued = journal_.store().list_calls(
      std::move(filter), *net::Front::current(), [shared, has_cursor](base::ErrorOr<store::CallPage> page) {
        if (page) return shared->respond(http::Response::json(200, call_list_json(*page)));
        shared->respond(to_response(has_cursor ? invalid_request("cursor: " + page.error().message)
                                               : store_failed(page.error().message)));
      });
  if (!queued) shared->respond(to_response(store_failed("its queue is full")));
}

void CallApi::hang_up(const http::Request& request, http::Responder responder) {
  const std::string id(request.path_parameter("id"));
  if (const auto found = live_.find(id); found != live_.end()) {
    found->second.hang_ups.push_back(std::move(responder));
    service_.hang_up(bridge::CallId(id), bridge::CallCause::kUserHungUp);
    return;
  }
  auto shared = std::make_shared<http::Responder>(std::move(responder));
  const bool queued =
      journal_.store().get_call(store::CallId(id), *net::Front::current(),
                                [this, shared, id](base::ErrorOr<std::optional<store::CallRow>> row) {
                                  hang_up_row(id, std::move(row), *shared);
                                });
  if (!queued) shared->respond(to_response(store_failed("its queue is full")));
}

void CallApi::hang_up_row(const std::string& id, base::ErrorOr<std::optional<store::CallRow>> row,
                          http::Responder& responder) {
  if (!row) return responder.respond(to_response(store_failed(row.error().message)));
  if (!*row) return responder.respond(to_response(call_not_found(id)));
  const store::CallRow& call = **row;
  if (const auto found = live_.find(call.minted_id.str()); found != live_.end()) {
    found->second.hang_ups.push_back(std::move(responder));
    service_.hang_up(bridge::CallId(call.minted_id.str()), bridge::CallCause::kUserHungUp);
    return;
  }
  if (!is_final(call.status) && !call.node.empty() && call.node != options_.node) {
    return node_hang_ups_.ask(call, std::move(responder));
  }
  // A call that is over already stays as it is: asking twice is no mistake.
  responder.respond(http::Response::json(200, call_json(call)));
}

std::string CallApi::user_token(const CallRequest& request, const std::string& room) const {
  livekit::Claims claims;
  claims.identity = request.caller_id;
  claims.name = request.caller_name;
  livekit::VideoGrants grants;
  grants.room_join = true;
  grants.room = room;
  grants.can_publish = true;
  grants.can_subscribe = true;
  grants.can_publish_data = true;
  claims.video = std::move(grants);
  claims.not_before = net::wall_millis() / 1000;
  claims.expires_at = claims.not_before + livekit::kDefaultTokenLife;
  return livekit::mint_token(claims, options_.room_key);
}

}  // namespace ringback::dialer
