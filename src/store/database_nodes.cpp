#include <algorithm>
#include <charconv>
#include <utility>

#include "store/database.h"
#include "store/statement.h"
#include "store/timestamp.h"

// The part of Database about nodes: who lives, and the rows of those who do not.
namespace ringback::store {
namespace {

constexpr const char* kLive = "status IN ('initiated', 'ringing', 'connected')";

// Live rows without a node come from other programs that use an adopted table, and from processes that had no
// name. Nobody can tell whether they are really live; after so long they are not.
constexpr base::WallMillis kForeignRowLife = 24LL * 3600 * 1000;

bool is_forgotten(const CallRow& row, base::WallMillis now) {
  const base::WallMillis seen = std::max({row.connected_at.value_or(0), row.started_at.value_or(0),
                                          row.created_at.value_or(0), row.updated_at.value_or(0)});
  return now - seen > kForeignRowLife;
}

}  // namespace

Outcome<std::optional<base::WallMillis>> Database::last_alive(const std::string& node) {
  const auto rows =
      connection_->query("SELECT alive_at FROM ringback_nodes WHERE id = " + placeholder(0), 1, {node});
  if (!rows) return pass_on(rows);
  if (rows->empty() || !rows->front()[0]) return std::optional<base::WallMillis>();
  return parse_timestamp(*rows->front()[0]);
}

Outcome<std::size_t> Database::close_rows(const std::vector<CallRow>& rows,
                                          std::optional<base::WallMillis> alive, base::WallMillis now) {
  for (const CallRow& before : rows) {
    CallRow after = before;
    interrupt(alive, now, after);
    if (const auto written = write_changes(before, after); !written) return pass_on(written);
  }
  return rows.size();
}

Outcome<std::size_t> Database::close_own_rows(base::WallMillis now) {
  if (const auto begun = connection_->begin_alone(); !begun) return pass_on(begun);
  auto closed = close_own_rows_alone(now);
  if (!closed) {
    connection_->rollback();
    return closed;
  }
  if (const auto committed = connection_->commit(); !committed) return pass_on(committed);
  return closed;
}

Outcome<std::size_t> Database::close_own_rows_alone(base::WallMillis now) {
  const auto alive = last_alive(node_);
  if (!alive) return pass_on(alive);
  // Nobody else uses the file of SQLite.
  auto own = shared() ? select_calls(std::string(kLive) + " AND node = " + placeholder(0), {node_})
                      : select_calls(kLive);
  if (!own) return pass_on(own);
  auto closed = close_rows(*own, *alive, now);
  if (!closed || !shared()) return closed;
  if (const auto forgotten = forget_hang_ups(node_); !forgotten) return pass_on(forgotten);
  auto foreign = select_calls(std::string(kLive) + " AND node IS NULL");
  if (!foreign) return pass_on(foreign);
  std::erase_if(*foreign, [now](const CallRow& row) { return !is_forgotten(row, now); });
  const auto more = close_rows(*foreign, std::nullopt, now);
  if (!more) return pass_on(more);
  return *closed + *more;
}

Outcome<std::optional<std::size_t>> Database::close_rows_of(const NodeBeat& dead, base::WallMillis now) {
  if (const auto begun = connection_->begin_alone(); !begun) return pass_on(begun);
  auto closed = close_rows_of_alone(dead, now);
  if (!closed || !*closed) {
    connection_->rollback();
    return closed;
  }
  if (const auto committed = connection_->commit(); !committed) return pass_on(committed);
  return closed;
}

Outcome<std::optional<std::size_t>> Database::close_rows_of_alone(const NodeBeat& dead,
                                                                  base::WallMillis now) {
  const auto alive = last_alive(dead.node);
  if (!alive) return pass_on(alive);
  Statement remove("DELETE FROM ringback_nodes WHERE id = ");
  remove.value(dead.node).text(" AND incarnation = ").value(dead.incarnation);
  remove.text(" AND beat = ").value(std::to_string(dead.beat));
  const auto removed = connection_->execute(remove.sql, remove.values);
  if (!removed) return pass_on(removed);
  if (*removed == 0) return std::optional<std::size_t>();
  const auto rows = select_calls(std::string(kLive) + " AND node = " + placeholder(0), {dead.node});
  if (!rows) return pass_on(rows);
  const auto closed = close_rows(*rows, *alive, now);
  if (!closed) return pass_on(closed);
  if (const auto forgotten = forget_hang_ups(dead.node); !forgotten) return pass_on(forgotten);
  return std::optional<std::size_t>(*closed);
}

Outcome<bool> Database::ask_hang_up(const CallId& minted_id, const std::string& node) {
  if (const auto begun = connection_->begin_alone(); !begun) return pass_on(begun);
  auto asked = ask_hang_up_alone(minted_id, node);
  if (!asked) {
    connection_->rollback();
    return asked;
  }
  if (const auto committed = connection_->commit(); !committed) return pass_on(committed);
  return asked;
}

Outcome<bool> Database::ask_hang_up_alone(const CallId& minted_id, const std::string& node) {
  const auto known =
      connection_->query("SELECT id FROM ringback_nodes WHERE id = " + placeholder(0), 1, {node});
  if (!known) return pass_on(known);
  if (known->empty()) return false;
  const auto left = connection_->query("SELECT id FROM ringback_hang_ups WHERE id = " + placeholder(0), 1,
                                       {minted_id.str()});
  if (!left) return pass_on(left);
  if (!left->empty()) return true;
  const Statement insert = insert_into("ringback_hang_ups", {{"id", minted_id.str()}, {"node", node}});
  const auto inserted = connection_->execute(insert.sql, insert.values);
  if (!inserted) return pass_on(inserted);
  return true;
}

Outcome<std::vector<CallId>> Database::take_hang_ups() {
  const auto rows =
      connection_->query("SELECT id FROM ringback_hang_ups WHERE node = " + placeholder(0), 1, {node_});
  if (!rows) return pass_on(rows);
  std::vector<CallId> calls;
  for (const TextRow& row : *rows) calls.emplace_back(row[0].value_or(""));
  if (calls.empty()) return calls;
  if (const auto begun = connection_->begin(); !begun) return pass_on(begun);
  // One by one: what has come since the query stays for the next time.
  for (const CallId& call : calls) {
    const auto removed =
        connection_->execute("DELETE FROM ringback_hang_ups WHERE id = " + placeholder(0), {call.str()});
    if (removed) continue;
    connection_->rollback();
    return pass_on(removed);
  }
  if (const auto committed = connection_->commit(); !committed) return pass_on(committed);
  return calls;
}

Outcome<> Database::forget_hang_ups(const std::string& node) {
  return done(connection_->execute("DELETE FROM ringback_hang_ups WHERE node = " + placeholder(0), {node}));
}

Outcome<> Database::register_node(const std::string& incarnation, base::WallMillis now) {
  Statement update("UPDATE ringback_nodes SET beat = 0, incarnation = ");
  update.value(incarnation)
      .text(", alive_at = ")
      .value(format_timestamp(now))
      .text(" WHERE id = ")
      .value(node_);
  const auto updated = connection_->execute(update.sql, update.values);
  if (!updated || *updated > 0) return done(updated);
  const Statement insert = insert_into(
      "ringback_nodes",
      {{"id", node_}, {"incarnation", incarnation}, {"beat", "0"}, {"alive_at", format_timestamp(now)}});
  return done(connection_->execute(insert.sql, insert.values));
}

Outcome<bool> Database::beat(const std::string& incarnation, base::WallMillis now) {
  Statement update("UPDATE ringback_nodes SET beat = beat + 1, alive_at = ");
  update.value(format_timestamp(now)).text(" WHERE id = ").value(node_);
  update.text(" AND incarnation = ").value(incarnation);
  const auto updated = connection_->execute(update.sql, update.values);
  if (!updated) return pass_on(updated);
  return *updated > 0;
}

Outcome<> Database::forget_node(const std::string& incarnation) {
  return done(connection_->execute(
      "DELETE FROM ringback_nodes WHERE id = " + placeholder(0) + " AND incarnation = " + placeholder(1),
      {node_, incarnation}));
}

Outcome<std::vector<NodeBeat>> Database::list_nodes() {
  const auto rows = connection_->query("SELECT id, incarnation, beat FROM ringback_nodes ORDER BY id", 3);
  if (!rows) return pass_on(rows);
  std::vector<NodeBeat> nodes;
  for (const TextRow& row : *rows) {
    NodeBeat beat{row[0].value_or(""), row[1].value_or(""), 0};
    const std::string count = row[2].value_or("");
    std::from_chars(count.data(), count.data() + count.size(), beat.beat);
    nodes.push_back(std::move(beat));
  }
  return nodes;
}

}  // namespace ringback::store
