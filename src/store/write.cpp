#include "store/write.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "base/overloaded.h"
#include "store/call_columns.h"

namespace ringback::store {
namespace {

using Json = nlohmann::json;

using TextField = std::optional<std::string> CallChange::*;
constexpr std::pair<const char*, TextField> kChangeTexts[] = {
    {"participant_identity", &CallChange::participant_identity},
    {"trunk_id", &CallChange::trunk_id},
    {"sip_call_id", &CallChange::sip_call_id},
    {"warning", &CallChange::warning},
    {"ended_by", &CallChange::ended_by},
    {"failure_code", &CallChange::failure_code},
    {"failure_message", &CallChange::failure_message},
    {"failure_stage", &CallChange::failure_stage},
    {"failure_action", &CallChange::failure_action},
    {"sip_reason", &CallChange::sip_reason},
};

using Written = Outcome<std::optional<WrittenCall>>;

Written no_call(const Outcome<>& outcome) {
  if (!outcome) return base::Failure{outcome.error()};
  return std::optional<WrittenCall>();
}

Json call_json(const InsertCall& insert) {
  Json row = {{"id", insert.row.id.str()}};
  for (const CallColumn& column : call_columns()) {
    if (auto value = column.get(insert.row)) row[column.name] = std::move(*value);
  }
  return {{"insert_call", std::move(row)}};
}

Json change_json(const UpdateCall& update) {
  Json change = {{"id", update.id.str()}};
  if (update.change.status) change["status"] = to_string(*update.change.status);
  if (update.change.at) change["at"] = *update.change.at;
  if (update.change.sip_status) change["sip_status"] = *update.change.sip_status;
  for (const auto& [name, field] : kChangeTexts) {
    if (update.change.*field) change[name] = *(update.change.*field);
  }
  return {{"update_call", std::move(change)}};
}

Json trunk_json(const TrunkRow& row) {
  Json trunk = {
      {"id", row.id}, {"name", row.name}, {"sip_trunk_id", row.sip_trunk_id}, {"provider", row.provider}};
  if (row.created_at) trunk["created_at"] = *row.created_at;
  return {{"upsert_trunk", std::move(trunk)}};
}

// The conversions of the library throw on what is absent or of another type; the file may hold anything.
std::string text_of(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}
template <class Number>
std::optional<Number> number_of(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_number_integer()) return std::nullopt;
  return found->get<Number>();
}

InsertCall read_insert(const Json& object) {
  InsertCall insert;
  insert.row.id = CallId(text_of(object, "id"));
  for (const CallColumn& column : call_columns()) {
    const auto found = object.find(column.name);
    if (found != object.end() && found->is_string()) column.set(insert.row, found->get<std::string>());
  }
  return insert;
}

UpdateCall read_update(const Json& object) {
  UpdateCall update;
  update.id = CallId(text_of(object, "id"));
  update.change.status = parse_call_status(text_of(object, "status"));
  update.change.at = number_of<base::WallMillis>(object, "at");
  update.change.sip_status = number_of<int>(object, "sip_status");
  for (const auto& [name, field] : kChangeTexts) {
    if (object.contains(name)) update.change.*field = text_of(object, name);
  }
  return update;
}

}  // namespace

Outcome<std::optional<WrittenCall>> perform(const Write& write, Database& database, bool again) {
  return std::visit(
      base::Overloaded{
          [&](const InsertCall& insert) -> Written {
            const auto inserted = database.insert_call(insert.row, write.at, again);
            if (!inserted) return base::Failure{inserted.error()};
            return std::optional<WrittenCall>(WrittenCall{insert.row.id, insert.row.status});
          },
          [&](const UpdateCall& update) -> Written {
            const auto status = database.update_call(update.id, update.change, write.at);
            if (!status) return base::Failure{status.error()};
            return std::optional<WrittenCall>(WrittenCall{update.id, *status});
          },
          [&](const TrunkRow& row) { return no_call(database.upsert_trunk(row, write.at)); },
          [&](const SipObject& object) { return no_call(database.put_sip_object(object)); },
          [&](const DeleteSipObject& object) { return no_call(database.delete_sip_object(object.id)); }},
      write.what);
}

std::string encode(const Write& write) {
  Json line = std::visit(
      base::Overloaded{[](const InsertCall& insert) { return call_json(insert); },
                       [](const UpdateCall& update) { return change_json(update); },
                       [](const TrunkRow& row) { return trunk_json(row); },
                       [](const SipObject& object) {
                         return Json{{"put_sip_object",
                                      {{"id", object.id}, {"kind", object.kind}, {"body", object.body}}}};
                       },
                       [](const DeleteSipObject& object) {
                         return Json{{"delete_sip_object", {{"id", object.id}}}};
                       }},
      write.what);
  line["at"] = write.at;
  return line.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::optional<Write> decode_write(std::string_view text) {
  const Json line = Json::parse(text, nullptr, false);
  if (!line.is_object()) return std::nullopt;
  const auto at = number_of<base::WallMillis>(line, "at");
  if (!at) return std::nullopt;
  for (const auto& [name, object] : line.items()) {
    if (!object.is_object()) continue;
    if (text_of(object, "id").empty() && name != "upsert_trunk") return std::nullopt;
    if (name == "insert_call") return Write{*at, read_insert(object)};
    if (name == "update_call") return Write{*at, read_update(object)};
    if (name == "upsert_trunk") {
      return Write{*at,
                   TrunkRow{text_of(object, "id"), text_of(object, "name"), text_of(object, "sip_trunk_id"),
                            text_of(object, "provider"), number_of<base::WallMillis>(object, "created_at")}};
    }
    if (name == "put_sip_object") {
      return Write{*at, SipObject{text_of(object, "id"), text_of(object, "kind"), text_of(object, "body")}};
    }
    if (name == "delete_sip_object") return Write{*at, DeleteSipObject{text_of(object, "id")}};
  }
  return std::nullopt;
}

}  // namespace ringback::store
