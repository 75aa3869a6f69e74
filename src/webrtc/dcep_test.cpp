#include "webrtc/dcep.h"

#include <gtest/gtest.h>

namespace ringback::webrtc {
namespace {

TEST(Dcep, OpenRoundTripsForEveryChannelType) {
  for (const bool ordered : {true, false}) {
    DcepOpen open{.ordered = ordered, .label = "_reliable", .protocol = "p"};
    EXPECT_EQ(DcepOpen::parse(open.serialize()), open);
    open.max_retransmits = 0;
    EXPECT_EQ(DcepOpen::parse(open.serialize()), open);
    open.max_retransmits.reset();
    open.max_lifetime_ms = 1500;
    EXPECT_EQ(DcepOpen::parse(open.serialize()), open);
  }
}

TEST(Dcep, OpenOfTheLossyChannelHasTheBytesOfTheRfc) {
  const DcepOpen open{.ordered = false, .max_retransmits = 0, .label = "_lossy"};
  const std::vector<std::uint8_t> expected{3, 0x81, 0, 0,   0,   0,   0,   0,   0,
                                           6, 0,    0, '_', 'l', 'o', 's', 's', 'y'};
  EXPECT_EQ(open.serialize(), expected);
}

TEST(Dcep, RefusesWrongLengthsAndTypes) {
  auto good = DcepOpen{.label = "label"}.serialize();
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(DcepOpen::parse(std::span(good).first(size)));
  }
  auto bad = good;
  bad.push_back(0);
  EXPECT_FALSE(DcepOpen::parse(bad));
  bad = good;
  bad[1] = 0x03;
  EXPECT_FALSE(DcepOpen::parse(bad));
  bad = good;
  bad[8] = 0xff;
  EXPECT_FALSE(DcepOpen::parse(bad));
  EXPECT_TRUE(is_dcep_ack(dcep_ack()));
  EXPECT_FALSE(is_dcep_ack(good));
}

}  // namespace
}  // namespace ringback::webrtc
