#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <span>
#include <string>

#include "audio/codec.h"
#include "base/error.h"

namespace ringback::phone {

/// Writes 8 kHz mono 16-bit PCM to a RIFF WAVE file; the header gets its lengths when the writer is
/// destroyed.
class WavWriter {
 public:
  static base::ErrorOr<WavWriter> create(const std::string& path);
  WavWriter(WavWriter&&) = default;
  WavWriter& operator=(WavWriter&&) = delete;
  ~WavWriter();

  void write(std::span<const audio::Sample> samples);

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  explicit WavWriter(std::FILE* file) : file_(file) {}
  void write_header();

  std::unique_ptr<std::FILE, Close> file_;
  std::uint32_t samples_ = 0;
};

}  // namespace ringback::phone
