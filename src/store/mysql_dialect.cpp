#include <fmt/format.h>
#include <soci/mysql/soci-mysql.h>

#include "store/dialect.h"

namespace ringback::store {
namespace {

constexpr const char* kSystemAuthorities = "/etc/ssl/certs/ca-certificates.crt";

enum class Severity { kStatement, kPassing, kConnection };

/// Errors of MySQL and MariaDB: those of the statement and its values, those that pass, and those that end
/// the connection. What another program may repair (a missing table, a right that was taken away) passes.
Severity severity_of(unsigned code) {
  if (code >= 2000 && code < 3000) return Severity::kConnection;  // the client library's own
  switch (code) {
    case 1048:  // NULL in a column that must not be
    case 1062:  // duplicate key
    case 1064:  // syntax
    case 1136:  // number of columns
    case 1169:  // duplicate key
    case 1216:  // foreign keys
    case 1217:
    case 1264:  // values
    case 1265:
    case 1292:
    case 1364:
    case 1366:
    case 1406:
    case 1451:
    case 1452:
    case 1644:  // a trigger refuses
    case 3819:  // CHECK, MySQL
    case 4025:  // CHECK, MariaDB
      return Severity::kStatement;
    case 1053:  // shutting down
    case 1290:  // read-only: another server may be the one to write to
    case 1792:
    case 1836:
    case 1927:  // connection was killed
    case 3169:
      return Severity::kConnection;
    default:
      return Severity::kPassing;
  }
}

/// These messages quote the value, which may be a phone number.
bool quotes_values(unsigned code) {
  return code == 1062 || code == 1265 || code == 1292 || code == 1366;
}

/// Empty: no TLS.
std::string authorities_of(const DatabaseUrl& url) {
  const auto option = [&](const char* name) {
    const auto found = url.options.find(name);
    return found == url.options.end() ? std::string() : found->second;
  };
  const std::string mode = option("ssl-mode");
  if (mode == "disabled") return {};
  if (const auto file = option("ssl-ca"); !file.empty()) return file;
  const bool wanted = !mode.empty() || url.options.contains("ssl-cert");
  return wanted ? kSystemAuthorities : std::string();
}

std::string connection_string(const DatabaseUrl& url) {
  // The client library takes the name localhost for a UNIX socket, which nobody meant who wrote a port.
  std::string text = connection_field("host", url.host == "localhost" ? "127.0.0.1" : url.host);
  text += connection_field("port", std::to_string(url.port));
  text += connection_field("db", url.database);
  text += connection_field("user", url.user);
  text += connection_field("pass", url.password);
  if (const auto socket = url.options.find("socket"); socket != url.options.end()) {
    text += connection_field("unix_socket", socket->second);
  }
  if (const auto authorities = authorities_of(url); !authorities.empty()) {
    text += connection_field("sslca", authorities);
    for (const auto& [option, field] : {std::pair{"ssl-cert", "sslcert"}, std::pair{"ssl-key", "sslkey"}}) {
      if (const auto file = url.options.find(option); file != url.options.end()) {
        text += connection_field(field, file->second);
      }
    }
  }
  // Statements have no limit here: adding an index to a large table takes its time. Lifeline ends hung ones.
  return text + "charset='utf8mb4' connect_timeout='5'";
}

class MysqlDialect final : public Dialect {
 public:
  Outcome<> open(soci::session& session, const DatabaseUrl& url) const override {
    session.open(soci::mysql, connection_string(url));
    // Without the strict mode a character that an adopted table cannot hold becomes "?"; with it, the row
    // would be lost.
    session << "SET SESSION time_zone = '+00:00', sql_mode = 'NO_ENGINE_SUBSTITUTION',"
               " innodb_lock_wait_timeout = 10, autocommit = 1";
    session << "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED";
    return {};
  }

  [[nodiscard]] DatabaseError explain(const soci::soci_error& error) const override {
    const auto* const mysql = dynamic_cast<const soci::mysql_soci_error*>(&error);
    if (mysql == nullptr) return {.transient = true, .message = message_of(error)};
    const unsigned code = mysql->err_num_;
    const auto severity = severity_of(code);
    return {.transient = severity != Severity::kStatement,
            .message = quotes_values(code)
                           ? fmt::format("a value does not fit or is not unique (error {})", code)
                           : message_of(error),
            .lost = severity == Severity::kConnection};
  }

  [[nodiscard]] int socket(soci::session& session) const override {
    // The session is one of ours, and SOCI does not export what a dynamic_cast needs.
    auto* const backend = static_cast<soci::mysql_session_backend*>(session.get_backend());
    return backend->conn_ == nullptr ? -1 : static_cast<int>(mysql_get_socket(backend->conn_));
  }
  [[nodiscard]] bool shared() const override { return true; }

  [[nodiscard]] std::string columns_query() const override {
    return "SELECT column_name, column_type, character_maximum_length, extra LIKE '%on update%'"
           " FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = :va"
           " ORDER BY ordinal_position";
  }
  [[nodiscard]] std::string indexes_query() const override {
    return "SELECT DISTINCT index_name FROM information_schema.statistics"
           " WHERE table_schema = DATABASE() AND table_name = :va";
  }

  /// Sets and orders of an adopted database do not matter to columns that name their own.
  [[nodiscard]] std::string type_name(ColumnType type) const override {
    switch (type) {
      case ColumnType::kKey:
        return "VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin";
      case ColumnType::kName:
        return "VARCHAR(255) CHARACTER SET utf8mb4";
      case ColumnType::kText:
        return "TEXT CHARACTER SET utf8mb4";
      case ColumnType::kInteger:
        return "BIGINT";
      case ColumnType::kTime:
        // NULL must be written: older servers make NOT NULL with a default of their own otherwise.
        return "TIMESTAMP(3) NULL";
    }
    return "TEXT";
  }
  [[nodiscard]] std::string table_options() const override {
    return " ENGINE=InnoDB DEFAULT CHARSET=utf8mb4";
  }

  // CREATE and ALTER end a transaction here, so the lock is one of its own.
  Outcome<> begin_alone(soci::session& session) const override {
    int locked = 0;
    soci::indicator known = soci::i_null;
    session << "SELECT GET_LOCK(CONCAT('ringback-', MD5(DATABASE())), 10)", soci::into(locked, known);
    if (known != soci::i_ok || locked != 1) {
      return base::Failure{DatabaseError{true, "another node is preparing the database"}};
    }
    session.begin();
    return {};
  }
  void release_alone(soci::session& session) const override {
    session << "DO RELEASE_LOCK(CONCAT('ringback-', MD5(DATABASE())))";
  }
};

}  // namespace

std::unique_ptr<Dialect> make_mysql_dialect() {
  return std::make_unique<MysqlDialect>();
}

}  // namespace ringback::store
