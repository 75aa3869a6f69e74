#include "store/call_row.h"

#include <gtest/gtest.h>

#include "store/cursor.h"
#include "store/timestamp.h"

namespace ringback::store {
namespace {

CallRow row_in(CallStatus status) {
  CallRow row;
  row.id = CallId("CA_1");
  row.status = status;
  return row;
}

CallChange to(CallStatus status, base::WallMillis at) {
  return {.status = status, .at = at};
}

TEST(CallStatus, NamesAreThoseOfTheDatabase) {
  for (const char* name : {"initiated", "ringing", "connected", "ended", "failed"}) {
    ASSERT_TRUE(parse_call_status(name));
    EXPECT_EQ(to_string(*parse_call_status(name)), name);
  }
  EXPECT_FALSE(parse_call_status("Ringing"));
  EXPECT_FALSE(parse_call_status(""));
}

TEST(ApplyChange, FollowsACallThroughItsLife) {
  CallRow row = row_in(CallStatus::kInitiated);
  EXPECT_TRUE(apply(to(CallStatus::kRinging, 1000), 1001, row));
  EXPECT_TRUE(apply(to(CallStatus::kConnected, 5000), 5001, row));
  EXPECT_EQ(row.connected_at, 5000);
  EXPECT_TRUE(apply(to(CallStatus::kEnded, 65'999), 66'000, row));
  EXPECT_EQ(row.ended_at, 65'999);
  EXPECT_EQ(row.duration_seconds, 60);
  EXPECT_EQ(row.updated_at, 66'000);
}

TEST(ApplyChange, AStatusNeverGoesBackwards) {
  CallRow row = row_in(CallStatus::kConnected);
  row.connected_at = 10;
  CallChange late{.status = CallStatus::kRinging, .at = 20};
  late.sip_status = 183;
  EXPECT_TRUE(apply(late, 30, row));
  EXPECT_EQ(row.status, CallStatus::kConnected);
  EXPECT_EQ(row.connected_at, 10);
  EXPECT_EQ(row.sip_status, 183);
}

TEST(ApplyChange, AnEndIsFinal) {
  CallRow row = row_in(CallStatus::kEnded);
  row.ended_by = "phone";
  const CallRow before = row;
  CallChange second{.status = CallStatus::kFailed, .at = 20};
  second.ended_by = "api";
  EXPECT_FALSE(apply(second, 30, row));
  EXPECT_FALSE(apply(to(CallStatus::kRinging, 20), 30, row));
  EXPECT_EQ(row, before);
}

TEST(ApplyChange, ACallThatWasNeverAnsweredLastedNoTime) {
  CallRow row = row_in(CallStatus::kRinging);
  EXPECT_TRUE(apply(to(CallStatus::kFailed, 90'000), 90'000, row));
  EXPECT_EQ(row.duration_seconds, 0);
  EXPECT_FALSE(row.connected_at);
}

TEST(ApplyChange, TheSameValuesChangeNothing) {
  CallRow row = row_in(CallStatus::kRinging);
  row.updated_at = 5;
  row.trunk_id = "ST_1";
  EXPECT_FALSE(apply({.trunk_id = "ST_1"}, 9, row));
  EXPECT_EQ(row.updated_at, 5);
}

TEST(Timestamp, WritesUtcThatSortsAsText) {
  EXPECT_EQ(format_timestamp(0), "1970-01-01 00:00:00.000");
  EXPECT_EQ(format_timestamp(1'763'800'000'123), "2025-11-22 08:26:40.123");
}

TEST(Timestamp, ReadsWhatItWritesAndWhatOthersWrite) {
  for (const base::WallMillis at : {base::WallMillis{0}, base::WallMillis{1'763'800'000'123},
                                    base::WallMillis{951'782'400'000}, base::WallMillis{4'102'444'799'999}}) {
    EXPECT_EQ(parse_timestamp(format_timestamp(at)), at);
  }
  EXPECT_EQ(parse_timestamp("2025-11-22 08:26:40"), 1'763'800'000'000);
  EXPECT_EQ(parse_timestamp("2025-11-22T08:26:40Z"), 1'763'800'000'000);
  EXPECT_EQ(parse_timestamp("2025-11-22T08:26:40.5Z"), 1'763'800'000'500);
  EXPECT_EQ(parse_timestamp("2025-11-22 08:26:40.123456"), 1'763'800'000'123);
}

TEST(Timestamp, RefusesWhatIsNoTime) {
  for (const char* text :
       {"", "now", "2025-13-01 00:00:00", "2025-02-30 00:00:00", "2025-11-22", "2025-11-22 25:00:00",
        "2025-11-22 08:26:40+01:00", "2025-11-22 08:26:40.", "+025-11-22 08:26:40"}) {
    EXPECT_FALSE(parse_timestamp(text)) << text;
  }
}

TEST(Cursor, IsReadBackAndNothingElseIs) {
  const auto cursor = decode_cursor(encode_cursor({"2025-11-22 08:26:40.123", "CA_1"}));
  ASSERT_TRUE(cursor);
  EXPECT_EQ(cursor->created_at, "2025-11-22 08:26:40.123");
  EXPECT_EQ(cursor->id, "CA_1");
  for (const char* text : {"x", "zz", "00", "63317c", "63317c7c", "1"})
    EXPECT_FALSE(decode_cursor(text)) << text;
  EXPECT_FALSE(decode_cursor(std::string(10'000, 'a')));
}

}  // namespace
}  // namespace ringback::store
