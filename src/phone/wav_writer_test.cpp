#include "phone/wav_writer.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <vector>

namespace ringback::phone {
namespace {

TEST(WavWriter, WritesAFileThatSaysWhatItHolds) {
  const std::string path = testing::TempDir() + "wav_writer_test.wav";
  {
    auto writer = WavWriter::create(path);
    ASSERT_TRUE(writer);
    writer->write(std::array<audio::Sample, 3>{1, -1, 258});
  }
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> bytes(std::istreambuf_iterator<char>(file), {});
  ASSERT_EQ(bytes.size(), 50U);
  EXPECT_EQ(std::string(bytes.data(), 4), "RIFF");
  EXPECT_EQ(bytes[4], 42);
  EXPECT_EQ(bytes[40], 6);
  EXPECT_EQ(std::vector<char>(bytes.begin() + 44, bytes.end()), (std::vector<char>{1, 0, -1, -1, 2, 1}));
  std::filesystem::remove(path);
}

TEST(WavWriter, SaysWhyItCannot) {
  const auto writer = WavWriter::create("/nowhere/at/all.wav");
  ASSERT_FALSE(writer);
  EXPECT_NE(writer.error().message.find("/nowhere/at/all.wav"), std::string::npos);
}

}  // namespace
}  // namespace ringback::phone
