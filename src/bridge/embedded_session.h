#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "bridge/room_session.h"
#include "room/local_participant.h"
#include "room/room_host.h"

namespace ringback::bridge {

/// A phone's stay in a room of this process, on the same worker: packets pass by reference, with nothing
/// between.
class EmbeddedSession final : public RoomSession, private room::LocalParticipant::Listener {
 public:
  [[nodiscard]] bool joined() const override { return true; }
  [[nodiscard]] const std::string& participant_id() const override { return participant_->sid(); }
  [[nodiscard]] std::size_t others() const override { return participant_->occupancy().others; }
  [[nodiscard]] bool takes_g711() const override;
  [[nodiscard]] base::ErrorOr<> publish_audio(audio::Codec codec, std::string_view name) override;
  void hear(audio::TrackId track, rtp::PacketSink& sink) override { participant_->hear(track, sink); }
  void send_audio(base::TimePoint now, const audio::AudioPacket& packet) override;
  void send_dtmf(std::uint8_t code, char digit) override;
  void set_attributes(const std::map<std::string, std::string>& attributes) override;
  void leave(CallCause cause) override;

 private:
  friend class EmbeddedDoor;
  EmbeddedSession(room::RoomHost& host, std::string room, RoomSession::Listener& listener)
      : host_(host), room_(std::move(room)), listener_(listener) {}

  void on_track_added(const room::HeardTrack& track) override;
  void on_track_removed(const room::HeardTrack& track) override;
  void on_track_muted(const std::string& track_sid, bool muted) override;
  void on_data(const room::DataMessage& message) override;
  void on_participants_changed(const room::Occupancy& occupancy) override;
  void on_subscribed(const std::string& track_sid) override;
  void on_mute_requested(const std::string& track_sid, bool muted) override;
  void on_removed(livekit::DisconnectReason reason) override;

  std::unique_ptr<room::LocalParticipant> participant_;  ///< first, because every packet asks for it
  room::RoomHost& host_;
  std::string room_;
  RoomSession::Listener& listener_;
};

/// The way into the rooms of one worker of this process. The host must outlive it.
class EmbeddedDoor final : public RoomDoor {
 public:
  explicit EmbeddedDoor(room::RoomHost& host) : host_(host) {}

  /// Makes the room when needed.
  [[nodiscard]] base::Result<std::unique_ptr<RoomSession>, CallFailure> join(
      const DialRequest& request, const std::map<std::string, std::string>& attributes,
      RoomSession::Listener& listener) override;

 private:
  room::RoomHost& host_;
};

}  // namespace ringback::bridge
