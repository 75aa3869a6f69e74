#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/timer_wheel.h"
#include "livekit/data_packet.h"
#include "room/client_participant.h"
#include "room/local_seat.h"
#include "room/room.h"
#include "room/room_context.h"
#include "room/room_host.h"
#include "room/room_settings.h"
#include "room/sid.h"
#include "webrtc/demultiplexer.h"

/// A worker without sockets and clock, for tests of rooms: time moves when a test says so.
namespace ringback::room {

/// What a client has been sent.
class FakeLink final : public SignalLink {
 public:
  struct Record {
    std::vector<livekit::SignalResponse> sent;
    bool closed = false;
    int refused = 0;

    template <class Message>
    [[nodiscard]] std::vector<Message> all() const {
      std::vector<Message> found;
      for (const auto& response : sent) {
        if (const auto* message = std::get_if<Message>(&response)) found.push_back(*message);
      }
      return found;
    }
    template <class Message>
    [[nodiscard]] std::optional<Message> last() const {
      const auto found = all<Message>();
      if (found.empty()) return std::nullopt;
      return found.back();
    }
    /// The newest snapshot of a participant in the updates.
    [[nodiscard]] std::optional<livekit::ParticipantInfo> participant(const std::string& identity) const {
      std::optional<livekit::ParticipantInfo> found;
      for (const auto& update : all<livekit::ParticipantUpdate>()) {
        for (const auto& info : update.participants) {
          if (info.identity == identity) found = info;
        }
      }
      return found;
    }
  };

  explicit FakeLink(std::shared_ptr<Record> record) : record_(std::move(record)) {
    // Text makes the room send messages one by one instead of frames that it encoded once for all.
    set_format(livekit::FrameFormat::kText);
  }
  void refuse(int status, std::string_view) override { record_->refused = status; }
  void send(std::string) override {}
  void send(const livekit::SignalResponse& response) override { record_->sent.push_back(response); }
  void close() override { record_->closed = true; }

 private:
  std::shared_ptr<Record> record_;
};

/// What a local participant has been told.
struct FakeListener final : LocalParticipant::Listener {
  struct Heard {
    std::string track;
    std::uint16_t sequence;
    std::vector<std::uint8_t> payload;
  };
  struct Sink final : rtp::PacketSink {
    Sink(FakeListener& listener, std::string sid) : owner(listener), track(std::move(sid)) {}
    void on_packet(base::TimePoint, const rtp::PacketView& packet) override {
      owner.heard.push_back({track, packet.sequence(), {packet.payload().begin(), packet.payload().end()}});
    }
    FakeListener& owner;
    std::string track;
  };
  void on_track_added(const HeardTrack& track) override {
    tracks.push_back(track);
    sinks.push_back(std::make_unique<Sink>(*this, track.sid));
    if (self != nullptr) self->hear(track.number, *sinks.back());
  }
  void on_track_removed(const HeardTrack& track) override {
    std::erase_if(tracks, [&](const HeardTrack& each) { return each.number == track.number; });
  }
  void on_track_muted(const std::string&, bool now_muted) override { muted = now_muted; }
  void on_data(const DataMessage& message) override { data.emplace_back(message.packet); }
  void on_participants_changed(const Occupancy& now) override { occupancy = now; }
  void on_subscribed(const std::string& sid) override { subscribed.push_back(sid); }
  void on_mute_requested(const std::string&, bool) override { ++mute_requests; }
  void on_removed(livekit::DisconnectReason why) override {
    removed = why;
    if (when_removed) when_removed();
  }

  LocalParticipant* self = nullptr;
  std::vector<std::unique_ptr<Sink>> sinks;  ///< of all tracks that ever were
  std::vector<Heard> heard;
  std::vector<HeardTrack> tracks;
  std::vector<std::string> data;
  std::vector<std::string> subscribed;
  Occupancy occupancy;
  bool muted = false;
  int mute_requests = 0;
  std::optional<livekit::DisconnectReason> removed;
  std::function<void()> when_removed;
};

class RoomWorld final : public RoomContext, private webrtc_transport::TransportContext {
 public:
  RoomWorld() : certificate_(std::move(crypto::Certificate::generate(kWall).value())) {}
  ~RoomWorld() {
    if (room && !room->closed()) room->close(livekit::DisconnectReason::kServerShutdown);
    dead_.clear();
    room.reset();
  }

  Room& open(livekit::RoomConfiguration configuration = {}) {
    room =
        std::make_unique<Room>(*this, Room::Options{.name = "r", .configuration = std::move(configuration)});
    return *room;
  }

  std::unique_ptr<LocalParticipant> join_local(const std::string& identity, FakeListener& listener,
                                               bool hidden = false) {
    auto handle = std::make_unique<LocalHandle>(*this, listener);
    listener.self = handle.get();
    auto seat = std::make_unique<LocalSeat>(*room, info_of(identity, hidden), true, *handle);
    handle->attach(*seat);
    Participant& participant = room->add(std::move(seat));
    room->joined(participant);
    room->activated(participant);
    return handle;
  }

  struct Client {
    ClientParticipant* participant;
    std::shared_ptr<FakeLink::Record> record;
  };
  Client join_client(const std::string& identity, livekit::ConnectRequest connect = {},
                     std::optional<livekit::ParticipantPermission> permission = std::nullopt) {
    if (connect.client.protocol == 0) connect.client.protocol = 17;
    JoinRequest request;
    request.session = ++session_;
    request.room = "r";
    request.claims.identity = identity;
    request.claims.issuer = "key";
    request.connect = std::move(connect);
    auto record = std::make_shared<FakeLink::Record>();
    livekit::ParticipantInfo info = info_of(identity, false);
    if (permission) info.permission = permission;
    auto owned = std::make_unique<ClientParticipant>(*room, std::move(info), request,
                                                     std::make_unique<FakeLink>(record));
    ClientParticipant& participant = *owned;
    room->add(std::move(owned));
    participant.begin();
    return {&participant, record};
  }

  /// Lets time pass in small steps.
  void pass(base::Duration duration) {
    for (const base::TimePoint end = now_ + duration; now_ < end;) {
      now_ += std::chrono::milliseconds(5);
      wheel_.expire(now_);
      if (room_is_over_) {
        dead_.clear();
        room.reset();
        room_is_over_ = false;
      }
    }
    dead_.clear();
  }

  [[nodiscard]] base::TimePoint now() const override { return now_; }
  [[nodiscard]] base::WallMillis wall() const override {
    return kWall + now_.time_since_epoch().count() / 1000;
  }
  [[nodiscard]] std::uint64_t ntp(base::TimePoint at) const override {
    return static_cast<std::uint64_t>(at.time_since_epoch().count());
  }
  [[nodiscard]] base::TimerWheel& timers() override { return wheel_; }
  [[nodiscard]] const RoomSettings& settings() const override { return settings_value; }
  [[nodiscard]] webrtc_transport::TransportContext& media() override { return *this; }
  [[nodiscard]] unsigned worker_index() const override { return 0; }
  [[nodiscard]] std::span<std::uint8_t> prepare_datagram() override { return slot_; }
  void commit_datagram(std::size_t, const webrtc::IcePath&) override {}
  [[nodiscard]] webrtc::Demultiplexer& demultiplexer() override { return demultiplexer_; }
  [[nodiscard]] const crypto::Certificate& certificate() const override { return certificate_; }
  [[nodiscard]] const std::vector<base::Endpoint>& media_endpoints() const override { return endpoints_; }
  std::uint64_t add_transport(webrtc_transport::Transport&) override { return ++link_; }
  void remove_transport(webrtc_transport::Transport&, std::uint64_t) override {}
  [[nodiscard]] webrtc_transport::DataLinks* data_links() override { return nullptr; }
  [[nodiscard]] base::ErrorOr<std::unique_ptr<webrtc_transport::DelegatedContext>> open_own_port() override {
    return base::fail("rooms have one port");
  }
  void bury(std::unique_ptr<Participant> participant) override { dead_.push_back(std::move(participant)); }
  void room_closed(Room&) override { room_is_over_ = true; }
  void session_ended(std::uint64_t session) override { ended.push_back(session); }

  std::unique_ptr<Room> room;
  RoomSettings settings_value = [] {
    RoomSettings settings;
    settings.api_keys = {{"key", "secret"}};
    return settings;
  }();
  std::vector<std::uint64_t> ended;

 private:
  static constexpr base::WallMillis kWall = 1'790'000'000'000;

  [[nodiscard]] livekit::ParticipantInfo info_of(const std::string& identity, bool hidden) const {
    livekit::ParticipantPermission permission;
    permission.hidden = hidden;
    permission.can_subscribe = permission.can_publish = permission.can_publish_data = true;
    permission.can_update_metadata = true;
    livekit::ParticipantInfo info;
    info.sid = make_sid("PA_");
    info.identity = identity;
    info.permission = permission;
    return info;
  }

  base::TimePoint now_{std::chrono::seconds(1000)};
  base::TimerWheel wheel_{now_};
  webrtc::Demultiplexer demultiplexer_;
  crypto::Certificate certificate_;
  std::vector<base::Endpoint> endpoints_ = {{base::IpAddress::v4({192, 0, 2, 1}), 7882}};
  std::array<std::uint8_t, 1600> slot_{};
  std::uint64_t link_ = 0;
  std::uint64_t session_ = 0;
  std::vector<std::unique_ptr<Participant>> dead_;
  bool room_is_over_ = false;
};

/// Settings of a room: seconds until it closes empty or left, and how many it takes.
inline livekit::RoomConfiguration room_for(std::uint32_t empty, std::uint32_t departure,
                                           std::uint32_t most = 0) {
  livekit::RoomConfiguration configuration;
  configuration.empty_timeout = empty;
  configuration.departure_timeout = departure;
  configuration.max_participants = most;
  return configuration;
}

/// A reliable or lossy user packet as a client sends it.
inline std::string user_packet(const std::string& payload, std::uint32_t sequence = 0,
                               std::vector<std::string> destinations = {}) {
  livekit::UserPacket user;
  user.payload = payload;
  user.destination_identities = std::move(destinations);
  livekit::DataStamp stamp;
  stamp.participant_identity = "somebody else";
  stamp.sequence = sequence;
  return livekit::make_user_packet(user, stamp);
}

}  // namespace ringback::room
