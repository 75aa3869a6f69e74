#include "store/store.h"

#include <thread>

#include "store/database.h"
#include "store/store_fixture.h"

namespace ringback::store {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// What only a server can do: be away, belong to others too.
class ServerStoreTest : public DatabaseTest {
 protected:
  Store::Options spooling() {
    auto result = options();
    result.spool_path = folder_ + "/ringback.spool";
    return result;
  }
  /// The life of a call: answered after 2 s, over after 62 s.
  void talk(Store& store, const std::string& id) {
    ASSERT_TRUE(store.insert_call(call(id)));
    ASSERT_TRUE(store.update_call(CallId(id), {.status = CallStatus::kRinging, .at = now_ + 1000}));
    ASSERT_TRUE(store.update_call(CallId(id), {.status = CallStatus::kConnected, .at = now_ + 2000}));
    const CallChange end{.status = CallStatus::kEnded, .at = now_ + 62'000, .ended_by = std::string("phone")};
    ASSERT_TRUE(store.update_call(CallId(id), end));
  }
  void expect_talked(Store& store, const std::string& id) {
    const auto row = get(store, id);
    ASSERT_TRUE(row) << id;
    EXPECT_EQ(row->status, CallStatus::kEnded) << id;
    EXPECT_EQ(row->connected_at, now_ + 2000) << id;
    EXPECT_EQ(row->ended_at, now_ + 62'000) << id;
    EXPECT_EQ(row->duration_seconds, 60) << id;
    EXPECT_EQ(row->ended_by, "phone") << id;
  }
};

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ServerStoreTest);
INSTANTIATE_TEST_SUITE_P(On, ServerStoreTest, ::testing::ValuesIn(databases_at_hand(true)),
                         [](const auto& test) { return test.param; });

TEST_P(ServerStoreTest, ADatabaseThatGoesAwayLosesNoRow) {
  const auto store = open(spooling());
  ASSERT_TRUE(store->insert_call(call("CA_live")));
  ASSERT_TRUE(store->flush(5s));
  go_away();
  // More than the queue holds; the thread that asks waits for nothing but room in memory.
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(eventually([&] { return store->health().queue_depth < 900; }));
    talk(*store, "CA_" + std::to_string(i));
  }
  ASSERT_TRUE(eventually([&] { return store->health().spooled == 4000; }));
  EXPECT_TRUE(store->health().away);
  EXPECT_TRUE(store->health().stuck);
  EXPECT_GT(store->health().behind, 0ms);
  const auto unreadable = try_get(*store, "CA_live");
  ASSERT_FALSE(unreadable);
  EXPECT_THAT(unreadable.error().message, HasSubstr("away"));

  come_back();
  ASSERT_TRUE(store->flush(60s));
  talk(*store, "CA_last");
  for (const char* id : {"CA_0", "CA_500", "CA_999", "CA_last"}) expect_talked(*store, id);
  EXPECT_EQ(value("SELECT COUNT(*) FROM calls WHERE status = 'ended' AND duration_seconds = 60"), "1001");
  EXPECT_EQ(store->health().writes_lost, 0U);
  EXPECT_EQ(store->health().writes_refused, 0U);
  EXPECT_FALSE(store->health().away);
}

TEST_P(ServerStoreTest, WhatWaitsAtTheEndOfTheProcessIsWrittenByTheNextOne) {
  {
    const auto store = open(spooling());
    ASSERT_TRUE(store->close_interrupted());
    ASSERT_TRUE(store->insert_call(call("CA_before")));
    ASSERT_TRUE(store->flush(5s));
    go_away();
    talk(*store, "CA_1");
    ASSERT_TRUE(store->insert_call(call("CA_live")));
    ASSERT_TRUE(store->update_call(CallId("CA_before"), {.status = CallStatus::kFailed}));
  }
  come_back();
  const auto store = open(spooling());
  EXPECT_EQ(*store->close_interrupted(), 1U);
  expect_talked(*store, "CA_1");
  EXPECT_EQ(get(*store, "CA_live")->ended_by, "interrupted");
  EXPECT_EQ(get(*store, "CA_before")->status, CallStatus::kFailed);
  EXPECT_EQ(get(*store, "CA_before")->ended_by, "");
}

TEST_P(ServerStoreTest, AConnectionThatIsCutIsMadeAgain) {
  const auto store = open(spooling());
  for (int i = 0; i < 3; ++i) {
    go_away();
    come_back();
    talk(*store, "CA_" + std::to_string(i));
    ASSERT_TRUE(store->flush(30s));
    expect_talked(*store, "CA_" + std::to_string(i));
  }
  EXPECT_EQ(store->health().writes_lost, 0U);
}

TEST_P(ServerStoreTest, WaitsForADatabaseThatComesLate) {
  go_away();
  std::jthread later([this] {
    std::this_thread::sleep_for(100ms);
    come_back();
  });
  auto patient = options();
  patient.patience = 30s;
  EXPECT_TRUE(open(std::move(patient)));
}

TEST_P(ServerStoreTest, SaysThatItCannotReachTheServerWithoutThePassword) {
  go_away();
  const auto store = Store::open(url(), {});
  ASSERT_FALSE(store);
  EXPECT_THAT(store.error().message, HasSubstr("cannot reach the database " + name_ + " at 127.0.0.1:"));
  EXPECT_THAT(store.error().message, ::testing::Not(HasSubstr("p@ss")));
}

TEST_P(ServerStoreTest, NodesThatStartAtTheSameTimeAgreeOnTheSchema) {
  std::vector<std::string> errors(6);
  {
    std::vector<std::jthread> nodes;
    for (std::size_t i = 0; i < errors.size(); ++i) {
      nodes.emplace_back([&, i] {
        const auto database = Database::open(parsed_url(), "node-" + std::to_string(i));
        if (!database) errors[i] = database.error().message;
      });
    }
  }
  EXPECT_THAT(errors, ::testing::Each(""));
  EXPECT_EQ(value("SELECT COUNT(*) FROM ringback_schema"), "1");
}

TEST_P(ServerStoreTest, AMigrationThatWasCutOffIsFinished) {
  open();
  sql("DROP TABLE ringback_nodes; DELETE FROM ringback_schema; ALTER TABLE calls DROP COLUMN node");
  const auto store = open();
  ASSERT_TRUE(store->insert_call(call("CA_1")));
  EXPECT_EQ(get(*store, "CA_1")->node, "node-a");
}

TEST_P(ServerStoreTest, AdoptsEnumAndTimestampColumnsAndLeavesThemToTheirUsers) {
  if (mysql()) {
    // As servers up to MySQL 5.7 and MariaDB 10.9 made TIMESTAMP columns by default.
    sql("CREATE TABLE calls (id INT AUTO_INCREMENT PRIMARY KEY, room_name VARCHAR(255) NOT NULL, caller_id "
        "VARCHAR(100),"
        " phone_number VARCHAR(10), prospect_id INT,"
        " status ENUM('initiated','ringing','connected','ended','failed') DEFAULT 'initiated',"
        " started_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, ended_at "
        "TIMESTAMP NULL,"
        " duration_seconds INT DEFAULT 0, created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,"
        " updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP) DEFAULT CHARSET=latin1;"
        "CREATE TABLE livekit_sip_trunks (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(255),"
        " sip_trunk_id VARCHAR(255) NOT NULL, provider ENUM('twilio','telnyx'),"
        " created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP)");
  } else {
    sql("CREATE TYPE call_status AS ENUM ('initiated', 'ringing', 'connected', 'ended', 'failed');"
        "CREATE TABLE calls (id BIGSERIAL PRIMARY KEY, room_name VARCHAR(255) NOT NULL, caller_id "
        "VARCHAR(100),"
        " phone_number VARCHAR(10), prospect_id INT, status call_status DEFAULT 'initiated',"
        " started_at TIMESTAMP, ended_at TIMESTAMPTZ, duration_seconds INT DEFAULT 0,"
        " created_at TIMESTAMPTZ DEFAULT now(), updated_at TIMESTAMP DEFAULT now());"
        "CREATE TABLE livekit_sip_trunks (id SERIAL PRIMARY KEY, name VARCHAR(255),"
        " sip_trunk_id VARCHAR(255) NOT NULL, provider VARCHAR(50), created_at TIMESTAMP DEFAULT now())");
  }
  const std::string types =
      mysql() ? "SELECT GROUP_CONCAT(column_name, ' ', column_type, ' ', extra, ' ', is_nullable ORDER BY"
                " ordinal_position) FROM information_schema.columns WHERE table_schema = DATABASE() AND"
                " table_name = 'calls' AND ordinal_position <= 11"
              : "SELECT string_agg(column_name || ' ' || data_type || ' ' || is_nullable, ', ' ORDER BY"
                " ordinal_position) FROM information_schema.columns WHERE table_name = 'calls' AND"
                " ordinal_position <= 11";
  const std::string before = value(types);

  const auto store = open();
  EXPECT_EQ(value(types), before);
  CallRow row = call("CA_1");
  row.started_at = now_;
  row.prospect_id = "P-7";
  row.caller_id = "Zoë 📞";
  row.sip_reason = "Besetzt \xFC";
  ASSERT_TRUE(store->insert_call(row));
  ASSERT_TRUE(store->update_call(CallId("CA_1"), {.status = CallStatus::kConnected, .at = now_ + 2000}));
  now_ += 10'000;
  ASSERT_TRUE(store->update_call(CallId("CA_1"), {.status = CallStatus::kEnded}));
  ASSERT_TRUE(store->upsert_trunk({.name = "T", .sip_trunk_id = "ST_1", .provider = "twilio"}));
  ASSERT_TRUE(store->flush(5s));
  EXPECT_EQ(store->health().writes_lost, 0U);

  // As the old users read it.
  EXPECT_EQ(value("SELECT status FROM calls WHERE room_name LIKE 'call_test%'"), "ended");
  EXPECT_THAT(value("SELECT started_at FROM calls"), HasSubstr("2025-11-22 08:26:40"));
  EXPECT_THAT(value("SELECT ended_at FROM calls"), HasSubstr("2025-11-22 08:26:50"));
  EXPECT_EQ(value("SELECT duration_seconds FROM calls"), "8");
  EXPECT_EQ(value("SELECT phone_number FROM calls"), "+155512300");  // as much as the column holds
  EXPECT_EQ(value("SELECT prospect_id FROM calls"), "NULL");
  EXPECT_EQ(value("SELECT sip_reason FROM calls"), "Besetzt ?");
  EXPECT_EQ(value("SELECT caller_id FROM calls"), mysql() ? "Zoë ?" : "Zoë 📞");
  EXPECT_EQ(get(*store, "CA_1")->duration_seconds, 8);

  // As they write.
  sql("INSERT INTO calls (room_name, caller_id, status) VALUES ('theirs', 'crm', 'ringing');"
      "UPDATE calls SET status = 'connected' WHERE room_name = 'theirs'");
  EXPECT_EQ(get(*store, "2")->status, CallStatus::kConnected);
  EXPECT_TRUE(get(*store, "2")->created_at);
  EXPECT_THAT(ids(*list(*store, {})), ElementsAre("2", "1"));
}

}  // namespace
}  // namespace ringback::store
