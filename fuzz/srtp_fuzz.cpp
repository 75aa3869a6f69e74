// modules: rtp
//
// Strangers' bytes at all four suites. And what a peer with the keys may send: the input protected and opened
// again is the input.

#include <algorithm>
#include <array>
#include <vector>

#include "input.h"
#include "rtp/srtp.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ringback;
  using rtp::SrtpSuite;
  if (size > 2000) return 0;
  static constexpr std::array<std::uint8_t, 32> kKey = {1, 2, 3};
  static constexpr std::array<std::uint8_t, 14> kSalt = {4, 5, 6};
  for (const SrtpSuite suite : {SrtpSuite::kAesCm128HmacSha1_80, SrtpSuite::kAesCm128HmacSha1_32,
                                SrtpSuite::kAeadAes128Gcm, SrtpSuite::kAeadAes256Gcm}) {
    const rtp::SrtpSuiteInfo& info = rtp::suite_info(suite);
    const rtp::SrtpKey key{std::span(kKey).first(info.key_size), std::span(kSalt).first(info.salt_size)};
    auto session = rtp::SrtpSession::create(suite, key, key, 8);
    for (const bool control : {false, true}) {
      std::vector<std::uint8_t> stranger(data, data + size);
      (void)(control ? session->unprotect_rtcp(stranger) : session->unprotect_rtp(stranger)).ok();

      std::vector<std::uint8_t> packet(data, data + size);
      packet.resize(size + rtp::kSrtpMaxOverhead);
      const auto sealed = control ? session->protect_rtcp(packet, size) : session->protect_rtp(packet, size);
      if (!sealed.ok()) continue;
      const auto wire = std::span(packet).first(*sealed);
      const auto plain = control ? session->unprotect_rtcp(wire) : session->unprotect_rtp(wire);
      fuzz::promise(plain.ok() && *plain == size && std::equal(data, data + size, packet.begin()));
    }
  }
  return 0;
}
