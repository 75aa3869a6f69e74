#include "store/call_columns.h"

#include <array>
#include <charconv>

#include "store/timestamp.h"

namespace ringback::store {
namespace {

template <std::string CallRow::*Field>
constexpr CallColumn text(const char* name, ColumnType type = ColumnType::kName) {
  return {name, type, false,
          [](const CallRow& row) { return (row.*Field).empty() ? SqlText() : SqlText(row.*Field); },
          [](CallRow& row, const SqlText& value) { row.*Field = value.value_or(std::string()); }};
}

template <std::optional<base::WallMillis> CallRow::*Field>
constexpr CallColumn time(const char* name) {
  return {
      name, ColumnType::kTime, false,
      [](const CallRow& row) { return row.*Field ? SqlText(format_timestamp(*(row.*Field))) : SqlText(); },
      [](CallRow& row, const SqlText& value) {
        row.*Field = value ? parse_timestamp(*value) : std::nullopt;
      }};
}

template <auto Field>
constexpr CallColumn integer(const char* name) {
  return {name, ColumnType::kInteger, false,
          [](const CallRow& row) { return row.*Field ? SqlText(std::to_string(*(row.*Field))) : SqlText(); },
          [](CallRow& row, const SqlText& value) {
            using Integer = typename std::remove_reference_t<decltype(row.*Field)>::value_type;
            Integer number{};
            (row.*Field).reset();
            if (!value) return;
            const auto [end, error] = std::from_chars(value->data(), value->data() + value->size(), number);
            if (error == std::errc{}) row.*Field = number;
          }};
}

constexpr CallColumn room_name() {
  return {"room_name", ColumnType::kName, true, [](const CallRow& row) { return SqlText(row.room_name); },
          [](CallRow& row, const SqlText& value) { row.room_name = value.value_or(std::string()); }};
}

constexpr CallColumn status() {
  return {"status", ColumnType::kName, false,
          [](const CallRow& row) { return SqlText(to_string(row.status)); },
          [](CallRow& row, const SqlText& value) {
            // A word of another program in an adopted table: such a call is over for us.
            row.status = parse_call_status(value.value_or("")).value_or(CallStatus::kEnded);
          }};
}

constexpr std::array kColumns = {
    room_name(),
    text<&CallRow::caller_id>("caller_id"),
    text<&CallRow::phone_number>("phone_number"),
    text<&CallRow::prospect_id>("prospect_id"),
    status(),
    time<&CallRow::started_at>("started_at"),
    time<&CallRow::ended_at>("ended_at"),
    integer<&CallRow::duration_seconds>("duration_seconds"),
    time<&CallRow::created_at>("created_at"),
    time<&CallRow::updated_at>("updated_at"),
    time<&CallRow::connected_at>("connected_at"),
    text<&CallRow::caller_name>("caller_name"),
    text<&CallRow::direction>("direction"),
    text<&CallRow::participant_identity>("participant_identity"),
    text<&CallRow::trunk_id>("trunk_id"),
    text<&CallRow::sip_call_id>("sip_call_id"),
    text<&CallRow::node>("node"),
    text<&CallRow::warning>("warning", ColumnType::kText),
    text<&CallRow::ended_by>("ended_by"),
    text<&CallRow::failure_code>("failure_code"),
    text<&CallRow::failure_message>("failure_message", ColumnType::kText),
    text<&CallRow::failure_stage>("failure_stage"),
    text<&CallRow::failure_action>("failure_action", ColumnType::kText),
    integer<&CallRow::sip_status>("sip_status"),
    text<&CallRow::sip_reason>("sip_reason", ColumnType::kText),
};

}  // namespace

std::span<const CallColumn> call_columns() {
  return kColumns;
}

}  // namespace ringback::store
