// CPU time of SRTP per packet: each suite, at the sizes of Opus (80), G.711 (160) and video (1100 bytes of
// payload).

#include <array>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <vector>

#include "measure.h"
#include "rtp/packet.h"
#include "rtp/srtp.h"

namespace {

using namespace ringback;

constexpr std::size_t kRounds = 9;
constexpr std::size_t kPackets = 20'000;

struct Cost {
  double protect = 0;
  double unprotect = 0;
};

Cost measure(rtp::SrtpSuite suite, std::size_t payload_size) {
  const rtp::SrtpSuiteInfo& info = rtp::suite_info(suite);
  const std::vector<std::uint8_t> key(info.key_size, 1);
  const std::vector<std::uint8_t> salt(info.salt_size, 2);
  auto sender = rtp::SrtpSession::create(suite, {key, salt}, {key, salt});
  auto receiver = rtp::SrtpSession::create(suite, {key, salt}, {key, salt});
  if (!sender || !receiver) std::abort();

  const std::vector<std::uint8_t> payload(payload_size, 3);
  std::vector<std::uint8_t> packet(rtp::kFixedHeaderSize + payload_size + rtp::kSrtpMaxOverhead);
  std::uint16_t sequence = 0;
  const auto seal = [&] {
    const std::size_t size = rtp::write_packet(packet, {.sequence = sequence++, .ssrc = 4}, payload);
    const auto sealed = sender->protect_rtp(packet, size);
    if (!sealed.ok()) std::abort();
    return *sealed;
  };
  Cost cost;
  cost.protect = bench::median_nanos(kRounds, kPackets, [&] { static_cast<void>(seal()); });
  // A packet opens only once, so both are timed together and the first half is taken off. The receiver must
  // see the stream from its start to know the roll-over counter.
  sender = rtp::SrtpSession::create(suite, {key, salt}, {key, salt});
  sequence = 0;
  const double both = bench::median_nanos(kRounds, kPackets, [&] {
    const std::size_t size = seal();
    if (!receiver->unprotect_rtp(std::span(packet).first(size)).ok()) std::abort();
  });
  cost.unprotect = both - cost.protect;
  return cost;
}

}  // namespace

int main() {
  std::printf("SRTP, nanoseconds of CPU per packet (median of %zu rounds of %zu)\n", kRounds, kPackets);
  std::printf("%-26s %8s %10s %10s\n", "suite", "payload", "protect", "unprotect");
  for (const auto suite : {rtp::SrtpSuite::kAesCm128HmacSha1_80, rtp::SrtpSuite::kAesCm128HmacSha1_32,
                           rtp::SrtpSuite::kAeadAes128Gcm, rtp::SrtpSuite::kAeadAes256Gcm}) {
    for (const std::size_t payload : {80U, 160U, 1100U}) {
      const Cost cost = measure(suite, payload);
      std::printf("%-26s %8zu %10.0f %10.0f\n", rtp::suite_info(suite).sdes_name.data(), payload,
                  cost.protect, cost.unprotect);
    }
  }
  return 0;
}
