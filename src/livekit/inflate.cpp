#include "livekit/inflate.h"

#include <array>

#define ZLIB_CONST
#include <zlib.h>

namespace ringback::livekit {
namespace {

/// Owns zlib's inflate state.
class InflateStream {
 public:
  InflateStream() {
    // 16 added to the window bits: gzip header and trailer, not zlib's.
    usable_ = inflateInit2(&stream_, 16 + MAX_WBITS) == Z_OK;
  }
  ~InflateStream() {
    if (usable_) inflateEnd(&stream_);
  }
  InflateStream(const InflateStream&) = delete;
  InflateStream& operator=(const InflateStream&) = delete;

  [[nodiscard]] bool usable() const { return usable_; }
  z_stream& get() { return stream_; }

 private:
  z_stream stream_{};
  bool usable_ = false;
};

}  // namespace

base::Result<std::string, WireError> gunzip(std::string_view compressed, std::size_t max_bytes) {
  if (compressed.size() > max_bytes) return base::Failure{WireError::kTooLarge};
  InflateStream stream;
  if (!stream.usable()) return base::Failure{WireError::kMalformed};
  z_stream& z = stream.get();
  z.next_in = reinterpret_cast<const Bytef*>(compressed.data());
  z.avail_in = static_cast<uInt>(compressed.size());

  std::string out;
  std::array<char, 16384> chunk;
  for (;;) {
    z.next_out = reinterpret_cast<Bytef*>(chunk.data());
    z.avail_out = static_cast<uInt>(chunk.size());
    const int status = inflate(&z, Z_NO_FLUSH);
    if (status != Z_OK && status != Z_STREAM_END) return base::Failure{WireError::kMalformed};
    const std::size_t produced = chunk.size() - z.avail_out;
    if (produced > max_bytes - out.size()) return base::Failure{WireError::kTooLarge};
    out.append(chunk.data(), produced);
    if (status == Z_STREAM_END) return out;
    // Z_OK without progress: the input ended in the middle.
    if (z.avail_in == 0 && produced == 0) return base::Failure{WireError::kMalformed};
  }
}

}  // namespace ringback::livekit
