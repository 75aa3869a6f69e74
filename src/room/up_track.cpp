#include "room/up_track.h"

#include <algorithm>
#include <utility>

#include "base/prefetch.h"
#include "room/keyframe.h"

namespace ringback::room {
namespace {

using namespace std::chrono_literals;

/// Encoders need about this long to react; asking more often only repeats large frames.
constexpr base::Duration kKeyframeInterval = 500ms;
/// A layer without packets for this long is off: the publisher's bandwidth no longer suffices for it.
constexpr base::Duration kLayerSilence = 1s;

std::size_t index_of(const std::vector<std::unique_ptr<UpStream>>& streams, const UpStream& stream) {
  return static_cast<std::size_t>(std::ranges::find(streams, &stream, &std::unique_ptr<UpStream>::get) -
                                  streams.begin());
}

}  // namespace

void TrackPointer::point_to(UpTrack* track) {
  if (track_ != nullptr) track_->pointer_ = nullptr;
  track_ = track;
  if (track_ != nullptr) track_->pointer_ = this;
}

UpTrack::UpTrack(Participant& publisher, livekit::TrackInfo info, KeyframeSource* keyframes)
    : muted_(info.muted), publisher_(publisher), keyframes_(keyframes), info_(std::move(info)) {
  format_index_.fill(-1);
}

UpTrack::~UpTrack() {
  if (pointer_ != nullptr) pointer_->track_ = nullptr;
}

void UpTrack::set_formats(std::vector<sdp::WebRtcCodec> formats) {
  if (formats == formats_) return;
  formats_ = std::move(formats);
  clock_rate_ = formats_.empty() ? 8000 : formats_.front().clock_rate;
  payload_type_ = formats_.empty() ? 0 : formats_.front().payload_type;
  format_index_.fill(-1);
  for (std::size_t i = 0; i < formats_.size() && i < 127; ++i) {
    if (formats_[i].payload_type < format_index_.size()) {
      format_index_[formats_[i].payload_type] = static_cast<std::int8_t>(i);
    }
  }
  for (TrackConsumer* consumer : consumers_) consumer->on_formats_changed();
}

const sdp::WebRtcCodec* UpTrack::format(std::uint8_t payload_type) const {
  if (payload_type == payload_type_ && !formats_.empty()) return formats_.data();
  const int index = payload_type < format_index_.size() ? format_index_[payload_type] : -1;
  return index < 0 ? nullptr : &formats_[static_cast<std::size_t>(index)];
}

UpStream& UpTrack::add_stream(std::uint32_t ssrc, std::uint32_t rtx_ssrc, std::string rid) {
  auto stream = std::make_unique<UpStream>();
  stream->ssrc = ssrc;
  stream->rtx_ssrc = rtx_ssrc;
  stream->rid = std::move(rid);
  streams_.push_back(std::move(stream));
  return *streams_.back();
}

bool UpTrack::select(base::TimePoint now, UpStream& stream, const sdp::WebRtcCodec& format,
                     const rtp::PacketView& packet) {
  if (current_ == &stream) return true;
  if (current_ == nullptr) {
    current_ = &stream;
    return true;
  }
  const bool higher = index_of(streams_, stream) > index_of(streams_, *current_);
  const bool current_is_off = now - current_->reception.last_received() > kLayerSilence;
  if (!higher && !current_is_off) return false;
  if (is_video() && !begins_keyframe(format.name, packet.payload())) {
    ask(now, stream);
    return false;
  }
  current_ = &stream;
  for (TrackConsumer* consumer : consumers_) consumer->on_source_switched();
  return true;
}

void UpTrack::prefetch() const {
  base::prefetch(current_, sizeof(Reception));
  base::prefetch(consumers_.data(), 1);
  base::prefetch(&level_, sizeof level_);
}

void UpTrack::receive(base::TimePoint now, const rtp::PacketView& packet, int level) {
  UpStream& stream = current_ != nullptr ? *current_ : *streams_.front();
  stream.reception.received(now, packet.sequence(), packet.timestamp(), clock_rate_);
  receive(now, stream, packet, level);
}

void UpTrack::receive(base::TimePoint now, UpStream& stream, const rtp::PacketView& packet, int level) {
  const sdp::WebRtcCodec* format = this->format(packet.payload_type());
  if (format == nullptr || muted_) return;
  if (level >= 0) {
    // The packet's length is the step to the next timestamp; a pause (DTX) counts as one packet.
    constexpr base::Duration kUsual = 20ms;
    const auto step = static_cast<std::int64_t>(packet.timestamp() - level_timestamp_);
    const base::Duration length(step * 1'000'000 / clock_rate_);
    level_timestamp_ = packet.timestamp();
    level_.observe(now, static_cast<std::uint8_t>(level), length <= 120ms && length > 0us ? length : kUsual);
  }
  if (!select(now, stream, *format, packet)) return;
  for (TrackConsumer* consumer : consumers_) consumer->on_packet(now, *format, packet);
}

void UpTrack::add_consumer(TrackConsumer& consumer) {
  consumers_.push_back(&consumer);
}

void UpTrack::remove_consumer(TrackConsumer& consumer) {
  std::erase(consumers_, &consumer);
}

void UpTrack::request_keyframe(base::TimePoint now) {
  if (!is_video()) return;
  if (current_ != nullptr) {
    ask(now, *current_);
    return;
  }
  for (const auto& stream : streams_) ask(now, *stream);
}

void UpTrack::ask(base::TimePoint now, UpStream& stream) {
  if (keyframes_ == nullptr || stream.ssrc == 0) return;
  if (stream.keyframe_asked_at != base::TimePoint{} && now - stream.keyframe_asked_at < kKeyframeInterval)
    return;
  stream.keyframe_asked_at = now;
  keyframes_->request_keyframe(stream.ssrc);
}

void UpTrack::set_muted(bool muted) {
  if (muted_ == muted) return;
  info_.muted = muted_ = muted;
  // What was swallowed while muted must not look like loss.
  if (!muted) {
    for (TrackConsumer* consumer : consumers_) consumer->on_source_switched();
  }
}

bool UpTrack::take_first_subscription() {
  return !std::exchange(first_subscription_told_, true);
}

}  // namespace ringback::room
