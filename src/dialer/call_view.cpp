#include "dialer/call_view.h"

#include <ctime>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace ringback::dialer {
namespace {

using Json = nlohmann::ordered_json;

Json text(const std::string& value) {
  return value.empty() ? Json(nullptr) : Json(value);
}

Json time(const std::optional<base::WallMillis>& value) {
  return value ? Json(iso_time(*value)) : Json(nullptr);
}

Json view(const store::CallRow& row) {
  Json call = {
      {"id", row.id.str()},
      {"roomName", row.room_name},
      {"callerId", text(row.caller_id)},
      {"callerName", text(row.caller_name)},
      {"phoneNumber", text(row.phone_number)},
      {"prospectId", text(row.prospect_id)},
      {"status", std::string(to_string(row.status))},
      {"startedAt", time(row.started_at)},
      {"connectedAt", time(row.connected_at)},
      {"endedAt", time(row.ended_at)},
      {"durationSeconds", row.duration_seconds ? Json(*row.duration_seconds) : Json(nullptr)},
      {"createdAt", time(row.created_at)},
      {"updatedAt", time(row.updated_at)},
      {"direction", text(row.direction)},
      {"participantIdentity", text(row.participant_identity)},
      {"trunkId", text(row.trunk_id)},
      {"sipCallId", text(row.sip_call_id)},
      {"node", text(row.node)},
      {"sipStatus", row.sip_status ? Json(*row.sip_status) : Json(nullptr)},
      {"sipReason", text(row.sip_reason)},
      {"endedBy", text(row.ended_by)},
      {"reason", text(row.failure_code)},
      {"warning", text(row.warning)},
  };
  // The error object is for what went wrong; a call that ended as calls do has only a reason.
  if (!row.failure_action.empty() || row.status == store::CallStatus::kFailed) {
    Json error = {{"code", row.failure_code},
                  {"message", row.failure_message},
                  {"stage", row.failure_stage},
                  {"action", row.failure_action}};
    if (row.sip_status) {
      error["sipStatus"] = *row.sip_status;
      error["sipReason"] = row.sip_reason;
    }
    call["error"] = std::move(error);
  }
  return call;
}

// Whatever bytes a database holds, the answer is valid UTF-8.
std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string iso_time(base::WallMillis time) {
  const std::time_t seconds = static_cast<std::time_t>(time / 1000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, time % 1000);
}

std::string call_json(const store::CallRow& row) {
  return dump(view(row));
}

std::string call_list_json(const store::CallPage& page) {
  Json list = {{"calls", Json::array()}, {"nextCursor", text(page.next_cursor)}};
  for (const auto& row : page.calls) list["calls"].push_back(view(row));
  return dump(list);
}

}  // namespace ringback::dialer
