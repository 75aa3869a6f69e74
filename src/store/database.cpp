#include "store/database.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "store/call_columns.h"
#include "store/column_value.h"
#include "store/cursor.h"
#include "store/statement.h"
#include "store/timestamp.h"

namespace ringback::store {
namespace {

constexpr unsigned kMostCallsPerPage = 500;

bool is_number(const std::string& text) {
  return !text.empty() && text.size() <= 19 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// "SELECT id, call_id, room_name, ..." and how to read what it gives.
std::string select_clause(const Schema& schema) {
  std::string sql = schema.calls_numbered ? "SELECT id, call_id" : "SELECT id, NULL";
  for (const CallColumn& column : call_columns()) sql += std::string(", ") + column.name;
  return sql + " FROM calls";
}

constexpr std::size_t kIdColumn = 0;
constexpr std::size_t kMintedIdColumn = 1;
constexpr std::size_t kFirstColumn = 2;  // of call_columns()
std::size_t selected_columns() {
  return call_columns().size() + kFirstColumn;
}

CallRow read_call(const TextRow& values) {
  CallRow row;
  row.id = CallId(values[kIdColumn].value_or(""));
  row.minted_id = CallId(values[kMintedIdColumn].value_or(""));
  for (std::size_t i = 0; i < call_columns().size(); ++i) {
    call_columns()[i].set(row, values[i + kFirstColumn]);
  }
  return row;
}

SqlText null_if_empty(const std::string& text) {
  return text.empty() ? SqlText() : SqlText(text);
}

}  // namespace

Database::Database(std::unique_ptr<Connection> connection, Schema schema, std::string node)
    : connection_(std::move(connection)), schema_(std::move(schema)), node_(std::move(node)) {}

Outcome<std::unique_ptr<Database>> Database::open(const DatabaseUrl& url, std::string node,
                                                  std::shared_ptr<Lifeline> lifeline) {
  auto connection = Connection::open(url, std::move(lifeline));
  if (!connection) return pass_on(connection);
  auto schema = migrate(**connection);
  if (!schema) {
    DatabaseError error = schema.error();
    error.message = "cannot prepare the database: " + error.message;
    return base::Failure{std::move(error)};
  }
  return std::unique_ptr<Database>(new Database(std::move(*connection), std::move(*schema), std::move(node)));
}

std::string Database::call_key(const CallId& id) const {
  return schema_.calls_numbered && !is_number(id.str()) ? "call_id" : "id";
}

Outcome<> Database::insert_call(CallRow row, base::WallMillis now, bool again) {
  if (again) {
    const auto found = get_call(row.id);
    if (!found) return pass_on(found);
    if (*found) return {};
  }
  row.updated_at = now;
  if (!row.created_at) row.created_at = now;
  row.node = node_;
  std::vector<std::pair<std::string, SqlText>> columns;
  columns.emplace_back(schema_.calls_numbered ? "call_id" : "id", row.id.str());
  for (std::size_t i = 0; i < call_columns().size(); ++i) {
    columns.emplace_back(call_columns()[i].name, fit(call_columns()[i].get(row), schema_.calls[i]));
  }
  const Statement insert = insert_into("calls", columns);
  return done(connection_->execute(insert.sql, insert.values));
}

Outcome<std::vector<CallRow>> Database::select_calls(const std::string& condition, const TextRow& values) {
  const auto rows =
      connection_->query(select_clause(schema_) + " WHERE " + condition, selected_columns(), values);
  if (!rows) return pass_on(rows);
  std::vector<CallRow> calls;
  for (const TextRow& row : *rows) calls.push_back(read_call(row));
  return calls;
}

Outcome<std::optional<CallRow>> Database::get_call(const CallId& id) {
  auto rows = select_calls(call_key(id) + " = " + placeholder(0), {id.str()});
  if (!rows) return pass_on(rows);
  if (rows->empty()) return std::optional<CallRow>();
  return std::optional<CallRow>(std::move(rows->front()));
}

Outcome<CallStatus> Database::update_call(const CallId& id, const CallChange& change, base::WallMillis now) {
  const auto found = get_call(id);
  if (!found) return pass_on(found);
  if (!*found) return base::Failure{DatabaseError{false, "there is no call " + id.str()}};
  const CallRow& before = **found;
  CallRow after = before;
  if (!node_.empty() && before.node == node_) resume(after);
  if (!apply(change, now, after)) return before.status;
  if (const auto written = write_changes(before, after); !written) return pass_on(written);
  return after.status;
}

Outcome<> Database::resume_call(const CallId& id, CallStatus status, base::WallMillis now) {
  const auto found = get_call(id);
  if (!found) return pass_on(found);
  if (!*found || (*found)->node != node_) return {};
  CallRow after = **found;
  resume(after);
  if (after == **found) return {};
  after.status = status;
  after.updated_at = now;
  return write_changes(**found, after);
}

// Only what changed is written: another program may own columns of an adopted table. Columns that the
// database would set by itself at every update are told to stay.
Outcome<> Database::write_changes(const CallRow& before, const CallRow& after) {
  Statement update("UPDATE calls SET ");
  std::string kept;
  for (std::size_t i = 0; i < call_columns().size(); ++i) {
    const CallColumn& column = call_columns()[i];
    SqlText value = fit(column.get(after), schema_.calls[i]);
    if (value == column.get(before)) {
      if (schema_.calls[i].set_on_update) kept += std::string(", ") + column.name + " = " + column.name;
      continue;
    }
    update.text(update.values.empty() ? "" : ", ")
        .text(std::string(column.name) + " = ")
        .value(std::move(value));
  }
  if (update.values.empty()) return {};
  update.text(kept + " WHERE id = ").value(before.id.str());
  return done(connection_->execute(update.sql, update.values));
}

Outcome<CallPage> Database::list_calls(const CallFilter& filter) {
  const unsigned limit = std::clamp(filter.limit, 1U, kMostCallsPerPage);
  Statement select(select_clause(schema_) + " WHERE 1 = 1");
  if (filter.status) select.text(" AND status = ").value(std::string(to_string(*filter.status)));
  if (!filter.cursor.empty()) {
    const auto cursor = decode_cursor(filter.cursor);
    if (!cursor || (schema_.calls_numbered && !is_number(cursor->id))) {
      return base::Failure{DatabaseError{false, "the cursor is not one that this program gave out"}};
    }
    if (schema_.calls_numbered) {
      select.text(" AND id < ").value(cursor->id);
    } else {
      select.text(" AND (created_at < ").value(cursor->created_at);
      select.text(" OR (created_at = ").value(cursor->created_at);
      select.text(" AND id < ").value(cursor->id).text("))");
    }
  }
  // Numbers grow with time; minted ids do not.
  select.text(schema_.calls_numbered ? " ORDER BY id DESC" : " ORDER BY created_at DESC, id DESC");
  select.text(" LIMIT " + std::to_string(limit + 1));  // one more, to know whether another page follows

  const auto rows = connection_->query(select.sql, selected_columns(), select.values);
  if (!rows) return pass_on(rows);
  const auto columns = call_columns();
  const auto created = std::find_if(columns.begin(), columns.end(), [](const CallColumn& column) {
    return std::string_view(column.name) == "created_at";
  });
  const auto created_column = static_cast<std::size_t>(created - columns.begin()) + kFirstColumn;
  CallPage page;
  Cursor last;
  for (const TextRow& values : *rows) {
    if (page.calls.size() == limit) {
      page.next_cursor = encode_cursor(last);
      break;
    }
    page.calls.push_back(read_call(values));
    // As the database holds it: another program may write times in another precision.
    last = {schema_.calls_numbered ? "" : values[created_column].value_or(""), page.calls.back().id.str()};
  }
  return page;
}

Outcome<> Database::upsert_trunk(const TrunkRow& row, base::WallMillis now) {
  const auto known = connection_->query(
      "SELECT id FROM livekit_sip_trunks WHERE sip_trunk_id = " + placeholder(0), 1, {row.sip_trunk_id});
  if (!known) return pass_on(known);
  if (!known->empty()) {
    Statement update("UPDATE livekit_sip_trunks SET name = ");
    update.value(null_if_empty(row.name)).text(", provider = ").value(null_if_empty(row.provider));
    update.text(" WHERE sip_trunk_id = ").value(row.sip_trunk_id);
    return done(connection_->execute(update.sql, update.values));
  }
  std::vector<std::pair<std::string, SqlText>> columns = {
      {"name", null_if_empty(row.name)},
      {"sip_trunk_id", row.sip_trunk_id},
      {"provider", null_if_empty(row.provider)},
      {"created_at", format_timestamp(row.created_at.value_or(now))}};
  if (!schema_.trunks_numbered) columns.emplace_back("id", row.id.empty() ? row.sip_trunk_id : row.id);
  const Statement insert = insert_into("livekit_sip_trunks", columns);
  return done(connection_->execute(insert.sql, insert.values));
}

Outcome<std::vector<TrunkRow>> Database::list_trunks() {
  const auto rows = connection_->query(
      "SELECT id, name, sip_trunk_id, provider, created_at FROM livekit_sip_trunks ORDER BY created_at, id",
      5);
  if (!rows) return pass_on(rows);
  std::vector<TrunkRow> trunks;
  for (const TextRow& values : *rows) {
    trunks.push_back({values[0].value_or(""), values[1].value_or(""), values[2].value_or(""),
                      values[3].value_or(""), values[4] ? parse_timestamp(*values[4]) : std::nullopt});
  }
  return trunks;
}

Outcome<> Database::put_sip_object(const SipObject& object) {
  Statement update("UPDATE ringback_sip_objects SET kind = ");
  update.value(object.kind).text(", body = ").value(object.body).text(" WHERE id = ").value(object.id);
  const auto updated = connection_->execute(update.sql, update.values);
  if (!updated) return pass_on(updated);
  if (*updated > 0) return {};
  const Statement insert =
      insert_into("ringback_sip_objects", {{"id", object.id}, {"kind", object.kind}, {"body", object.body}});
  return done(connection_->execute(insert.sql, insert.values));
}

Outcome<> Database::delete_sip_object(const std::string& id) {
  return done(connection_->execute("DELETE FROM ringback_sip_objects WHERE id = " + placeholder(0), {id}));
}

Outcome<std::vector<SipObject>> Database::load_sip_objects() {
  const auto rows = connection_->query("SELECT id, kind, body FROM ringback_sip_objects ORDER BY id", 3);
  if (!rows) return pass_on(rows);
  std::vector<SipObject> objects;
  for (const TextRow& values : *rows) {
    objects.push_back({values[0].value_or(""), values[1].value_or(""), values[2].value_or("")});
  }
  return objects;
}

}  // namespace ringback::store
