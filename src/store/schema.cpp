#include "store/schema.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <vector>

#include "base/log.h"
#include "store/column_value.h"

namespace ringback::store {
namespace {

/// Raise it with every change that an older program must not meet; it refuses to open such a database.
constexpr int kVersion = 2;

struct ColumnSpec {
  std::string name;
  ColumnType type;
  bool required = false;
};

struct IndexSpec {
  std::string name;
  std::string table;
  std::string column;
  bool unique = false;
};

const Column* find(const std::vector<Column>& columns, const std::string& name) {
  const auto found =
      std::find_if(columns.begin(), columns.end(), [&](const Column& column) { return column.name == name; });
  return found == columns.end() ? nullptr : &*found;
}

bool is_numbered(const std::vector<Column>& columns) {
  const Column* const id = find(columns, "id");
  return id != nullptr && is_whole_number(*id);
}

std::string declaration(const Connection& connection, const ColumnSpec& column) {
  return column.name + " " + connection.type_name(column.type) + (column.required ? " NOT NULL" : "");
}

/// Makes the table with an `id` key of text and the columns, or adds to the one that is there what it lacks.
Outcome<> ensure_table(Connection& connection, const std::string& name,
                       const std::vector<ColumnSpec>& columns) {
  const auto existing = connection.columns_of(name);
  if (!existing) return base::Failure{existing.error()};
  if (existing->empty()) {
    std::string sql = "CREATE TABLE " + name + " (" +
                      declaration(connection, {"id", ColumnType::kKey, true}) + " PRIMARY KEY";
    for (const ColumnSpec& column : columns) sql += ", " + declaration(connection, column);
    const auto created = connection.execute(sql + ")" + connection.table_options());
    if (!created) return base::Failure{created.error()};
    return {};
  }
  if (find(*existing, "id") == nullptr) {
    return base::Failure{DatabaseError{false, "the table " + name + " exists but has no column id"}};
  }
  for (ColumnSpec column : columns) {
    if (find(*existing, column.name) != nullptr) continue;
    column.required = false;  // the rows that are there have nothing to put into it
    auto added = connection.execute("ALTER TABLE " + name + " ADD COLUMN " + declaration(connection, column));
    if (!added) return base::Failure{added.error()};
    base::log(base::LogLevel::kInfo, "store", "", "added column {} to the table {}", column.name, name);
  }
  return {};
}

Outcome<> ensure_index(Connection& connection, const IndexSpec& index) {
  const auto known = connection.has_index(index.table, index.name);
  if (!known) return base::Failure{known.error()};
  if (*known) return {};
  const std::string kind = index.unique ? "CREATE UNIQUE INDEX " : "CREATE INDEX ";
  const auto created =
      connection.execute(kind + index.name + " ON " + index.table + " (" + index.column + ")");
  if (!created) return base::Failure{created.error()};
  return {};
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
  const auto existing = connection.columns_of("calls");
  if (!existing) return base::Failure{existing.error()};
  Schema schema{.calls_numbered = is_numbered(*existing)};
  if (schema.calls_numbered) call_specs.push_back({"call_id", ColumnType::kKey});

  const struct {
    const char* name;
    std::vector<ColumnSpec> columns;
  } tables[] = {
      {"calls", call_specs},
      {"livekit_sip_trunks",
       {{"name", ColumnType::kName},
        {"sip_trunk_id", ColumnType::kKey, true},
        {"provider", ColumnType::kName},
        {"created_at", ColumnType::kTime}}},
      {"ringback_sip_objects", {{"kind", ColumnType::kName, true}, {"body", ColumnType::kText, true}}},
      {"ringback_nodes",
       {{"incarnation", ColumnType::kKey, true},
        {"beat", ColumnType::kInteger, true},
        {"alive_at", ColumnType::kTime}}},
      // By the call's minted id. Nearly always empty, so that it needs no index by node.
      {"ringback_hang_ups", {{"node", ColumnType::kKey, true}}}};
  for (const auto& table : tables) {
    if (const auto made = ensure_table(connection, table.name, table.columns); !made)
      return base::Failure{made.error()};
  }

  const auto trunks = connection.columns_of("livekit_sip_trunks");
  if (!trunks) return base::Failure{trunks.error()};
  schema.trunks_numbered = is_numbered(*trunks);
  const auto calls = connection.columns_of("calls");
  if (!calls) return base::Failure{calls.error()};
  for (const CallColumn& column : call_columns()) {
    const Column* const found = find(*calls, column.name);
    if (found == nullptr)
      return base::Failure{
          DatabaseError{true, std::string("the table calls has lost its column ") + column.name}};
    schema.calls.push_back(*found);
  }
  return schema;
}

Outcome<> ensure_indexes(Connection& connection, const Schema& schema) {
  std::vector<IndexSpec> indexes = {{"ringback_calls_status", "calls", "status"},
                                    {"ringback_calls_created", "calls", "created_at"}};
  if (schema.calls_numbered) indexes.push_back({"ringback_calls_call_id", "calls", "call_id", true});
  for (const IndexSpec& index : indexes) {
    if (const auto made = ensure_index(connection, index); !made) return base::Failure{made.error()};
  }
  return {};
}

/// Last, so that whatever is cut off before is done again.
Outcome<> note_version(Connection& connection, int from) {
  if (from == kVersion) return {};
  for (const std::string& step :
       {std::string("CREATE TABLE IF NOT EXISTS ringback_schema (version INTEGER NOT NULL)"),
        "INSERT INTO ringback_schema (version) VALUES (" + std::to_string(kVersion) + ")"}) {
    if (const auto done = connection.execute(step); !done) return base::Failure{done.error()};
  }
  return {};
}

Outcome<Schema> migrate_alone(Connection& connection) {
  const auto version = read_version(connection);
  if (!version) return base::Failure{version.error()};
  if (*version > kVersion) {
    return base::Failure{DatabaseError{false, "the database was written by a newer ringback (schema " +
                                                  std::to_string(*version) + ", this program knows " +
                                                  std::to_string(kVersion) + ")"}};
  }
  auto schema = ensure_tables(connection);
  if (!schema) return schema;
  if (const auto made = ensure_indexes(connection, *schema); !made) return base::Failure{made.error()};
  if (const auto noted = note_version(connection, *version); !noted) return base::Failure{noted.error()};
  return schema;
}

}  // namespace

Outcome<Schema> migrate(Connection& connection) {
  if (const auto begun = connection.begin_alone(); !begun) return base::Failure{begun.error()};
  auto schema = migrate_alone(connection);
  if (!schema) {
    connection.rollback();
    return schema;
  }
  if (const auto committed = connection.commit(); !committed) return base::Failure{committed.error()};
  return schema;
}

}  // namespace ringback::store
