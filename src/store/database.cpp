#include "store/database.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "store/call_columns.h"
#include "store/cursor.h"
#include "store/timestamp.h"

namespace ringback::store {
namespace {

constexpr unsigned kMostCallsPerPage = 500;

bool is_number(const std::string& text) {
  return !text.empty() && text.size() <= 19 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// "SELECT id, room_name, ..." and how to read what it gives.
std::string select_calls() {
  std::string sql = "SELECT id";
  for (const CallColumn& column : call_columns()) sql += std::string(", ") + column.name;
  return sql + " FROM calls";
}

constexpr std::size_t kIdColumn = 0;
std::size_t selected_columns() {
  return call_columns().size() + 1;
}

CallRow read_call(const TextRow& values) {
  CallRow row;
  row.id = CallId(values[kIdColumn].value_or(""));
  for (std::size_t i = 0; i < call_columns().size(); ++i) call_columns()[i].set(row, values[i + 1]);
  return row;
}

SqlText null_if_empty(const std::string& text) {
  return text.empty() ? SqlText() : SqlText(text);
}

/// Grows an SQL statement and its values together.
class Statement {
 public:
  explicit Statement(std::string start) : sql(std::move(start)) {}
  Statement& text(const std::string& part) {
    sql += part;
    return *this;
  }
  Statement& value(SqlText bound) {
    sql += placeholder(values.size());
    values.push_back(std::move(bound));
    return *this;
  }
  std::string sql;
  TextRow values;
};

/// INSERT INTO table (columns) VALUES (...).
Statement insert_into(const std::string& table, const std::vector<std::pair<std::string, SqlText>>& columns) {
  Statement statement("INSERT INTO " + table + " (");
  for (std::size_t i = 0; i < columns.size(); ++i) statement.text(i == 0 ? "" : ", ").text(columns[i].first);
  statement.text(") VALUES (");
  for (std::size_t i = 0; i < columns.size(); ++i)
    statement.text(i == 0 ? "" : ", ").value(columns[i].second);
  statement.text(")");
  return statement;
}

template <class T>
base::Failure<DatabaseError> pass_on(const T& outcome) {
  return {outcome.error()};
}

Outcome<> done(const Outcome<long long>& executed) {
  if (!executed) return pass_on(executed);
  return {};
}

}  // namespace

Database::Database(std::unique_ptr<Connection> connection, const Schema& schema)
    : connection_(std::move(connection)), schema_(schema) {}

Outcome<std::unique_ptr<Database>> Database::open(const std::string& url) {
  auto connection = Connection::open(url);
  if (!connection) return pass_on(connection);
  const auto schema = migrate(**connection);
  if (!schema) {
    return base::Failure{DatabaseError{false, "cannot prepare the database: " + schema.error().message}};
  }
  return std::unique_ptr<Database>(new Database(std::move(*connection), *schema));
}

std::string Database::call_key(const CallId& id) const {
  return schema_.calls_numbered && !is_number(id.str()) ? "call_id" : "id";
}

Outcome<CallId> Database::insert_call(CallRow row, base::WallMillis now) {
  row.updated_at = now;
  if (!row.created_at) row.created_at = now;
  std::vector<std::pair<std::string, SqlText>> columns;
  columns.emplace_back(schema_.calls_numbered ? "call_id" : "id", row.id.str());
  for (const CallColumn& column : call_columns()) columns.emplace_back(column.name, column.get(row));
  const Statement insert = insert_into("calls", columns);
  if (const auto inserted = connection_->execute(insert.sql, insert.values); !inserted)
    return pass_on(inserted);
  if (!schema_.calls_numbered) return row.id;
  auto number = connection_->last_insert_id("calls");
  if (!number) return pass_on(number);
  return CallId(std::move(*number));
}

Outcome<std::optional<CallRow>> Database::get_call(const CallId& id) {
  Statement select(select_calls());
  select.text(" WHERE " + call_key(id) + " = ").value(id.str());
  const auto rows = connection_->query(select.sql, selected_columns(), select.values);
  if (!rows) return pass_on(rows);
  if (rows->empty()) return std::optional<CallRow>();
  return std::optional<CallRow>(read_call(rows->front()));
}

Outcome<CallStatus> Database::update_call(const CallId& id, const CallChange& change, base::WallMillis now) {
  const auto found = get_call(id);
  if (!found) return pass_on(found);
  if (!*found) return base::Failure{DatabaseError{false, "there is no call " + id.str()}};
  const CallRow& before = **found;
  CallRow after = before;
  if (!apply(change, now, after)) return before.status;
  if (const auto written = write_changes(before, after); !written) return pass_on(written);
  return after.status;
}

// Only what changed is written: another program may own columns of an adopted table.
Outcome<> Database::write_changes(const CallRow& before, const CallRow& after) {
  Statement update("UPDATE calls SET ");
  for (const CallColumn& column : call_columns()) {
    SqlText value = column.get(after);
    if (value == column.get(before)) continue;
    update.text(update.values.empty() ? "" : ", ")
        .text(std::string(column.name) + " = ")
        .value(std::move(value));
  }
  if (update.values.empty()) return {};
  update.text(" WHERE id = ").value(before.id.str());
  return done(connection_->execute(update.sql, update.values));
}

Outcome<CallPage> Database::list_calls(const CallFilter& filter) {
  const unsigned limit = std::clamp(filter.limit, 1U, kMostCallsPerPage);
  Statement select(select_calls() + " WHERE 1 = 1");
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
  const auto created_column = static_cast<std::size_t>(created - columns.begin()) + 1;
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

Outcome<std::size_t> Database::close_interrupted(base::WallMillis now) {
  const auto alive = last_alive();
  if (!alive) return pass_on(alive);
  const auto rows = connection_->query(
      select_calls() + " WHERE status IN ('initiated', 'ringing', 'connected')", selected_columns());
  if (!rows) return pass_on(rows);
  if (const auto begun = connection_->begin(); !begun) return pass_on(begun);
  for (const TextRow& values : *rows) {
    const auto closed = close_one(read_call(values), *alive, now);
    if (!closed) {
      connection_->rollback();
      return pass_on(closed);
    }
  }
  if (const auto committed = connection_->commit(); !committed) return pass_on(committed);
  return rows->size();
}

Outcome<> Database::close_one(CallRow row, std::optional<base::WallMillis> alive, base::WallMillis now) {
  const CallRow before = row;
  const bool was_connected = row.status == CallStatus::kConnected;
  // Another program's row may lack the moment of the answer.
  if (was_connected && !row.connected_at) row.connected_at = row.started_at;
  const base::WallMillis begun = std::max(row.connected_at.value_or(0),
                                          std::max(row.started_at.value_or(0), row.created_at.value_or(0)));
  base::WallMillis end = std::max({begun, row.updated_at.value_or(0), alive.value_or(0)});
  if (end == 0 || end > now) end = std::max(begun, now);
  CallChange change;
  change.status = was_connected ? CallStatus::kEnded : CallStatus::kFailed;
  change.at = end;
  change.ended_by = "interrupted";
  change.failure_code = "interrupted";
  change.failure_message = "ringback stopped while the call was under way";
  apply(change, now, row);
  return write_changes(before, row);
}

Outcome<std::optional<base::WallMillis>> Database::last_alive() {
  const auto rows = connection_->query("SELECT value FROM ringback_state WHERE id = 'last_alive'", 1);
  if (!rows) return pass_on(rows);
  if (rows->empty() || !rows->front()[0]) return std::optional<base::WallMillis>();
  return parse_timestamp(*rows->front()[0]);
}

Outcome<> Database::note_alive(base::WallMillis now) {
  return put_state("last_alive", format_timestamp(now));
}

Outcome<> Database::put_state(const std::string& name, const std::string& value) {
  Statement update("UPDATE ringback_state SET value = ");
  update.value(value).text(" WHERE id = ").value(name);
  const auto updated = connection_->execute(update.sql, update.values);
  if (!updated) return pass_on(updated);
  if (*updated > 0) return {};
  const Statement insert = insert_into("ringback_state", {{"id", name}, {"value", value}});
  return done(connection_->execute(insert.sql, insert.values));
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
