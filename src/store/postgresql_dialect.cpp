#include <string_view>

#include <fmt/format.h>
#include <soci/postgresql/soci-postgresql.h>

#include "store/dialect.h"

namespace ringback::store {
namespace {

// Any number that other programs are unlikely to lock.
constexpr long long kAdvisoryLock = 0x72696e676261636b;  // "ringback"

/// Errors of the statement and its values (PostgreSQL's appendix A). What another program may repair (a
/// missing table, a right that was taken away) passes.
bool is_permanent(std::string_view state) {
  return state.starts_with("22") || state.starts_with("23") || state.starts_with("44") || state == "42601" ||
         state == "42804" || state == "42883" || state == "P0001";
}

/// Connection gone, server shutting down, or one that only reads: another server may be the one to write to.
bool ends_connection(std::string_view state) {
  return state.starts_with("08") || state.starts_with("57P") || state == "25006";
}

bool is_state(std::string_view state) {
  return state.size() == 5 &&
         state.find_first_not_of("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string_view::npos;
}

std::string connection_string(const DatabaseUrl& url) {
  std::string text;
  if (!url.host.empty()) text += connection_field("host", url.host);
  text += connection_field("port", std::to_string(url.port));
  text += connection_field("dbname", url.database);
  if (!url.user.empty()) text += connection_field("user", url.user);
  if (!url.password.empty()) text += connection_field("password", url.password);
  if (!url.options.contains("application_name")) text += connection_field("application_name", "ringback");
  for (const auto& [name, value] : url.options) text += connection_field(name, value);
  // Statements have no limit here: adding an index to a large table takes its time. Lifeline ends hung ones.
  return text + "client_encoding='UTF8' connect_timeout='5' keepalives_idle='15' tcp_user_timeout='15000'";
}

class PostgresqlDialect final : public Dialect {
 public:
  Outcome<> open(soci::session& session, const DatabaseUrl& url) const override {
    session.open(soci::postgresql, connection_string(url));
    // The details of an error quote the row.
    PQsetErrorVerbosity(connection_of(session), PQERRORS_TERSE);
    PQsetNoticeProcessor(
        connection_of(session), [](void*, const char*) {}, nullptr);
    session << "SET SESSION timezone = 'UTC'";
    session << "SET SESSION datestyle = 'ISO, YMD'";
    session << "SET SESSION lock_timeout = '10s'";
    return {};
  }

  [[nodiscard]] DatabaseError explain(const soci::soci_error& error) const override {
    const auto* const postgresql = dynamic_cast<const soci::postgresql_soci_error*>(&error);
    const std::string state = postgresql == nullptr ? "" : postgresql->sqlstate();
    // Without a state nothing came from the server: the connection is gone.
    if (!is_state(state)) return {.transient = true, .message = message_of(error), .lost = true};
    return {.transient = !is_permanent(state),
            .message = state.starts_with("22") || state.starts_with("23")
                           ? fmt::format("a value does not fit or is not unique (SQLSTATE {})", state)
                           : message_of(error),
            .lost = ends_connection(state)};
  }

  [[nodiscard]] int socket(soci::session& session) const override {
    PGconn* const connection = connection_of(session);
    return connection == nullptr ? -1 : PQsocket(connection);
  }
  [[nodiscard]] bool shared() const override { return true; }

  [[nodiscard]] std::string columns_query() const override {
    return "SELECT attname, format_type(atttypid, atttypmod),"
           " CASE WHEN atttypid IN ('varchar'::regtype, 'bpchar'::regtype) AND atttypmod > 4 THEN atttypmod "
           "- 4 END,"
           " NULL"
           " FROM pg_attribute WHERE attrelid = to_regclass(:va) AND attnum > 0 AND NOT attisdropped ORDER "
           "BY attnum";
  }
  [[nodiscard]] std::string indexes_query() const override {
    return "SELECT relname FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid WHERE indrelid = "
           "to_regclass(:va)";
  }

  [[nodiscard]] std::string type_name(ColumnType type) const override {
    switch (type) {
      case ColumnType::kKey:
        return "VARCHAR(64)";
      case ColumnType::kName:
        return "VARCHAR(255)";
      case ColumnType::kText:
        return "TEXT";
      case ColumnType::kInteger:
        return "BIGINT";
      case ColumnType::kTime:
        return "TIMESTAMPTZ(3)";
    }
    return "TEXT";
  }

  Outcome<> begin_alone(soci::session& session) const override {
    session.begin();
    session << fmt::format("SELECT pg_advisory_xact_lock({})", kAdvisoryLock);
    return {};
  }

 private:
  static PGconn* connection_of(soci::session& session) {
    // The session is one of ours, and SOCI does not export what a dynamic_cast needs.
    return static_cast<soci::postgresql_session_backend*>(session.get_backend())->conn_;
  }
};

}  // namespace

std::unique_ptr<Dialect> make_postgresql_dialect() {
  return std::make_unique<PostgresqlDialect>();
}

}  // namespace ringback::store
