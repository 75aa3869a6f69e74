#include "store/store.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/database.h"

namespace ringback::store {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Runs what is posted at once, on the posting thread: callbacks here only fill promises.
class InlineExecutor final : public base::Executor {
 public:
  bool post(base::Task task) override { return task(), true; }
};

class StoreTest : public ::testing::Test {
 protected:
  StoreTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "ringback-store-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  ~StoreTest() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::string path() const { return folder_ + "/a folder.db"; }
  [[nodiscard]] std::string url() const { return "sqlite:" + path(); }

  std::unique_ptr<Store> open(std::size_t capacity = 1000) {
    auto store =
        Store::open(url(), {.queue_capacity = capacity, .wall_clock = [this] { return now_.load(); }});
    EXPECT_TRUE(store) << store.error().message;
    return std::move(store).value();
  }

  /// Statements by another program.
  void sql(const std::string& statements) const {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(path().c_str(), &database), SQLITE_OK);
    char* error = nullptr;
    EXPECT_EQ(sqlite3_exec(database, statements.c_str(), nullptr, nullptr, &error), SQLITE_OK) << error;
    sqlite3_free(error);
    sqlite3_close(database);
  }
  [[nodiscard]] std::string value(const std::string& query) const {
    sqlite3* database = nullptr;
    EXPECT_EQ(sqlite3_open(path().c_str(), &database), SQLITE_OK);
    sqlite3_stmt* statement = nullptr;
    EXPECT_EQ(sqlite3_prepare_v2(database, query.c_str(), -1, &statement, nullptr), SQLITE_OK)
        << sqlite3_errmsg(database);
    std::string result = "(no row)";
    if (sqlite3_step(statement) == SQLITE_ROW) {
      const auto* const text = sqlite3_column_text(statement, 0);
      result = text == nullptr ? "NULL" : reinterpret_cast<const char*>(text);
    }
    sqlite3_finalize(statement);
    sqlite3_close(database);
    return result;
  }

  static CallRow call(const std::string& id) {
    CallRow row;
    row.id = CallId(id);
    row.room_name = "call_test_15551230000_1763800000000";
    row.caller_id = "test";
    row.phone_number = "+15551230000";
    return row;
  }
  std::optional<CallRow> get(Store& store, const std::string& id) {
    std::promise<base::ErrorOr<std::optional<CallRow>>> promise;
    EXPECT_TRUE(store.get_call(CallId(id), executor_, [&](auto row) { promise.set_value(std::move(row)); }));
    auto row = promise.get_future().get();
    EXPECT_TRUE(row);
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

  InlineExecutor executor_;
  std::atomic<base::WallMillis> now_{1'763'800'000'000};
  std::string folder_;
};

TEST_F(StoreTest, KeepsACallAcrossARestart) {
  CallRow row = call("CA_abc");
  row.prospect_id = "42";
  row.caller_name = "Zoë O'Neil";
  row.started_at = now_;
  {
    const auto store = open();
    ASSERT_TRUE(store->insert_call(row));
    CallChange failed{.status = CallStatus::kFailed};
    failed.failure_code = "busy";
    failed.sip_status = 486;
    failed.sip_reason = "Busy Here";
    now_ += 2500;
    ASSERT_TRUE(store->update_call(row.id, failed));
  }
  const auto store = open();
  const auto read = get(*store, "CA_abc");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->caller_name, "Zoë O'Neil");
  EXPECT_EQ(read->prospect_id, "42");
  EXPECT_EQ(read->started_at, 1'763'800'000'000);
  EXPECT_EQ(read->created_at, 1'763'800'000'000);
  EXPECT_EQ(read->status, CallStatus::kFailed);
  EXPECT_EQ(read->ended_at, 1'763'800'002'500);
  EXPECT_EQ(read->duration_seconds, 0);
  EXPECT_EQ(read->sip_status, 486);
  EXPECT_EQ(read->failure_code, "busy");
  EXPECT_FALSE(get(*store, "CA_other"));
}

TEST_F(StoreTest, TheFixedColumnsHaveTheirNames) {
  open();
  for (const char* column : {"id", "room_name", "caller_id", "phone_number", "prospect_id", "status",
                             "started_at", "ended_at", "duration_seconds", "created_at", "updated_at"}) {
    EXPECT_EQ(
        value("SELECT COUNT(*) FROM pragma_table_info('calls') WHERE name = '" + std::string(column) + "'"),
        "1")
        << column;
  }
  for (const char* column : {"id", "name", "sip_trunk_id", "provider", "created_at"}) {
    EXPECT_EQ(value("SELECT COUNT(*) FROM pragma_table_info('livekit_sip_trunks') WHERE name = '" +
                    std::string(column) + "'"),
              "1")
        << column;
  }
  EXPECT_EQ(value("PRAGMA journal_mode"), "wal");
  struct stat info {};
  ASSERT_EQ(stat(path().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0077U, 0U);  // phone numbers are nobody else's business
}

TEST_F(StoreTest, ReadsSeeTheWritesBeforeThem) {
  const auto store = open();
  for (int i = 0; i < 50; ++i) {
    const std::string id = "CA_" + std::to_string(i);
    ASSERT_TRUE(store->insert_call(call(id)));
    ASSERT_TRUE(store->update_call(CallId(id), {.status = CallStatus::kRinging}));
    ASSERT_EQ(get(*store, id)->status, CallStatus::kRinging);
  }
}

TEST_F(StoreTest, PagesNewestFirstAndFilters) {
  const auto store = open();
  for (int i = 0; i < 7; ++i) {
    if (i % 2 == 0) now_ += 1000;  // pairs share their moment
    ASSERT_TRUE(store->insert_call(call("CA_" + std::to_string(i))));
  }
  ASSERT_TRUE(store->update_call(CallId("CA_3"), {.status = CallStatus::kConnected}));
  auto page = list(*store, {.limit = 3});
  ASSERT_TRUE(page);
  EXPECT_THAT(ids(*page), ElementsAre("CA_6", "CA_5", "CA_4"));
  page = list(*store, {.limit = 3, .cursor = page->next_cursor});
  EXPECT_THAT(ids(*page), ElementsAre("CA_3", "CA_2", "CA_1"));
  page = list(*store, {.limit = 3, .cursor = page->next_cursor});
  EXPECT_THAT(ids(*page), ElementsAre("CA_0"));
  EXPECT_EQ(page->next_cursor, "");
  EXPECT_THAT(ids(*list(*store, {.status = CallStatus::kConnected})), ElementsAre("CA_3"));
  EXPECT_EQ(list(*store, {.limit = 0})->calls.size(), 1U);
}

TEST_F(StoreTest, AForeignCursorIsAnError) {
  const auto store = open();
  for (const char* cursor : {"x", "' OR 1=1 --", "63317c"}) {
    const auto page = list(*store, {.cursor = cursor});
    ASSERT_FALSE(page);
    EXPECT_THAT(page.error().message, HasSubstr("cursor"));
  }
}

TEST_F(StoreTest, ValuesAreNeverReadAsSql) {
  const auto store = open();
  CallRow row = call("CA_1");
  row.caller_name = "x'); DROP TABLE calls; --";
  row.prospect_id = ":va";
  ASSERT_TRUE(store->insert_call(row));
  EXPECT_EQ(get(*store, "CA_1")->caller_name, row.caller_name);
  EXPECT_EQ(get(*store, "CA_1")->prospect_id, ":va");
}

TEST_F(StoreTest, AdoptsATableWithExactlyTheFixedColumns) {
  sql("CREATE TABLE calls (id INTEGER PRIMARY KEY AUTOINCREMENT, room_name VARCHAR(255) NOT NULL,"
      " caller_id VARCHAR(255), phone_number VARCHAR(32), prospect_id INT, status VARCHAR(20), started_at "
      "TIMESTAMP,"
      " ended_at TIMESTAMP, duration_seconds INT, created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,"
      " updated_at TIMESTAMP);"
      "CREATE TABLE livekit_sip_trunks (id INTEGER PRIMARY KEY AUTOINCREMENT, name VARCHAR(255),"
      " sip_trunk_id VARCHAR(255) NOT NULL, provider VARCHAR(64), created_at TIMESTAMP);"
      "INSERT INTO calls (room_name, status, created_at) VALUES ('old', 'ended', '2024-01-01 10:00:00');");
  for (int run = 0; run < 2; ++run) {  // adopted once, and then simply opened
    const auto store = open();
    const std::string minted = "CA_" + std::to_string(run);
    std::promise<base::ErrorOr<CallId>> promise;
    ASSERT_TRUE(
        store->insert_call(call(minted), executor_, [&](auto id) { promise.set_value(std::move(id)); }));
    const auto id = promise.get_future().get();
    ASSERT_TRUE(id);
    EXPECT_EQ(id->str(), std::to_string(run + 2));
    ASSERT_TRUE(store->update_call(CallId(minted), {.status = CallStatus::kRinging}));
    EXPECT_EQ(get(*store, id->str())->status, CallStatus::kRinging);
    EXPECT_EQ(get(*store, minted)->id, *id);
    ASSERT_TRUE(store->upsert_trunk({.name = "T", .sip_trunk_id = "ST_" + std::to_string(run)}));
  }
  const auto store = open();
  EXPECT_EQ(get(*store, "1")->room_name, "old");
  EXPECT_EQ(get(*store, "1")->created_at, 1'704'103'200'000);
  const auto page = list(*store, {.limit = 2});
  EXPECT_THAT(ids(*page), ElementsAre("3", "2"));
  EXPECT_THAT(ids(*list(*store, {.limit = 2, .cursor = page->next_cursor})), ElementsAre("1"));
  EXPECT_EQ(value("SELECT COUNT(*) FROM livekit_sip_trunks WHERE id IN (1, 2)"), "2");
}

TEST_F(StoreTest, RefusesADatabaseOfANewerVersion) {
  open();
  sql("INSERT INTO ringback_schema (version) VALUES (99)");
  const auto store = Store::open(url(), {});
  ASSERT_FALSE(store);
  EXPECT_THAT(store.error().message, HasSubstr("newer ringback"));
}

TEST_F(StoreTest, SaysWhatIsWrongWithTheUrl) {
  EXPECT_THAT(Store::open("oracle://scott:tiger@host/db", {}).error().message,
              ::testing::AllOf(HasSubstr("\"oracle\""), ::testing::Not(HasSubstr("tiger"))));
  EXPECT_THAT(Store::open("sqlite:", {}).error().message, HasSubstr("needs a path"));
  EXPECT_THAT(Store::open("sqlite:/nowhere/at/all.db", {}).error().message, HasSubstr("No such file"));
  EXPECT_THAT(Store::open("sqlite:" + folder_, {}).error().message, HasSubstr("Is a directory"));
}

TEST_F(StoreTest, AFileThatIsNoDatabaseIsRefused) {
  { std::ofstream(path()) << std::string(4096, 'x'); }
  EXPECT_THAT(Store::open(url(), {}).error().message, HasSubstr("not a database"));
}

// A process that is killed in the middle of calls: its rows must not stay in a live state.
TEST_F(StoreTest, ClosesWhatAKilledProcessLeft) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    auto store = open();
    CallRow row = call("CA_talking");
    row.started_at = now_;
    for (const char* id : {"CA_talking", "CA_ringing", "CA_done"}) {
      row.id = CallId(id);
      store->insert_call(row);
    }
    now_ += 1000;
    store->update_call(CallId("CA_ringing"), {.status = CallStatus::kRinging});
    store->update_call(CallId("CA_talking"), {.status = CallStatus::kConnected});
    store->update_call(CallId("CA_done"), {.status = CallStatus::kEnded});
    now_ += 30'000;
    store->update_call(CallId("CA_talking"), {.trunk_id = "ST_1"});
    store->flush(5s);
    std::raise(SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));

  now_ += 3'600'000;
  const auto store = open();
  const auto closed = store->close_interrupted();
  ASSERT_TRUE(closed);
  EXPECT_EQ(*closed, 2U);
  const auto talking = get(*store, "CA_talking");
  EXPECT_EQ(talking->status, CallStatus::kEnded);
  EXPECT_EQ(talking->ended_by, "interrupted");
  EXPECT_EQ(talking->failure_code, "interrupted");
  EXPECT_EQ(talking->duration_seconds, 30);  // until the last sign of life, not until now
  const auto ringing = get(*store, "CA_ringing");
  EXPECT_EQ(ringing->status, CallStatus::kFailed);
  EXPECT_EQ(ringing->duration_seconds, 0);
  EXPECT_TRUE(ringing->ended_at);
  EXPECT_NE(get(*store, "CA_done")->ended_by, "interrupted");
  EXPECT_EQ(*store->close_interrupted(), 0U);
}

TEST_F(StoreTest, TheProgramsLastSignOfLifeEndsAnInterruptedCall) {
  const base::WallMillis start = now_;
  {
    auto database = Database::open(url());
    ASSERT_TRUE(database);
    for (const char* id : {"CA_1", "CA_2"}) ASSERT_TRUE((*database)->insert_call(call(id), start));
    ASSERT_TRUE((*database)->update_call(CallId("CA_1"), {.status = CallStatus::kConnected}, start + 1000));
    ASSERT_TRUE((*database)->note_alive(start + 11'000));
    ASSERT_TRUE((*database)->note_alive(start + 21'000));
  }
  now_ += 86'400'000;
  const auto store = open();
  ASSERT_EQ(*store->close_interrupted(), 2U);
  EXPECT_EQ(get(*store, "CA_1")->duration_seconds, 20);
  EXPECT_EQ(get(*store, "CA_1")->ended_at, start + 21'000);
  EXPECT_EQ(get(*store, "CA_2")->ended_at, start + 21'000);
}

TEST_F(StoreTest, ClosesLiveRowsOfAnotherProgramWithWhatTheyKnow) {
  open();
  sql("INSERT INTO calls (id, room_name, status, started_at) VALUES"
      " ('a', 'r', 'connected', '2025-11-22 08:00:00'), ('b', 'r', 'initiated', NULL)");
  const auto store = open();
  ASSERT_EQ(*store->close_interrupted(), 2U);
  EXPECT_EQ(get(*store, "a")->status, CallStatus::kEnded);
  EXPECT_EQ(get(*store, "b")->status, CallStatus::kFailed);
}

TEST_F(StoreTest, PostsOfManyThreadsAreAllWritten) {
  const auto store = open(100'000);
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < 100; ++i) {
          const CallId id("CA_" + std::to_string(t) + "_" + std::to_string(i));
          ASSERT_TRUE(store->insert_call(call(id.str())));
          ASSERT_TRUE(store->update_call(id, {.status = CallStatus::kRinging}));
          ASSERT_TRUE(store->update_call(id, {.status = CallStatus::kEnded}));
        }
      });
    }
  }
  ASSERT_TRUE(store->flush(60s));
  EXPECT_EQ(value("SELECT COUNT(*) FROM calls WHERE status = 'ended'"), "400");
  EXPECT_EQ(store->health().writes_done, 1200U);
  EXPECT_EQ(store->health().writes_lost, 0U);
}

TEST_F(StoreTest, AWriteThatCanNeverSucceedIsCountedAndDoesNotStopTheOthers) {
  const auto store = open();
  ASSERT_TRUE(store->insert_call(call("CA_1")));
  std::promise<std::string> promise;
  ASSERT_TRUE(store->insert_call(call("CA_1"), executor_, [&](const base::ErrorOr<CallId>& id) {
    promise.set_value(id ? "inserted" : id.error().message);
  }));
  EXPECT_EQ(promise.get_future().get(), "UNIQUE constraint failed: calls.id");  // and no phone number
  ASSERT_TRUE(store->update_call(CallId("CA_unknown"), {.status = CallStatus::kEnded}));
  ASSERT_TRUE(store->insert_call(call("CA_2")));
  ASSERT_TRUE(store->flush(5s));
  EXPECT_TRUE(get(*store, "CA_2"));
  EXPECT_EQ(store->health().writes_lost, 2U);
  EXPECT_FALSE(store->health().stuck);
}

/// While it lives, no file of this process can grow beyond `bytes`: a full disk without needing one.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) {
    before_signal_ = std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{.rlim_cur = bytes, .rlim_max = before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FullDisk() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, before_signal_);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  rlimit before_{};
  void (*before_signal_)(int) = nullptr;
};

TEST_F(StoreTest, AFullDiskHoldsWritesBackWithoutLosingThemAndReadsGoOn) {
  const auto store = open(20);
  ASSERT_TRUE(store->insert_call(call("CA_0")));
  ASSERT_TRUE(store->flush(5s));
  int accepted = 0;
  {
    const FullDisk full(4096);
    for (int i = 1; i <= 40; ++i) accepted += store->insert_call(call("CA_" + std::to_string(i))) ? 1 : 0;
    EXPECT_FALSE(store->flush(200ms));
    const StoreHealth health = store->health();
    EXPECT_TRUE(health.stuck);
    EXPECT_NE(health.last_error, "");
    EXPECT_EQ(accepted, 20);
    EXPECT_EQ(health.writes_refused, 20U);
    EXPECT_FALSE(store->get_call(CallId("CA_0"), executor_, [](const auto&) {}));  // full for reads too
  }
  ASSERT_TRUE(store->flush(10s));
  EXPECT_FALSE(store->health().stuck);
  EXPECT_EQ(value("SELECT COUNT(*) FROM calls"), "21");
}

TEST_F(StoreTest, ReadsPassWritesThatWait) {
  const auto store = open();
  ASSERT_TRUE(store->insert_call(call("CA_0")));
  ASSERT_TRUE(store->flush(5s));
  {
    const FullDisk full(4096);
    ASSERT_TRUE(store->insert_call(call("CA_1")));
    EXPECT_FALSE(store->flush(200ms));
    EXPECT_TRUE(get(*store, "CA_0"));
  }
  ASSERT_TRUE(store->flush(10s));
  EXPECT_TRUE(get(*store, "CA_1"));
}

TEST_F(StoreTest, ALockHeldByAnotherProgramOnlyDelays) {
  const auto store = open();
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(path().c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  ASSERT_TRUE(store->insert_call(call("CA_1")));
  EXPECT_FALSE(store->flush(100ms));
  ASSERT_EQ(sqlite3_exec(other, "COMMIT", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(other);
  ASSERT_TRUE(store->flush(10s));
  EXPECT_TRUE(get(*store, "CA_1"));
}

TEST_F(StoreTest, KeepsTrunksAndSipObjects) {
  {
    const auto store = open();
    ASSERT_TRUE(store->upsert_trunk({.name = "Twilio", .sip_trunk_id = "ST_1", .provider = "twilio"}));
    ASSERT_TRUE(
        store->upsert_trunk({.name = "Twilio SIP Trunk", .sip_trunk_id = "ST_1", .provider = "twilio"}));
    ASSERT_TRUE(store->put_sip_object({"ST_1", "outbound_trunk", R"({"name":"ü"})"}));
    ASSERT_TRUE(store->put_sip_object({"ST_1", "outbound_trunk", R"({"name":"v"})"}));
    ASSERT_TRUE(store->put_sip_object({"SDR_1", "dispatch_rule", "{}"}));
    ASSERT_TRUE(store->put_sip_object({"SDR_2", "dispatch_rule", "{}"}));
    ASSERT_TRUE(store->delete_sip_object("SDR_2"));
  }
  const auto store = open();
  std::promise<base::ErrorOr<std::vector<TrunkRow>>> promise;
  ASSERT_TRUE(store->list_trunks(executor_, [&](auto rows) { promise.set_value(std::move(rows)); }));
  const auto trunks = promise.get_future().get();
  ASSERT_TRUE(trunks);
  ASSERT_EQ(trunks->size(), 1U);
  EXPECT_EQ((*trunks)[0].name, "Twilio SIP Trunk");
  EXPECT_EQ((*trunks)[0].id, "ST_1");
  const auto objects = store->load_sip_objects();
  ASSERT_TRUE(objects);
  EXPECT_THAT(*objects, ElementsAre(SipObject{"SDR_1", "dispatch_rule", "{}"},
                                    SipObject{"ST_1", "outbound_trunk", R"({"name":"v"})"}));
}

}  // namespace
}  // namespace ringback::store
