#include "store/call_row.h"

#include <algorithm>
#include <array>

namespace ringback::store {
namespace {

constexpr std::array<std::string_view, 5> kStatusNames = {"initiated", "ringing", "connected", "ended",
                                                          "failed"};

template <class Value, class Field>
bool assign(const std::optional<Value>& value, Field& field) {
  if (!value || Field(*value) == field) return false;
  field = *value;
  return true;
}

}  // namespace

std::string_view to_string(CallStatus status) {
  return kStatusNames[static_cast<std::size_t>(status)];
}

std::optional<CallStatus> parse_call_status(std::string_view text) {
  for (std::size_t i = 0; i < kStatusNames.size(); ++i) {
    if (kStatusNames[i] == text) return static_cast<CallStatus>(i);
  }
  return std::nullopt;
}

bool apply(const CallChange& change, base::WallMillis now, CallRow& row) {
  // What comes with a second end is about an end that the row does not have.
  if (change.status && is_final(row.status)) return false;

  bool changed = false;
  if (change.status && *change.status > row.status) {
    row.status = *change.status;
    changed = true;
    const base::WallMillis at = change.at.value_or(now);
    if (row.status == CallStatus::kConnected) row.connected_at = at;
    if (is_final(row.status)) {
      row.ended_at = at;
      const base::WallMillis talked = row.connected_at ? at - *row.connected_at : 0;
      row.duration_seconds = talked > 0 ? talked / 1000 : 0;
    }
  }
  changed |= assign(change.participant_identity, row.participant_identity);
  changed |= assign(change.trunk_id, row.trunk_id);
  changed |= assign(change.sip_call_id, row.sip_call_id);
  changed |= assign(change.warning, row.warning);
  changed |= assign(change.ended_by, row.ended_by);
  changed |= assign(change.failure_code, row.failure_code);
  changed |= assign(change.failure_message, row.failure_message);
  changed |= assign(change.failure_stage, row.failure_stage);
  changed |= assign(change.failure_action, row.failure_action);
  changed |= assign(change.sip_status, row.sip_status);
  changed |= assign(change.sip_reason, row.sip_reason);
  if (changed) row.updated_at = now;
  return changed;
}

void interrupt(std::optional<base::WallMillis> alive, base::WallMillis now, CallRow& row) {
  const bool was_connected = row.status == CallStatus::kConnected;
  // Another program's row may lack the moment of the answer.
  if (was_connected && !row.connected_at) row.connected_at = row.started_at;
  const base::WallMillis begun =
      std::max({row.connected_at.value_or(0), row.started_at.value_or(0), row.created_at.value_or(0)});
  base::WallMillis end = std::max({begun, row.updated_at.value_or(0), alive.value_or(0)});
  if (end == 0 || end > now) end = std::max(begun, now);
  CallChange change;
  change.status = was_connected ? CallStatus::kEnded : CallStatus::kFailed;
  change.at = end;
  change.ended_by = std::string(kInterrupted);
  change.failure_code = std::string(kInterrupted);
  change.failure_message = "ringback stopped while the call was under way";
  apply(change, now, row);
}

void resume(CallRow& row) {
  if (!is_final(row.status) || row.ended_by != kInterrupted) return;
  // Between the start and the answer only the phone's next word tells; it will come.
  row.status = row.connected_at ? CallStatus::kConnected : CallStatus::kInitiated;
  row.ended_at.reset();
  row.duration_seconds.reset();
  row.ended_by.clear();
  row.failure_code.clear();
  row.failure_message.clear();
}

}  // namespace ringback::store
