#include "store/store.h"

#include <sys/wait.h>

#include <csignal>

#include "store/database.h"
#include "store/heartbeat.h"
#include "store/store_fixture.h"

namespace ringback::store {
namespace {

using namespace std::chrono_literals;

/// Rows of calls whose node is gone.
class InterruptedCallTest : public DatabaseTest {};

INSTANTIATE_TEST_SUITE_P(On, InterruptedCallTest, ::testing::ValuesIn(databases_at_hand()),
                         [](const auto& test) { return test.param; });

// A process that is killed in the middle of calls: its rows must not stay in a live state.
TEST_P(InterruptedCallTest, ClosesWhatAKilledProcessLeft) {
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

TEST_P(InterruptedCallTest, TheNodesLastSignOfLifeIsTheEnd) {
  const base::WallMillis start = now_;
  {
    auto database = Database::open(parsed_url(), "node-a");
    ASSERT_TRUE(database);
    ASSERT_TRUE((*database)->register_node("first", start));
    for (const char* id : {"CA_1", "CA_2"}) ASSERT_TRUE((*database)->insert_call(call(id), start));
    ASSERT_TRUE((*database)->update_call(CallId("CA_1"), {.status = CallStatus::kConnected}, start + 1000));
    ASSERT_TRUE(*(*database)->beat("first", start + 11'000));
    ASSERT_TRUE(*(*database)->beat("first", start + 21'000));
  }
  now_ += 86'400'000;
  const auto store = open();
  ASSERT_EQ(*store->close_interrupted(), 2U);
  EXPECT_EQ(get(*store, "CA_1")->duration_seconds, 20);
  EXPECT_EQ(get(*store, "CA_1")->ended_at, start + 21'000);
  EXPECT_EQ(get(*store, "CA_2")->ended_at, start + 21'000);
}

// Nobody else uses the file of SQLite. On a server, only time tells that a row without a node is not live.
TEST_P(InterruptedCallTest, ClosesForgottenRowsOfAnotherProgramWithWhatTheyKnow) {
  open();
  sql("INSERT INTO calls (id, room_name, status, started_at) VALUES ('a', 'r', 'connected', '2025-11-20 "
      "08:00:00');"
      "INSERT INTO calls (id, room_name, status) VALUES ('b', 'r', 'initiated');"
      "INSERT INTO calls (id, room_name, status, started_at) VALUES ('c', 'r', 'connected', '2025-11-22 "
      "08:00:00')");
  const auto store = open();
  ASSERT_EQ(*store->close_interrupted(), sqlite() ? 3U : 2U);
  EXPECT_EQ(get(*store, "a")->status, CallStatus::kEnded);
  EXPECT_EQ(get(*store, "b")->status, CallStatus::kFailed);
  EXPECT_EQ(get(*store, "c")->status, sqlite() ? CallStatus::kEnded : CallStatus::kConnected);
}

/// Nodes that share a server's database.
class NodesTest : public DatabaseTest {
 protected:
  std::unique_ptr<Store> open_node(const std::string& name, base::Duration beat_interval) {
    auto node = options();
    node.node = name;
    node.beat_interval = beat_interval;
    auto store = open(std::move(node));
    EXPECT_TRUE(store->close_interrupted());
    return store;
  }
};

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(NodesTest);
INSTANTIATE_TEST_SUITE_P(On, NodesTest, ::testing::ValuesIn(databases_at_hand(true)),
                         [](const auto& test) { return test.param; });

TEST_P(NodesTest, ANodeThatStartsClosesOnlyItsOwnRows) {
  const auto other = open_node("node-b", 3s);
  ASSERT_TRUE(other->insert_call(call("CA_b")));
  ASSERT_TRUE(other->flush(5s));
  {
    auto killed = Database::open(parsed_url(), "node-a");
    ASSERT_TRUE(killed);
    ASSERT_TRUE((*killed)->insert_call(call("CA_a"), now_));
  }
  const auto store = open();
  EXPECT_EQ(*store->close_interrupted(), 1U);
  EXPECT_EQ(get(*store, "CA_a")->ended_by, "interrupted");
  EXPECT_EQ(get(*store, "CA_b")->status, CallStatus::kInitiated);
  EXPECT_EQ(get(*store, "CA_b")->node, "node-b");
}

TEST_P(NodesTest, TheOthersCloseTheRowsOfANodeThatDies) {
  const base::WallMillis start = now_;
  {
    auto killed = Database::open(parsed_url(), "node-a");
    ASSERT_TRUE(killed);
    ASSERT_TRUE((*killed)->register_node("first", start));
    ASSERT_TRUE((*killed)->insert_call(call("CA_talking"), start));
    ASSERT_TRUE((*killed)->insert_call(call("CA_ringing"), start));
    ASSERT_TRUE((*killed)->update_call(CallId("CA_talking"), {.status = CallStatus::kConnected}, start));
    ASSERT_TRUE(*(*killed)->beat("first", start + 60'000));
  }
  now_ += 90'000;
  const auto second = open_node("node-b", 20ms);
  const auto third = open_node("node-c", 20ms);
  ASSERT_TRUE(second->insert_call(call("CA_b")));
  ASSERT_TRUE(eventually([&] { return get(*third, "CA_ringing")->status == CallStatus::kFailed; }));
  const auto talking = get(*second, "CA_talking");
  EXPECT_EQ(talking->status, CallStatus::kEnded);
  EXPECT_EQ(talking->ended_by, "interrupted");
  EXPECT_EQ(talking->duration_seconds, 60);
  EXPECT_EQ(get(*second, "CA_b")->status, CallStatus::kInitiated);
  EXPECT_EQ(value("SELECT COUNT(*) FROM ringback_nodes"), "2");
}

TEST_P(NodesTest, WordIsLeftForTheNodeOfACallOnceAndForNobodyElse) {
  const auto first = Database::open(parsed_url(), "node-a");
  const auto second = Database::open(parsed_url(), "node-b");
  ASSERT_TRUE(first && second);
  ASSERT_TRUE((*first)->register_node("1", now_));
  EXPECT_TRUE(*(*second)->ask_hang_up(CallId("CA_a"), "node-a"));
  EXPECT_TRUE(*(*second)->ask_hang_up(CallId("CA_a"), "node-a")) << "asking twice is no mistake";
  EXPECT_TRUE(*(*second)->ask_hang_up(CallId("CA_b"), "node-a"));
  EXPECT_THAT(*(*second)->take_hang_ups(), ::testing::IsEmpty());
  EXPECT_THAT(*(*first)->take_hang_ups(), ::testing::UnorderedElementsAre(CallId("CA_a"), CallId("CA_b")));
  EXPECT_THAT(*(*first)->take_hang_ups(), ::testing::IsEmpty());
}

TEST_P(NodesTest, WordForANodeThatIsGoneIsNotKept) {
  const auto first = Database::open(parsed_url(), "node-a");
  const auto second = Database::open(parsed_url(), "node-b");
  ASSERT_TRUE(first && second);
  EXPECT_FALSE(*(*second)->ask_hang_up(CallId("CA_a"), "node-a")) << "it was never there";
  ASSERT_TRUE((*first)->register_node("1", now_));
  EXPECT_TRUE(*(*second)->ask_hang_up(CallId("CA_a"), "node-a"));
  ASSERT_TRUE((*second)->close_rows_of({"node-a", "1", 0}, now_));
  EXPECT_THAT(*(*first)->take_hang_ups(), ::testing::IsEmpty()) << "it was taken for dead";
  ASSERT_TRUE((*first)->register_node("2", now_));
  EXPECT_TRUE(*(*second)->ask_hang_up(CallId("CA_a"), "node-a"));
  ASSERT_TRUE((*first)->close_own_rows(now_));
  EXPECT_THAT(*(*first)->take_hang_ups(), ::testing::IsEmpty()) << "its calls ended with its earlier process";
}

TEST_P(NodesTest, ANodeThatGoesInGoodOrderIsForgotten) {
  const auto second = open_node("node-b", 3s);
  open_node("node-a", 3s);
  EXPECT_EQ(value("SELECT COUNT(*) FROM ringback_nodes"), "1");
}

TEST_P(NodesTest, TheWordOfTheCallsOwnNodeStandsAboveAnInterruption) {
  const auto silent = open_node("node-a", 1h);
  ASSERT_TRUE(silent->insert_call(call("CA_1")));
  ASSERT_TRUE(silent->update_call(CallId("CA_1"), {.status = CallStatus::kConnected}));
  ASSERT_TRUE(silent->flush(5s));
  const auto other = open_node("node-b", 20ms);
  ASSERT_TRUE(eventually([&] { return get(*other, "CA_1")->ended_by == "interrupted"; }));
  const CallChange end{.status = CallStatus::kEnded, .at = now_ + 125'000, .ended_by = std::string("phone")};
  ASSERT_TRUE(silent->update_call(CallId("CA_1"), end));
  const auto row = get(*silent, "CA_1");
  EXPECT_EQ(row->ended_by, "phone");
  EXPECT_EQ(row->duration_seconds, 125);
  EXPECT_EQ(row->ended_at, now_ + 125'000);
  EXPECT_EQ(row->failure_message, "");
}

TEST_P(NodesTest, ANodeThatWasOutOfSightTakesTheInterruptionBack) {
  auto database = Database::open(parsed_url(), "node-a");
  auto other = Database::open(parsed_url(), "node-b");
  ASSERT_TRUE(database && other);
  Heartbeat heartbeat("node-a", 3s);
  ASSERT_TRUE(heartbeat.begin(**database, now_));
  ASSERT_TRUE((*database)->insert_call(call("CA_1"), now_));
  ASSERT_TRUE((*database)->update_call(CallId("CA_1"), {.status = CallStatus::kRinging}, now_));
  heartbeat.follow({CallId("CA_1"), CallStatus::kRinging});

  const auto nodes = (*other)->list_nodes();
  ASSERT_TRUE(nodes);
  ASSERT_EQ(nodes->size(), 1U);
  EXPECT_EQ(**(*other)->close_rows_of(nodes->front(), now_), 1U);
  EXPECT_FALSE(*(*other)->close_rows_of(nodes->front(), now_));  // somebody was quicker
  EXPECT_EQ((**(*other)->get_call(CallId("CA_1"))).status, CallStatus::kFailed);

  ASSERT_TRUE(heartbeat.beat(**database, base::TimePoint(1h), now_));
  const auto row = **(*other)->get_call(CallId("CA_1"));
  EXPECT_EQ(row.status, CallStatus::kRinging);
  EXPECT_FALSE(row.ended_at);
  EXPECT_EQ(row.ended_by, "");
  EXPECT_EQ((*other)->list_nodes()->size(), 1U);
}

TEST_P(NodesTest, ABeatSavesANodeFromBeingClosed) {
  auto database = Database::open(parsed_url(), "node-a");
  ASSERT_TRUE(database);
  ASSERT_TRUE((*database)->register_node("first", now_));
  const auto before = (*database)->list_nodes()->front();
  ASSERT_TRUE(*(*database)->beat("first", now_));
  EXPECT_FALSE(*(*database)->close_rows_of(before, now_));
  EXPECT_EQ((*database)->list_nodes()->size(), 1U);
}

}  // namespace
}  // namespace ringback::store
