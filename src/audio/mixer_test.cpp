#include "audio/mixer.h"

#include <gtest/gtest.h>

#include <array>

namespace ringback::audio {
namespace {

TEST(Mixer, EverybodyHearsTheOthers) {
  Mixer mixer(4);
  const std::array<Sample, 4> a{1, 2, 3, 4};
  const std::array<Sample, 4> b{10, 20, 30, 40};
  const std::array<Sample, 4> c{100, 200, 300, 400};
  mixer.begin();
  mixer.add(a);
  mixer.add(b);
  mixer.add(c);
  EXPECT_EQ(mixer.inputs(), 3U);
  std::array<Sample, 4> out{};
  mixer.sum(out);
  EXPECT_EQ(out, (std::array<Sample, 4>{111, 222, 333, 444}));
  mixer.sum_without(b, out);
  EXPECT_EQ(out, (std::array<Sample, 4>{101, 202, 303, 404}));
}

TEST(Mixer, ClipsInsteadOfWrapping) {
  Mixer mixer(2);
  const std::array<Sample, 2> loud{32767, -32768};
  mixer.begin();
  for (int i = 0; i < 5; ++i) mixer.add(loud);
  std::array<Sample, 2> out{};
  mixer.sum(out);
  EXPECT_EQ(out, loud);
  // Clipping happens last: what is left after taking oneself out is exact.
  mixer.begin();
  mixer.add(loud);
  mixer.add(loud);
  mixer.sum_without(loud, out);
  EXPECT_EQ(out, loud);
}

TEST(Mixer, ShortFramesEndInSilenceAndBeginForgets) {
  Mixer mixer(3);
  const std::array<Sample, 1> brief{7};
  mixer.begin();
  mixer.add(brief);
  std::array<Sample, 3> out{};
  mixer.sum(out);
  EXPECT_EQ(out, (std::array<Sample, 3>{7, 0, 0}));
  mixer.begin();
  mixer.sum(out);
  EXPECT_EQ(out, (std::array<Sample, 3>{0, 0, 0}));
}

}  // namespace
}  // namespace ringback::audio
