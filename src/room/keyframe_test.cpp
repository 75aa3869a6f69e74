#include "room/keyframe.h"

#include <gtest/gtest.h>

#include <vector>

namespace ringback::room {
namespace {

using Bytes = std::vector<std::uint8_t>;

TEST(Keyframe, Vp8) {
  EXPECT_TRUE(begins_keyframe("VP8", Bytes{0x10, 0x00, 0x00}));
  EXPECT_FALSE(begins_keyframe("VP8", Bytes{0x10, 0x01, 0x00})) << "predicted";
  EXPECT_FALSE(begins_keyframe("VP8", Bytes{0x00, 0x00, 0x00})) << "does not begin a partition";
  EXPECT_TRUE(begins_keyframe("vp8", Bytes{0x90, 0xe0, 0x81, 0x02, 0x05, 0x21, 0x00})) << "all extensions";
  EXPECT_FALSE(begins_keyframe("VP8", Bytes{0x90, 0x80, 0x81})) << "cut off";
}

TEST(Keyframe, H264) {
  EXPECT_TRUE(begins_keyframe("H264", Bytes{0x67, 1, 2}));
  EXPECT_TRUE(begins_keyframe("H264", Bytes{0x65}));
  EXPECT_FALSE(begins_keyframe("H264", Bytes{0x41, 1}));
  EXPECT_TRUE(begins_keyframe("H264", Bytes{0x18, 0, 2, 0x09, 0x10, 0, 1, 0x67}));
  EXPECT_TRUE(begins_keyframe("H264", Bytes{0x7c, 0x85})) << "first fragment of an IDR slice";
  EXPECT_FALSE(begins_keyframe("H264", Bytes{0x7c, 0x05})) << "later fragment";
  EXPECT_FALSE(begins_keyframe("H264", Bytes{0x18, 0xff, 0xff, 0x01})) << "length beyond the end";
}

TEST(Keyframe, Vp9) {
  EXPECT_TRUE(begins_keyframe("VP9", Bytes{0x08}));
  EXPECT_FALSE(begins_keyframe("VP9", Bytes{0x48}));
  EXPECT_TRUE(begins_keyframe("VP9", Bytes{0xa8, 0x81, 0x02, 0x00}));
  EXPECT_FALSE(begins_keyframe("VP9", Bytes{0xa8, 0x81, 0x02, 0x02})) << "upper spatial layer";
}

TEST(Keyframe, Av1AndUnknown) {
  EXPECT_TRUE(begins_keyframe("AV1", Bytes{0x18}));
  EXPECT_FALSE(begins_keyframe("AV1", Bytes{0x10}));
  EXPECT_FALSE(begins_keyframe("H265", Bytes{0x26, 0x01}));
  EXPECT_FALSE(begins_keyframe("VP8", Bytes{}));
}

}  // namespace
}  // namespace ringback::room
