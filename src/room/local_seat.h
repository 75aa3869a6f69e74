#pragma once

#include <deque>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/alarm.h"
#include "room/local_participant.h"
#include "room/participant.h"
#include "room/room.h"

namespace ringback::room {

class LocalSeat;

/// What the owner of a local participant holds: passes commands to its seat in the room, and the room's news
/// to the listener, later, from the worker's loop. Outlives the seat when the room ends the stay first.
class LocalHandle final : public LocalParticipant, private base::TimerWheel::Entry {
 public:
  LocalHandle(RoomContext& context, Listener& listener) : context_(context), listener_(listener) {}
  ~LocalHandle() override;

  void attach(LocalSeat& seat);
  void detach() { seat_ = nullptr; }

  struct TrackAdded {
    HeardTrack track;
  };
  struct TrackRemoved {
    HeardTrack track;
  };
  struct TrackMuted {
    std::string sid;
    bool muted;
  };
  struct Data {
    SharedPacket packet;
    bool reliable;
  };
  struct OccupancyChanged {
    Occupancy occupancy;
  };
  struct Subscribed {
    std::string sid;
  };
  struct MuteRequested {
    std::string sid;
    bool muted;
  };
  struct Removed {
    livekit::DisconnectReason reason;
  };
  using Event = std::variant<TrackAdded, TrackRemoved, TrackMuted, Data, OccupancyChanged, Subscribed,
                             MuteRequested, Removed>;
  void queue(Event event);

  [[nodiscard]] bool joined() const override { return seat_ != nullptr; }
  [[nodiscard]] const std::string& sid() const override { return sid_; }
  [[nodiscard]] const std::string& identity() const override { return identity_; }
  [[nodiscard]] Occupancy occupancy() const override;
  std::string publish_audio(const AudioPublication& publication) override;
  void unpublish(const std::string& track_sid) override;
  void set_muted(const std::string& track_sid, bool muted) override;
  void hear(std::uint32_t track_number, rtp::PacketSink& sink) override;
  void send_audio(base::TimePoint now, const AudioFrame& frame) override;
  void set_attributes(const livekit::Attributes& attributes) override;
  void set_metadata(const std::string& metadata) override;
  void set_name(const std::string& name) override;
  void send_data(std::string_view packet, bool reliable) override;
  void send_dtmf(char digit) override;
  void leave(livekit::DisconnectReason reason) override;

 private:
  void on_timer(base::TimePoint now) override;
  void tell(const Event& event);

  TrackPointer voice_;  ///< published last; first, because every packet asks for it
  RoomContext& context_;
  Listener& listener_;
  LocalSeat* seat_ = nullptr;
  std::string sid_;
  std::string identity_;
  std::deque<Event> events_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

/// The participant of this process as the room has it. Its handle may be gone before it (it then leaves), or
/// outlive it. Owned by the Room; worker thread.
class LocalSeat final : public Participant {
 public:
  LocalSeat(Room& room, livekit::ParticipantInfo info, bool subscribe_audio, LocalHandle& handle);
  ~LocalSeat() override;

  void forget_handle() { handle_ = nullptr; }

  UpTrack& publish_audio(const AudioPublication& publication);
  void hear(std::uint32_t track_number, rtp::PacketSink& sink);

  void on_participant(const livekit::ParticipantInfo&, const std::string&) override {}
  void on_room(const std::string&) override {}
  void on_speakers(const std::vector<livekit::SpeakerInfo>&) override {}
  void on_quality(const Participant&, livekit::ConnectionQuality, float) override {}
  void on_track_available(UpTrack& track) override;
  void on_track_removed(UpTrack& track) override;
  void on_track_muted(UpTrack& track) override;
  void on_data(const SharedPacket& packet, bool reliable) override;
  void on_occupancy_changed() override;
  void on_first_subscriber(UpTrack& track) override;
  void on_mute_requested(UpTrack& track) override;
  void on_track_revoked(const std::string&) override {}
  void update_subscriptions(const livekit::UpdateSubscription& wish) override;
  void on_self_changed() override {}
  void evaluate_subscriptions() override;
  [[nodiscard]] bool is_subscribed_to(const Participant& publisher) const override;
  [[nodiscard]] bool takes(AudioCodec) const override { return true; }
  void on_removed(livekit::DisconnectReason reason, livekit::LeaveAction action) override;

 private:
  /// One track that is heard.
  class Ear;

  void subscribe(UpTrack& track);
  void queue(LocalHandle::Event event) {
    if (handle_ != nullptr) handle_->queue(std::move(event));
  }

  bool subscribe_audio_;
  LocalHandle* handle_;
  std::vector<std::unique_ptr<Ear>> ears_;
  std::uint32_t next_heard_ = 1;
};

}  // namespace ringback::room
