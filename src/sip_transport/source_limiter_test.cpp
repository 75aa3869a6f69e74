#include "sip_transport/source_limiter.h"

#include <gtest/gtest.h>

namespace ringback::sip_transport {
namespace {

using namespace std::chrono_literals;

constexpr base::TimePoint kStart{1000s};

base::IpAddress address(std::uint32_t number) {
  return base::IpAddress::v4({10, static_cast<std::uint8_t>(number >> 16),
                              static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number)});
}

TEST(SourceLimiter, AdmitsABurstAndThenTheRate) {
  SourceLimiter limiter(10, 3);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(limiter.admit(kStart, address(1)));
  EXPECT_FALSE(limiter.admit(kStart, address(1)));
  EXPECT_FALSE(limiter.admit(kStart + 50ms, address(1)));
  EXPECT_TRUE(limiter.admit(kStart + 100ms, address(1)));
  EXPECT_FALSE(limiter.admit(kStart + 100ms, address(1)));
  EXPECT_TRUE(limiter.admit(kStart + 10s, address(1)));
}

TEST(SourceLimiter, SourcesDoNotShare) {
  SourceLimiter limiter(1, 1);
  EXPECT_TRUE(limiter.admit(kStart, address(1)));
  EXPECT_FALSE(limiter.admit(kStart, address(1)));
  EXPECT_TRUE(limiter.admit(kStart, address(2)));
}

TEST(SourceLimiter, ForgedSourcesCostBoundedMemory) {
  SourceLimiter limiter(1, 2);
  for (std::uint32_t i = 0; i < 3 * SourceLimiter::kMaxSources; ++i) {
    ASSERT_TRUE(limiter.admit(kStart + i * 1us, address(i)));
  }
  EXPECT_LE(limiter.tracked_sources(), SourceLimiter::kMaxSources);
}

TEST(SourceLimiter, MakingRoomForgetsNoBusySourceWhileThereAreIdleOnes) {
  SourceLimiter limiter(1, 1);
  for (std::uint32_t i = 1; i < SourceLimiter::kMaxSources; ++i)
    ASSERT_TRUE(limiter.admit(kStart, address(i)));
  const base::TimePoint later = kStart + 10s;
  EXPECT_TRUE(limiter.admit(later, address(0)));
  EXPECT_TRUE(limiter.admit(later, address(1'000'000)));  // makes room
  EXPECT_FALSE(limiter.admit(later, address(0)));
}

}  // namespace
}  // namespace ringback::sip_transport
