#include "load/leg.h"

#include <array>
#include <cstdlib>
#include <cstring>

#include "audio/codec.h"
#include "audio/g711.h"
#include "crypto/random.h"
#include "rtp/packet.h"
#include "rtp/sequence.h"

namespace ringback::bench {
namespace {

constexpr std::uint32_t kFramesBetweenBursts = 50;
constexpr float kBurstLevel = -6;
constexpr int kBurstHz = 1000;

// A burst begins where the sound passes a quarter of the burst's peak after at least 200 ms of quiet.
constexpr int kOnsetThreshold = 3000;
constexpr std::uint64_t kQuietBefore = audio::kPhoneRate / 5;

constexpr std::uint32_t kMagic = 0x7262656e;

/// What a stamped frame begins with; the rest is filled with a level that no silence detector takes for
/// silence.
struct Stamp {
  std::uint32_t magic = kMagic;
  std::uint32_t frame = 0;
  std::int64_t sent_us = 0;
};

double milliseconds(base::Duration duration) {
  return static_cast<double>(duration.count()) / 1000;
}

}  // namespace

base::ErrorOr<std::unique_ptr<Leg>> Leg::open(net::Worker& worker, unsigned index, Probe probe) {
  std::unique_ptr<Leg> leg(new Leg(worker, index, probe));
  auto port = net::UdpPort::open(
      worker, net::UdpPort::Options::for_leg({base::IpAddress::v4({127, 0, 0, 1}), 0}), *leg);
  if (!port) return base::Failure{port.error()};
  leg->port_ = std::move(*port);
  return leg;
}

Leg::Leg(net::Worker& worker, unsigned index, Probe probe)
    : worker_(worker),
      index_(index),
      probe_(probe),
      tick_(worker.timers(), *this),
      burst_(audio::sine(kBurstHz, kBurstLevel), audio::kPhoneRate),
      ssrc_(crypto::random_u32()) {}

void Leg::start(const base::Endpoint& remote) {
  if (remote_) return;
  remote_ = remote;
  // Real phones do not speak in step: spread the legs over the frame.
  tick_.start(worker_.now() + base::Duration(crypto::random_below(20'000)), audio::kFrameDuration);
}

void Leg::begin_window() {
  report_ = {};
  expected_sequence_.reset();
  first_frame_.reset();
  stamped_ = 0;
  last_sent_ = {};
  last_received_ = {};
  measuring_ = true;
}

LegReport Leg::end_window() {
  measuring_ = false;
  if (first_frame_) report_.stamped_lost = last_frame_ - *first_frame_ + 1 - stamped_;
  return report_;
}

void Leg::on_tick(base::TimePoint /*due*/, unsigned missed) {
  timestamp_ += missed * static_cast<std::uint32_t>(audio::kPhoneFrameSamples);
  const base::TimePoint now = worker_.read_clock();
  std::array<std::uint8_t, audio::kPhoneFrameSamples> payload;
  if (probe_ == Probe::kStamp) {
    payload.fill(0x30);
    const Stamp stamp{.frame = frame_, .sent_us = now.time_since_epoch().count()};
    std::memcpy(payload.data(), &stamp, sizeof stamp);
  } else if (frame_ % kFramesBetweenBursts == 0) {
    std::array<audio::Sample, audio::kPhoneFrameSamples> samples;
    burst_.restart();
    burst_.read(samples);
    audio::g711_encode(audio::Codec::kPcmu, samples, payload);
    burst_sent_ = now - audio::kFrameDuration;
  } else {
    payload.fill(audio::g711_silence(audio::Codec::kPcmu));
  }
  const auto slot = port_->prepare();
  const std::size_t size = rtp::write_packet(slot,
                                             {.marker = frame_ == 0,
                                              .payload_type = rtp::kPayloadTypePcmu,
                                              .sequence = sequence_++,
                                              .timestamp = timestamp_,
                                              .ssrc = ssrc_},
                                             payload);
  port_->commit(size, *remote_);
  timestamp_ += static_cast<std::uint32_t>(audio::kPhoneFrameSamples);
  ++frame_;
  if (!measuring_) return;
  ++report_.sent;
  if (last_sent_ != base::TimePoint{}) {
    report_.own_pacing_ms.add(milliseconds(std::chrono::abs(now - last_sent_ - audio::kFrameDuration)));
  }
  last_sent_ = now;
}

void Leg::on_datagram(base::TimePoint /*now*/, std::span<std::uint8_t> bytes,
                      const base::Endpoint& /*from*/) {
  const auto packet = rtp::PacketView::parse(bytes);
  if (!packet || packet->payload_type() != rtp::kPayloadTypePcmu) return;
  const base::TimePoint now = worker_.read_clock();
  if (measuring_) {
    ++report_.received;
    if (last_received_ != base::TimePoint{}) {
      report_.pacing_ms.add(milliseconds(std::chrono::abs(now - last_received_ - audio::kFrameDuration)));
    }
    last_received_ = now;
    if (expected_sequence_) {
      const int ahead = rtp::sequence_distance(*expected_sequence_, packet->sequence());
      if (ahead > 0) report_.missing += static_cast<std::uint64_t>(ahead);
    }
    expected_sequence_ = static_cast<std::uint16_t>(packet->sequence() + 1);
  }
  if (probe_ == Probe::kStamp) {
    read_stamp(now, packet->payload());
  } else {
    look_for_burst(now, packet->payload());
  }
}

void Leg::read_stamp(base::TimePoint now, std::span<const std::uint8_t> payload) {
  Stamp stamp;
  if (!measuring_ || payload.size() < sizeof stamp) return;
  std::memcpy(&stamp, payload.data(), sizeof stamp);
  if (stamp.magic != kMagic) return;
  if (!first_frame_) first_frame_ = stamp.frame;
  last_frame_ = stamp.frame;
  ++stamped_;
  const base::TimePoint sent{base::Duration(stamp.sent_us)};
  report_.delay_ms.add(milliseconds(now - sent + audio::kFrameDuration));
}

void Leg::look_for_burst(base::TimePoint now, std::span<const std::uint8_t> payload) {
  for (std::size_t i = 0; i < payload.size(); ++i) {
    if (std::abs(int{audio::g711_decode(audio::Codec::kPcmu, payload[i])}) < kOnsetThreshold) {
      ++quiet_samples_;
      continue;
    }
    const bool onset = quiet_samples_ >= kQuietBefore;
    quiet_samples_ = 0;
    if (!onset || !measuring_ || other_ == nullptr) continue;
    const base::Duration into_packet(static_cast<std::int64_t>(i) * 1'000'000 / audio::kPhoneRate);
    const base::Duration delay = now + into_packet - other_->burst_sent_;
    if (delay < std::chrono::milliseconds(900)) report_.delay_ms.add(milliseconds(delay));
  }
}

}  // namespace ringback::bench
