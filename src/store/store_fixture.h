#pragma once

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/connection.h"
#include "store/store.h"

namespace ringback::store {

/// Runs what is posted at once, on the posting thread: callbacks here only fill promises.
class InlineExecutor final : public base::Executor {
 public:
  bool post(base::Task task) override { return task(), true; }
};

/// The databases that the tests run on: SQLite, and the servers that `./test` has started and named in the
/// environment (administrators' URLs).
inline std::vector<std::string> databases_at_hand(bool servers_only = false) {
  std::vector<std::string> kinds;
  if (!servers_only) kinds.emplace_back("sqlite");
  if (std::getenv("RINGBACK_TEST_MYSQL") != nullptr) kinds.emplace_back("mysql");
  if (std::getenv("RINGBACK_TEST_POSTGRESQL") != nullptr) kinds.emplace_back("postgresql");
  return kinds;
}

/// An empty database of its own for each test, of the kind that is the parameter.
class DatabaseTest : public ::testing::TestWithParam<std::string> {
 protected:
  DatabaseTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "ringback-store-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    if (sqlite()) return;
    static std::atomic<int> next{0};
    name_ = fmt::format("test_{}_{}", ::getpid(), ++next);
    administrate("CREATE DATABASE " + name_);
    administrate(mysql() ? fmt::format("CREATE USER {0} IDENTIFIED BY 'p@ss ''\"\\\\'", name_)
                         : fmt::format("CREATE USER {0} PASSWORD 'p@ss ''\"\\'", name_));
    administrate(mysql() ? fmt::format("GRANT ALL ON {0}.* TO {0}", name_)
                         : fmt::format("ALTER DATABASE {0} OWNER TO {0}", name_));
  }
  ~DatabaseTest() override {
    std::filesystem::remove_all(folder_);
    if (sqlite()) return;
    administrate("DROP DATABASE " + name_ + (mysql() ? "" : " WITH (FORCE)"));
    administrate("DROP USER " + name_);
  }

  [[nodiscard]] bool sqlite() const { return GetParam() == "sqlite"; }
  [[nodiscard]] bool mysql() const { return GetParam() == "mysql"; }

  [[nodiscard]] std::string path() const { return folder_ + "/a folder.db"; }
  [[nodiscard]] std::string url() const {
    if (sqlite()) return "sqlite:" + path();
    const DatabaseUrl server = server_url();
    return fmt::format("{}://{}:p%40ss%20'%22%5C@{}:{}/{}", GetParam(), name_, server.host, server.port,
                       name_);
  }
  [[nodiscard]] DatabaseUrl parsed_url() const { return *parse_database_url(url()); }

  /// Nobody can use the database until come_back().
  void go_away() const {
    if (mysql()) {
      administrate("ALTER USER " + name_ + " ACCOUNT LOCK");
      administrate("KILL USER " + name_);
    } else {
      administrate("ALTER DATABASE " + name_ + " ALLOW_CONNECTIONS false");
      administrate("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" + name_ + "'");
    }
  }
  void come_back() const {
    administrate(mysql() ? "ALTER USER " + name_ + " ACCOUNT UNLOCK"
                         : "ALTER DATABASE " + name_ + " ALLOW_CONNECTIONS true");
  }

  /// Statements by another program, each ended by ";".
  void sql(std::string_view statements) const {
    const auto connection = connect(parsed_url());
    while (!statements.empty()) {
      const auto end = std::min(statements.find(';'), statements.size());
      if (statements.find_first_not_of(" \n;") < end) {
        const auto done = connection->execute(std::string(statements.substr(0, end)));
        EXPECT_TRUE(done) << done.error().message;
      }
      statements.remove_prefix(std::min(end + 1, statements.size()));
    }
  }
  [[nodiscard]] std::string value(const std::string& query) const {
    const auto rows = connect(parsed_url())->query(query, 1);
    EXPECT_TRUE(rows) << rows.error().message;
    if (!rows || rows->empty()) return "(no row)";
    return rows->front()[0].value_or("NULL");
  }

  Store::Options options() {
    return {.queue_capacity = 1000, .wall_clock = [this] { return now_.load(); }, .node = "node-a"};
  }
  std::unique_ptr<Store> open(Store::Options options) const {
    auto store = Store::open(url(), std::move(options));
    EXPECT_TRUE(store) << store.error().message;
    return std::move(store).value();
  }
  std::unique_ptr<Store> open(std::size_t capacity = 1000) {
    auto with_capacity = options();
    with_capacity.queue_capacity = capacity;
    return open(std::move(with_capacity));
  }

  static CallRow call(const std::string& id) {
    CallRow row;
    row.id = CallId(id);
    row.room_name = "call_test_15551230000_1763800000000";
    row.caller_id = "test";
    row.phone_number = "+15551230000";
    return row;
  }
  base::ErrorOr<std::optional<CallRow>> try_get(Store& store, const std::string& id) {
    std::promise<base::ErrorOr<std::optional<CallRow>>> promise;
    EXPECT_TRUE(store.get_call(CallId(id), executor_, [&](auto row) { promise.set_value(std::move(row)); }));
    return promise.get_future().get();
  }
  std::optional<CallRow> get(Store& store, const std::string& id) {
    auto row = try_get(store, id);
    EXPECT_TRUE(row) << row.error().message;
    return row ? *row : std::nullopt;
  }
  base::ErrorOr<CallPage> list(Store& store, CallFilter filter) {
    std::promise<base::ErrorOr<CallPage>> promise;
    EXPECT_TRUE(store.list_calls(std::move(filter), executor_,
                                 [&](auto page) { promise.set_value(std::move(page)); }));
    return promise.get_future().get();
  }
  static std::vector<std::string> ids(const CallPage& page) {
    std::vector<std::string> result;
    for (const CallRow& row : page.calls) result.push_back(row.id.str());
    return result;
  }

  /// Looks again and again; false when it has not come true in time.
  static bool eventually(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return true;
  }

  InlineExecutor executor_;
  std::atomic<base::WallMillis> now_{1'763'800'000'000};
  std::string folder_;
  std::string name_;  ///< of the database and its user

 private:
  [[nodiscard]] DatabaseUrl server_url() const {
    return *parse_database_url(std::getenv(mysql() ? "RINGBACK_TEST_MYSQL" : "RINGBACK_TEST_POSTGRESQL"));
  }
  [[nodiscard]] static std::unique_ptr<Connection> connect(const DatabaseUrl& url) {
    auto connection = Connection::open(url);
    EXPECT_TRUE(connection) << connection.error().message;
    return std::move(connection).value();
  }
  void administrate(const std::string& statement) const {
    const auto done = connect(server_url())->execute(statement);
    EXPECT_TRUE(done) << statement << ": " << done.error().message;
  }
};

}  // namespace ringback::store
