#include "store/store.h"

#include <thread>

#include "store/store_fixture.h"

namespace ringback::store {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// What holds on every database.
class StoreTest : public DatabaseTest {};

INSTANTIATE_TEST_SUITE_P(On, StoreTest, ::testing::ValuesIn(databases_at_hand()),
                         [](const auto& test) { return test.param; });

TEST_P(StoreTest, KeepsACallAcrossARestart) {
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

TEST_P(StoreTest, TheFixedColumnsHaveTheirNames) {
  open();
  EXPECT_EQ(value("SELECT COUNT(*) FROM (SELECT id, room_name, caller_id, phone_number, prospect_id, status, "
                  "started_at,"
                  " ended_at, duration_seconds, created_at, updated_at FROM calls) AS fixed"),
            "0");
  EXPECT_EQ(
      value(
          "SELECT COUNT(*) FROM (SELECT id, name, sip_trunk_id, provider, created_at FROM livekit_sip_trunks)"
          " AS fixed"),
      "0");
}

TEST_P(StoreTest, ReadsSeeTheWritesBeforeThem) {
  const auto store = open();
  for (int i = 0; i < 50; ++i) {
    const std::string id = "CA_" + std::to_string(i);
    ASSERT_TRUE(store->insert_call(call(id)));
    ASSERT_TRUE(store->update_call(CallId(id), {.status = CallStatus::kRinging}));
    ASSERT_EQ(get(*store, id)->status, CallStatus::kRinging);
  }
}

TEST_P(StoreTest, PagesNewestFirstAndFilters) {
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

TEST_P(StoreTest, AForeignCursorIsAnError) {
  const auto store = open();
  for (const char* cursor : {"x", "' OR 1=1 --", "63317c"}) {
    const auto page = list(*store, {.cursor = cursor});
    ASSERT_FALSE(page);
    EXPECT_THAT(page.error().message, HasSubstr("cursor"));
  }
}

TEST_P(StoreTest, ValuesAreNeverReadAsSql) {
  const auto store = open();
  CallRow row = call("CA_1");
  row.caller_name = "x'); DROP TABLE calls; --";
  row.prospect_id = ":va";
  ASSERT_TRUE(store->insert_call(row));
  EXPECT_EQ(get(*store, "CA_1")->caller_name, row.caller_name);
  EXPECT_EQ(get(*store, "CA_1")->prospect_id, ":va");
}

TEST_P(StoreTest, AdoptsATableWithExactlyTheFixedColumns) {
  const std::string id = sqlite()  ? "INTEGER PRIMARY KEY AUTOINCREMENT"
                         : mysql() ? "INT AUTO_INCREMENT PRIMARY KEY"
                                   : "SERIAL PRIMARY KEY";
  sql("CREATE TABLE calls (id " + id +
      ", room_name VARCHAR(255) NOT NULL, caller_id VARCHAR(255), phone_number VARCHAR(32), prospect_id INT,"
      " status VARCHAR(20), started_at TIMESTAMP NULL, ended_at TIMESTAMP NULL, duration_seconds INT,"
      " created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP, updated_at TIMESTAMP NULL);"
      "CREATE TABLE livekit_sip_trunks (id " +
      id +
      ", name VARCHAR(255), sip_trunk_id VARCHAR(255) NOT NULL, provider VARCHAR(64), created_at TIMESTAMP "
      "NULL);"
      "INSERT INTO calls (room_name, status, created_at) VALUES ('old', 'ended', '2024-01-01 10:00:00');");
  for (int run = 0; run < 2; ++run) {  // adopted once, and then simply opened
    const auto store = open();
    const std::string minted = "CA_" + std::to_string(run);
    ASSERT_TRUE(store->insert_call(call(minted)));
    ASSERT_TRUE(store->update_call(CallId(minted), {.status = CallStatus::kRinging}));
    const auto row = get(*store, minted);
    ASSERT_TRUE(row);
    EXPECT_EQ(row->id.str(), std::to_string(run + 2));
    EXPECT_EQ(row->minted_id.str(), minted);
    ASSERT_TRUE(store->update_call(row->id, {.trunk_id = "ST_x"}));
    EXPECT_EQ(get(*store, row->id.str())->status, CallStatus::kRinging);
    EXPECT_EQ(get(*store, minted)->trunk_id, "ST_x");
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

TEST_P(StoreTest, RefusesADatabaseOfANewerVersion) {
  open();
  sql("INSERT INTO ringback_schema (version) VALUES (99)");
  const auto store = Store::open(url(), {});
  ASSERT_FALSE(store);
  EXPECT_THAT(store.error().message, HasSubstr("newer ringback"));
}

TEST_P(StoreTest, PostsOfManyThreadsAreAllWritten) {
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

TEST_P(StoreTest, AWriteThatCanNeverSucceedIsCountedAndDoesNotStopTheOthers) {
  const auto store = open();
  ASSERT_TRUE(store->insert_call(call("CA_1")));
  ASSERT_TRUE(store->flush(5s));
  ASSERT_TRUE(store->update_call(CallId("CA_unknown"), {.status = CallStatus::kEnded}));
  ASSERT_TRUE(store->insert_call(call("CA_2")));
  ASSERT_TRUE(store->flush(5s));
  EXPECT_TRUE(get(*store, "CA_2"));
  EXPECT_EQ(store->health().writes_lost, 1U);
  EXPECT_FALSE(store->health().stuck);
}

TEST_P(StoreTest, KeepsTrunksAndSipObjects) {
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
