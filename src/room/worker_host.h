#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/alarm.h"
#include "net/worker.h"
#include "room/room.h"
#include "room/room_context.h"
#include "room/room_host.h"
#include "webrtc_transport/media_port.h"

namespace ringback::room {

class ClientParticipant;

/// The RoomHost of a net::Worker.
class WorkerHost final : public RoomHost, private RoomContext {
 public:
  WorkerHost(net::Worker& worker, std::shared_ptr<const RoomSettings> settings,
             webrtc_transport::MediaPort& media);
  ~WorkerHost() override;

  base::Result<std::unique_ptr<LocalParticipant>, JoinRefusal> join_local(
      const std::string& room_name, const LocalJoin& join, LocalParticipant::Listener& listener) override;
  [[nodiscard]] bool all_subscribers_take(const std::string& room_name, AudioCodec codec) const override;

  livekit::Room create_room(const livekit::CreateRoomRequest& request) override;
  [[nodiscard]] bool has_room(const std::string& name) const override { return find_room(name) != nullptr; }
  [[nodiscard]] std::vector<livekit::Room> list_rooms(const std::vector<std::string>& names) const override;
  livekit::TwirpResult<livekit::EmptyResponse> delete_room(const std::string& name) override;
  [[nodiscard]] std::vector<livekit::ParticipantInfo> list_participants(
      const std::string& room) const override;
  [[nodiscard]] livekit::TwirpResult<livekit::ParticipantInfo> get_participant(
      const std::string& room, const std::string& identity) const override;
  livekit::TwirpResult<livekit::EmptyResponse> remove_participant(const std::string& room,
                                                                  const std::string& identity) override;
  livekit::TwirpResult<livekit::MuteRoomTrackResponse> mute_track(
      const livekit::MuteRoomTrackRequest& request) override;
  livekit::TwirpResult<livekit::ParticipantInfo> update_participant(
      const livekit::UpdateParticipantRequest& request) override;
  livekit::TwirpResult<livekit::EmptyResponse> update_subscriptions(
      const livekit::UpdateSubscriptionsRequest& request) override;
  livekit::TwirpResult<livekit::EmptyResponse> send_data(const livekit::SendDataRequest& request) override;
  livekit::TwirpResult<livekit::Room> update_room_metadata(const std::string& room,
                                                           const std::string& metadata) override;

  void connect(const JoinRequest& request, std::unique_ptr<SignalLink> link) override;
  void signal(std::uint64_t session, livekit::SignalRequest request, livekit::FrameFormat format) override;
  void disconnected(std::uint64_t session) override;

  void shut_down() override;
  [[nodiscard]] Stats stats() const override;

 private:
  [[nodiscard]] base::TimePoint now() const override { return worker_.now(); }
  [[nodiscard]] base::WallMillis wall() const override;
  [[nodiscard]] std::uint64_t ntp(base::TimePoint at) const override { return media_.ntp(at); }
  [[nodiscard]] base::TimerWheel& timers() override { return worker_.timers(); }
  [[nodiscard]] const RoomSettings& settings() const override { return *settings_; }
  [[nodiscard]] webrtc_transport::TransportContext& media() override { return media_; }
  void bury(std::unique_ptr<Participant> participant) override;
  void room_closed(Room& room) override;
  void session_ended(std::uint64_t session) override { sessions_.erase(session); }

  [[nodiscard]] Room* find_room(const std::string& name) const;
  [[nodiscard]] Participant* find_participant(const std::string& room, const std::string& identity) const;
  Room& open_room(const std::string& name, const livekit::RoomConfiguration& configuration);
  void hold_funerals();

  net::Worker& worker_;
  const std::shared_ptr<const RoomSettings> settings_;
  webrtc_transport::MediaPort& media_;

  std::unordered_map<std::string, std::unique_ptr<Room>> rooms_;
  std::unordered_map<std::uint64_t, ClientParticipant*> sessions_;

  // What has ended, until no call into it is on the stack.
  std::vector<std::unique_ptr<Participant>> dead_participants_;
  std::vector<std::unique_ptr<Room>> dead_rooms_;
  base::Alarm funerals_;
};

}  // namespace ringback::room
