#include "store/schema.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <vector>

#include "base/log.h"

namespace ringback::store {
namespace {

/// Raise it with every step added to `upgrade`; it is what an older program refuses to open.
constexpr int kVersion = 1;

struct ColumnSpec {
  std::string name;
  ColumnType type;
  bool required = false;
};

struct TableState {
  std::vector<Connection::Column> columns;  ///< after ensure_table()
  bool adopted = false;

  [[nodiscard]] const Connection::Column* find(const std::string& name) const {
    const auto found =
        std::find_if(columns.begin(), columns.end(), [&](const auto& column) { return column.name == name; });
    return found == columns.end() ? nullptr : &*found;
  }
  [[nodiscard]] bool numbered() const {
    const auto* const id = find("id");
    return id != nullptr && id->type.find("INT") != std::string::npos;
  }
};

std::string declaration(const Connection& connection, const ColumnSpec& column) {
  return column.name + " " + connection.type_name(column.type) + (column.required ? " NOT NULL" : "");
}

/// The table with an `id` key of text and the columns; or the one that is there, with what it lacks.
Outcome<TableState> ensure_table(Connection& connection, const std::string& name,
                                 const std::vector<ColumnSpec>& columns) {
  auto existing = connection.columns_of(name);
  if (!existing) return base::Failure{existing.error()};
  TableState state{std::move(*existing), true};
  if (state.columns.empty()) {
    std::string sql = "CREATE TABLE " + name + " (" +
                      declaration(connection, {"id", ColumnType::kKey, true}) + " PRIMARY KEY";
    for (const ColumnSpec& column : columns) sql += ", " + declaration(connection, column);
    if (auto created = connection.execute(sql + ")"); !created) return base::Failure{created.error()};
    return TableState{{{"id", connection.type_name(ColumnType::kKey)}}, false};
  }
  if (state.find("id") == nullptr) {
    return base::Failure{DatabaseError{false, "the table " + name + " exists but has no column id"}};
  }
  for (ColumnSpec column : columns) {
    if (state.find(column.name) != nullptr) continue;
    column.required = false;  // the rows that are there have nothing to put into it
    auto added = connection.execute("ALTER TABLE " + name + " ADD COLUMN " + declaration(connection, column));
    if (!added) return base::Failure{added.error()};
    base::log(base::LogLevel::kInfo, "store", "", "added column {} to the table {}", column.name, name);
  }
  return state;
}

Outcome<int> read_version(Connection& connection) {
  auto columns = connection.columns_of("ringback_schema");
  if (!columns) return base::Failure{columns.error()};
  if (columns->empty()) return 0;
  auto rows = connection.query("SELECT MAX(version) FROM ringback_schema", 1);
  if (!rows) return base::Failure{rows.error()};
  const std::string text = rows->empty() ? "0" : rows->front()[0].value_or("0");
  int version = 0;
  std::from_chars(text.data(), text.data() + text.size(), version);
  return version;
}

Outcome<Schema> ensure_tables(Connection& connection) {
  std::vector<ColumnSpec> call_specs;
  for (const CallColumn& column : call_columns())
    call_specs.push_back({column.name, column.type, column.required});
  auto existing = connection.columns_of("calls");
  if (!existing) return base::Failure{existing.error()};
  const bool numbered = TableState{*existing, true}.numbered();
  if (numbered) call_specs.push_back({"call_id", ColumnType::kKey});

  auto calls = ensure_table(connection, "calls", call_specs);
  if (!calls) return base::Failure{calls.error()};
  auto trunks = ensure_table(connection, "livekit_sip_trunks",
                             {{"name", ColumnType::kName},
                              {"sip_trunk_id", ColumnType::kKey, true},
                              {"provider", ColumnType::kName},
                              {"created_at", ColumnType::kTime}});
  if (!trunks) return base::Failure{trunks.error()};
  auto objects = ensure_table(connection, "ringback_sip_objects",
                              {{"kind", ColumnType::kName, true}, {"body", ColumnType::kText, true}});
  if (!objects) return base::Failure{objects.error()};
  auto state = ensure_table(connection, "ringback_state", {{"value", ColumnType::kText}});
  if (!state) return base::Failure{state.error()};
  return Schema{.calls_numbered = numbered, .trunks_numbered = trunks->numbered()};
}

/// What changes once, from the version found to ours.
Outcome<> upgrade(Connection& connection, int from, const Schema& schema) {
  std::vector<std::string> steps;
  if (from < 1) {
    steps.emplace_back("CREATE TABLE ringback_schema (version INTEGER NOT NULL)");
    steps.emplace_back("CREATE INDEX ringback_calls_status ON calls (status)");
    steps.emplace_back("CREATE INDEX ringback_calls_created ON calls (created_at)");
    if (schema.calls_numbered)
      steps.emplace_back("CREATE UNIQUE INDEX ringback_calls_call_id ON calls (call_id)");
  }
  if (from < kVersion) {
    steps.emplace_back("INSERT INTO ringback_schema (version) VALUES (" + std::to_string(kVersion) + ")");
  }
  for (const std::string& step : steps) {
    if (auto done = connection.execute(step); !done) return base::Failure{done.error()};
  }
  return {};
}

}  // namespace

Outcome<Schema> migrate(Connection& connection) {
  auto version = read_version(connection);
  if (!version) return base::Failure{version.error()};
  if (*version > kVersion) {
    return base::Failure{DatabaseError{false, "the database was written by a newer ringback (schema " +
                                                  std::to_string(*version) + ", this program knows " +
                                                  std::to_string(kVersion) + ")"}};
  }
  if (auto begun = connection.begin(); !begun) return base::Failure{begun.error()};
  auto schema = ensure_tables(connection);
  Outcome<> upgraded;
  if (schema) upgraded = upgrade(connection, *version, *schema);
  if (!schema || !upgraded) {
    connection.rollback();
    return base::Failure{schema ? upgraded.error() : schema.error()};
  }
  if (auto committed = connection.commit(); !committed) return base::Failure{committed.error()};
  return schema;
}

}  // namespace ringback::store
