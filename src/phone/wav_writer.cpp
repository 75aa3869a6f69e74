#include "phone/wav_writer.h"

#include <array>
#include <cerrno>
#include <cstring>

namespace ringback::phone {
namespace {

constexpr std::size_t kHeaderSize = 44;

void put(std::uint8_t* at, std::uint32_t value, int bytes) {  // little-endian, as RIFF has it
  for (int i = 0; i < bytes; ++i) at[i] = static_cast<std::uint8_t>(value >> (8 * i));
}

}  // namespace

base::ErrorOr<WavWriter> WavWriter::create(const std::string& path) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) return base::fail("cannot write " + path + ": " + std::strerror(errno));
  WavWriter writer(file);
  writer.write_header();
  return writer;
}

WavWriter::~WavWriter() {
  if (!file_) return;
  std::rewind(file_.get());
  write_header();
}

void WavWriter::write_header() {
  constexpr std::uint32_t kBytesPerSample = 2;
  const std::uint32_t data = samples_ * kBytesPerSample;
  std::array<std::uint8_t, kHeaderSize> header{};
  std::memcpy(header.data(), "RIFF", 4);
  put(header.data() + 4, data + kHeaderSize - 8, 4);
  std::memcpy(header.data() + 8, "WAVEfmt ", 8);
  put(header.data() + 16, 16, 4);  // length of the format chunk
  put(header.data() + 20, 1, 2);   // PCM
  put(header.data() + 22, 1, 2);   // channels
  put(header.data() + 24, audio::kPhoneRate, 4);
  put(header.data() + 28, audio::kPhoneRate * kBytesPerSample, 4);
  put(header.data() + 32, kBytesPerSample, 2);
  put(header.data() + 34, 16, 2);  // bits
  std::memcpy(header.data() + 36, "data", 4);
  put(header.data() + 40, data, 4);
  std::fwrite(header.data(), 1, header.size(), file_.get());
}

void WavWriter::write(std::span<const audio::Sample> samples) {
  for (const audio::Sample sample : samples) {
    std::array<std::uint8_t, 2> bytes{};
    put(bytes.data(), static_cast<std::uint16_t>(sample), 2);
    std::fwrite(bytes.data(), 1, bytes.size(), file_.get());
  }
  samples_ += static_cast<std::uint32_t>(samples.size());
}

}  // namespace ringback::phone
