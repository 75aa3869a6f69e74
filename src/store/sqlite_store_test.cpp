#include "store/store.h"

#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <fstream>

#include "store/store_fixture.h"

namespace ringback::store {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

/// What only a file can do.
class SqliteStoreTest : public DatabaseTest {};

INSTANTIATE_TEST_SUITE_P(On, SqliteStoreTest, ::testing::Values("sqlite"));

TEST_P(SqliteStoreTest, TheFileIsFastAndNobodyElsesBusiness) {
  open();
  EXPECT_EQ(value("PRAGMA journal_mode"), "wal");
  struct stat info {};
  ASSERT_EQ(stat(path().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0077U, 0U);  // it holds phone numbers
}

TEST_P(SqliteStoreTest, SaysWhatIsWrongWithTheUrl) {
  EXPECT_THAT(Store::open("oracle://scott:tiger@host/db", {}).error().message,
              ::testing::AllOf(HasSubstr("\"oracle\""), ::testing::Not(HasSubstr("tiger"))));
  EXPECT_THAT(Store::open("sqlite:", {}).error().message, HasSubstr("needs a path"));
  EXPECT_THAT(Store::open("sqlite:/nowhere/at/all.db", {}).error().message, HasSubstr("No such file"));
  EXPECT_THAT(Store::open("sqlite:" + folder_, {}).error().message, HasSubstr("Is a directory"));
}

TEST_P(SqliteStoreTest, AFileThatIsNoDatabaseIsRefused) {
  { std::ofstream(path()) << std::string(4096, 'x'); }
  EXPECT_THAT(Store::open(url(), {}).error().message, HasSubstr("not a database"));
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

TEST_P(SqliteStoreTest, AFullDiskHoldsWritesBackWithoutLosingThemAndReadsGoOn) {
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

TEST_P(SqliteStoreTest, ReadsPassWritesThatWait) {
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

TEST_P(SqliteStoreTest, ALockHeldByAnotherProgramOnlyDelays) {
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

}  // namespace
}  // namespace ringback::store
