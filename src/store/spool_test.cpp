#include "store/spool.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ringback::store {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Write insert(const std::string& id) {
  CallRow row;
  row.id = CallId(id);
  row.room_name = "room";
  row.caller_name = "Zoë \"O'Neil\"\n";
  row.phone_number = "+15551230000";
  row.started_at = 1'763'800'000'123;
  return {1'763'800'000'456, InsertCall{row}};
}

Write update(const std::string& id) {
  CallChange change{.status = CallStatus::kFailed, .at = 1'763'800'001'000};
  change.failure_code = "busy";
  change.failure_action = "";
  change.sip_status = 486;
  change.sip_reason = "Busy Here";
  return {1'763'800'002'000, UpdateCall{CallId(id), change}};
}

class SpoolTest : public ::testing::Test {
 protected:
  SpoolTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "ringback-spool-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  ~SpoolTest() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::string path() const { return folder_ + "/ringback.spool"; }
  [[nodiscard]] Spool open() const {
    auto spool = Spool::open(path());
    EXPECT_TRUE(spool) << spool.error().message;
    return std::move(spool).value();
  }
  static bool append(Spool& spool, const Write& write) { return spool.append(encode(write) + "\n", 1); }

  std::string folder_;
};

TEST(WriteLine, KeepsEveryKindOfWrite) {
  const Write writes[] = {insert("CA_1"),
                          update("CA_1"),
                          {1, TrunkRow{"1", "Twilio", "ST_1", "twilio", 5}},
                          {2, TrunkRow{.name = "T", .sip_trunk_id = "ST_2"}},
                          {3, SipObject{"ST_1", "outbound_trunk", R"({"name":"ü"})"}},
                          {4, DeleteSipObject{"ST_1"}}};
  for (const Write& write : writes) {
    const auto read = decode_write(encode(write));
    ASSERT_TRUE(read) << encode(write);
    EXPECT_EQ(*read, write) << encode(write);
    EXPECT_EQ(encode(write).find('\n'), std::string::npos);
  }
}

TEST(WriteLine, OtherTextIsNoWrite) {
  for (const char* line :
       {"", "x", "{", "[]", "{}", R"({"at":1})", R"({"at":"1","insert_call":{"id":"a"}})",
        R"({"at":1,"insert_call":{}})", R"({"at":1,"insert_call":7})", R"({"at":1,"drop":{"id":"a"}})"}) {
    EXPECT_FALSE(decode_write(line)) << line;
  }
  EXPECT_TRUE(
      decode_write(R"({"at":1,"update_call":{"id":"a","status":7,"sip_status":"x","warning":null}})"));
}

TEST_F(SpoolTest, GivesBackInOrderAndOutlivesTheProcess) {
  {
    Spool spool = open();
    for (const char* id : {"1", "2", "3"}) ASSERT_TRUE(append(spool, insert(id)));
    EXPECT_THAT(spool.front(2), ElementsAre(insert("1"), insert("2")));
    spool.pop(1);
    EXPECT_EQ(spool.size(), 2U);
    ASSERT_TRUE(append(spool, update("4")));
    EXPECT_THAT(spool.front(2), ElementsAre(insert("2"), insert("3")));
  }
  struct stat status {};
  ASSERT_EQ(::stat(path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  Spool spool = open();
  EXPECT_EQ(spool.size(), 4U);  // what was taken out comes again
  EXPECT_THAT(spool.front(10), ElementsAre(insert("1"), insert("2"), insert("3"), update("4")));
  spool.pop(4);
  EXPECT_TRUE(spool.empty());
  EXPECT_EQ(std::filesystem::file_size(path()), 0U);
  EXPECT_THAT(spool.front(10), IsEmpty());
}

TEST_F(SpoolTest, ATornLineIsDroppedAndTheNextOneStands) {
  {
    Spool spool = open();
    ASSERT_TRUE(append(spool, insert("1")));
  }
  std::ofstream(path(), std::ios::app) << encode(insert("2")).substr(0, 30);
  Spool spool = open();
  EXPECT_EQ(spool.size(), 1U);
  EXPECT_EQ(spool.unreadable(), 1U);
  ASSERT_TRUE(append(spool, insert("3")));
  EXPECT_THAT(spool.front(10), ElementsAre(insert("1"), insert("3")));
}

TEST_F(SpoolTest, LinesThatAreNoWritesAreLeftOut) {
  std::ofstream(path()) << "x\n" << encode(insert("1")) << "\ny\n\n" << encode(insert("2")) << "\nz\n";
  Spool spool = open();
  EXPECT_THAT(spool.front(1), ElementsAre(insert("1")));
  spool.pop(1);
  EXPECT_THAT(spool.front(10), ElementsAre(insert("2")));
  spool.pop(1);
  EXPECT_TRUE(spool.empty());
  EXPECT_EQ(spool.unreadable(), 4U);
}

TEST_F(SpoolTest, OneProcessAtATime) {
  const Spool spool = open();
  const auto second = Spool::open(path());
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, HasSubstr("in use"));
}

TEST_F(SpoolTest, WithoutAFileNothingIsTaken) {
  Spool none;
  EXPECT_FALSE(append(none, insert("1")));
  EXPECT_THAT(none.front(1), IsEmpty());
}

}  // namespace
}  // namespace ringback::store
