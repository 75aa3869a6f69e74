#include "room/up_track.h"

#include <gtest/gtest.h>

#include <array>

#include "room/room_fixture.h"

namespace ringback::room {
namespace {

using namespace std::chrono_literals;

struct CountingConsumer final : TrackConsumer {
  void on_packet(base::TimePoint, const sdp::WebRtcCodec&, const rtp::PacketView& packet) override {
    sequences.push_back(packet.sequence());
  }
  void on_source_switched() override { ++switches; }
  void on_formats_changed() override {}
  std::vector<std::uint16_t> sequences;
  int switches = 0;
};

struct CountingKeyframes final : UpTrack::KeyframeSource {
  void request_keyframe(std::uint32_t ssrc) override { asked.push_back(ssrc); }
  std::vector<std::uint32_t> asked;
};

/// A VP8 camera with two layers and one subscriber.
struct SimulcastTest : testing::Test {
  void SetUp() override {
    world.open();
    phone = world.join_local("camera", listener);
    livekit::TrackInfo info;
    info.sid = "TR_VC1";
    info.type = livekit::TrackType::kVideo;
    track = std::make_unique<UpTrack>(*world.room->find("camera"), info, &keyframes);
    sdp::WebRtcCodec vp8;
    vp8.payload_type = 96;
    vp8.name = "VP8";
    vp8.clock_rate = 90000;
    track->set_formats({vp8});
    low = &track->add_stream(1, 0, "q");
    high = &track->add_stream(2, 0, "f");
    track->add_consumer(consumer);
  }
  void send(UpStream& stream, std::uint16_t sequence, bool keyframe) {
    const std::array<std::uint8_t, 3> payload = {0x10, static_cast<std::uint8_t>(keyframe ? 0 : 1), 0};
    std::array<std::uint8_t, 64> buffer;
    const std::size_t size =
        rtp::write_packet(buffer, {.payload_type = 96, .sequence = sequence, .ssrc = stream.ssrc}, payload);
    const auto packet = rtp::PacketView::parse(std::span(buffer).first(size));
    stream.reception.received(now, sequence, 0, 90000);
    track->receive(now, stream, *packet, -1);
  }
  RoomWorld world;
  FakeListener listener;
  std::unique_ptr<LocalParticipant> phone;
  CountingKeyframes keyframes;
  CountingConsumer consumer;
  std::unique_ptr<UpTrack> track;
  UpStream* low = nullptr;
  UpStream* high = nullptr;
  base::TimePoint now{100s};
};

TEST_F(SimulcastTest, OneLayerAtATimeAndUpwardsAtAKeyFrame) {
  send(*low, 1, true);
  send(*high, 500, false);
  EXPECT_EQ(keyframes.asked, std::vector<std::uint32_t>{2})
      << "a better layer is there: ask for a place to switch";
  send(*low, 2, false);
  send(*high, 501, true);
  send(*low, 3, false);
  send(*high, 502, false);
  EXPECT_EQ(consumer.sequences, (std::vector<std::uint16_t>{1, 2, 501, 502}));
  EXPECT_EQ(consumer.switches, 1);
}

TEST_F(SimulcastTest, FallsBackWhenTheLayerStops) {
  send(*low, 1, true);
  send(*high, 500, true);
  now += 2s;
  send(*low, 100, false);
  EXPECT_EQ(keyframes.asked, std::vector<std::uint32_t>{1});
  send(*low, 101, true);
  EXPECT_EQ(consumer.sequences.back(), 101);
}

TEST_F(SimulcastTest, KeyFrameRequestsAreBundled) {
  send(*low, 1, true);
  for (int i = 0; i < 10; ++i) track->request_keyframe(now);
  EXPECT_EQ(keyframes.asked.size(), 1u);
  now += 600ms;
  track->request_keyframe(now);
  EXPECT_EQ(keyframes.asked.size(), 2u);
}

TEST_F(SimulcastTest, UnknownPayloadTypesAndMutedTracksPassNothing) {
  track->set_formats({});
  send(*low, 1, true);
  EXPECT_TRUE(consumer.sequences.empty());
}

}  // namespace
}  // namespace ringback::room
