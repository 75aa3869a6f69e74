#include "dialer/call_journal.h"

#include "base/log.h"

namespace ringback::dialer {
namespace {

store::CallChange end_of(const bridge::CallFailure& failure, bool answered, base::WallMillis at) {
  store::CallChange change;
  // A call that was connected has ended, however; one that its own user gave up has not failed.
  const bool failed = !answered && bridge::info_of(failure.cause).http_status != 200;
  change.status = failed ? store::CallStatus::kFailed : store::CallStatus::kEnded;
  change.at = at;
  change.ended_by = ended_by(failure.cause);
  change.failure_code = std::string(failure.code());
  change.failure_message = failure.message;
  change.failure_stage = std::string(to_string(failure.stage));
  change.failure_action = failure.action;
  if (failure.sip_status != 0) {
    change.sip_status = failure.sip_status;
    change.sip_reason = failure.sip_reason;
  }
  return change;
}

}  // namespace

std::string ended_by(bridge::CallCause cause) {
  using bridge::CallCause;
  switch (cause) {
    case CallCause::kPhoneHungUp:
    case CallCause::kBusy:
    case CallCause::kDeclined:
    case CallCause::kNoAnswer:
    case CallCause::kUnavailable:
      return "phone";
    case CallCause::kUserHungUp:
    case CallCause::kCancelled:
      return "api";
    case CallCause::kRoomClosed:
    case CallCause::kRoomEmpty:
    case CallCause::kRemoved:
      return "room";
    case CallCause::kCredentialsMissing:
    case CallCause::kCredentialsRefused:
    case CallCause::kForbidden:
    case CallCause::kNumberNotFound:
    case CallCause::kNumberIncomplete:
    case CallCause::kBlocked:
    case CallCause::kRedirected:
    case CallCause::kNotAcceptable:
    case CallCause::kProviderOverloaded:
    case CallCause::kProviderError:
    case CallCause::kRejected:
      return "provider";
    default:
      return "ringback";
  }
}

void CallJournal::begin(store::CallRow row) {
  const std::string id = row.id.str();
  if (!store_.insert_call(std::move(row))) {
    base::log(base::LogLevel::kError, "store", id, "the call's row is lost: the database is too far behind");
  }
}

void CallJournal::update(const store::CallId& id, store::CallChange change) {
  if (!store_.update_call(id, std::move(change))) {
    base::log(base::LogLevel::kError, "store", id.str(),
              "a change of the call's row is lost: the database is too far behind");
  }
}

void CallJournal::fail(const store::CallId& id, const bridge::CallFailure& failure, base::WallMillis at) {
  update(id, end_of(failure, false, at));
}

void CallJournal::record(const bridge::CallEvent& event) {
  using Kind = bridge::CallEvent::Kind;
  const store::CallId id(event.call_id.str());
  store::CallChange change;
  change.at = event.at;
  switch (event.kind) {
    case Kind::kJoined:
      return;
    case Kind::kDialing:
      change.sip_call_id = event.sip_call_id;
      if (!event.trunk_id.empty()) change.trunk_id = event.trunk_id;
      break;
    case Kind::kRinging:
      change.status = store::CallStatus::kRinging;
      break;
    case Kind::kAnswered:
      change.status = store::CallStatus::kConnected;
      break;
    case Kind::kConnected:
      return;
    case Kind::kEnded:
      change = end_of(event.end ? *event.end : bridge::make_failure(bridge::CallCause::kInternal),
                      event.was_answered, event.at);
      break;
  }
  update(id, std::move(change));
}

}  // namespace ringback::dialer
