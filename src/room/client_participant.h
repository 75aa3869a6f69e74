#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/alarm.h"
#include "livekit/access_token.h"
#include "livekit/connect_request.h"
#include "livekit/signal.h"
#include "room/participant.h"
#include "room/publisher_side.h"
#include "room/signal_link.h"
#include "room/subscriber_side.h"
#include "webrtc_transport/transport.h"

namespace ringback::room {

struct JoinRequest;

/// A participant that is a LiveKit client: signalling over its link, media over one or two transports.
///
/// The link may be replaced (resume) or missing for a while; the transports and all state stay. Owned by the
/// Room; worker thread.
class ClientParticipant final : public Participant, private Transport::Owner {
 public:
  ClientParticipant(Room& room, livekit::ParticipantInfo info, const JoinRequest& request,
                    std::unique_ptr<SignalLink> link);
  ~ClientParticipant() override;

  /// Sends the join response and what follows it; the room must have the participant already.
  void begin();
  /// A new signalling connection of the same session takes over.
  void resume(std::uint64_t session, std::unique_ptr<SignalLink> link,
              const livekit::ConnectRequest& connect);
  /// The signalling connection is gone without a leave.
  void disconnected();
  void handle(const livekit::SignalRequest& request, livekit::FrameFormat format);

  [[nodiscard]] std::uint64_t session() const { return session_; }
  void send(const livekit::SignalResponse& response);

  void on_participant(const livekit::ParticipantInfo& changed, const std::string& frame) override;
  void on_room(const std::string& frame) override;
  void on_speakers(const std::vector<livekit::SpeakerInfo>& speakers) override;
  void on_quality(const Participant& of, livekit::ConnectionQuality quality, float score) override;
  void on_track_available(UpTrack& track) override;
  void on_track_removed(UpTrack& track) override;
  void on_track_muted(UpTrack&) override {}
  void on_data(const SharedPacket& packet, bool reliable) override;
  void on_occupancy_changed() override {}
  void on_first_subscriber(UpTrack& track) override;
  void on_mute_requested(UpTrack& track) override;
  void on_track_revoked(const std::string& track_sid) override;
  void update_subscriptions(const livekit::UpdateSubscription& wish) override;
  void on_self_changed() override;
  void evaluate_subscriptions() override;
  [[nodiscard]] bool is_subscribed_to(const Participant& publisher) const override;
  [[nodiscard]] bool takes(AudioCodec codec) const override;
  [[nodiscard]] double take_loss() override;
  void on_removed(livekit::DisconnectReason reason, livekit::LeaveAction action) override;

 private:
  /// The room has let this participant go; it waits to be destroyed.
  [[nodiscard]] bool removed() const { return info().state == livekit::ParticipantState::kDisconnected; }
  void on_rtp(base::TimePoint now, Transport& transport, std::span<std::uint8_t> packet) override;
  void on_rtcp(base::TimePoint now, Transport& transport, std::span<const std::uint8_t> compound) override;
  void on_received(base::TimePoint now, Transport& transport) override;
  void on_transport_state(Transport& transport, webrtc::PeerState state, std::string_view reason) override;
  void on_data(Transport& transport, bool reliable, std::string message) override;

  void on(const livekit::UnknownRequest& request);
  void on(const livekit::Offer& offer);
  void on(const livekit::Answer& answer);
  void on(const livekit::Trickle& trickle);
  void on(const livekit::AddTrack& request);
  void on(const livekit::MuteTrack& request);
  void on(const livekit::UpdateSubscription& wish);
  void on(const livekit::UpdateTrackSettings& settings);
  void on(const livekit::Leave& leave);
  void on(const livekit::UpdateVideoLayers&) {}
  void on(const livekit::SubscriptionPermission& permission);
  void on(const livekit::SyncState& state);
  void on(const livekit::Simulate& simulate);
  void on(const livekit::Ping& ping);
  void on(const livekit::PingRequest& ping);
  void on(const livekit::UpdateMetadata& request);
  void on(const livekit::UpdateAudioTrack& request);
  void on(const livekit::UpdateVideoTrack& request);
  void on(const livekit::PublishDataTrack& request);
  void on(const livekit::UnpublishDataTrack&) {}

  [[nodiscard]] Transport& primary();
  [[nodiscard]] livekit::JoinResponse join_response() const;
  [[nodiscard]] livekit::ServerInfo server_info() const;
  [[nodiscard]] std::vector<livekit::IceServer> ice_servers() const;
  void refresh_token();
  /// The client's and our view have parted: it must start anew.
  void fail_session(std::string_view why);
  void become_active();
  void tick(base::TimePoint now);

  const bool single_connection_;
  const bool subscriber_primary_;
  livekit::ConnectRequest connect_;
  livekit::Claims claims_;
  std::uint64_t session_;
  std::unique_ptr<SignalLink> link_;

  Transport publisher_transport_;                    ///< or the only one
  std::unique_ptr<Transport> subscriber_transport_;  ///< null with a single connection
  PublisherSide publisher_;
  SubscriberSide subscriber_;
  std::uint64_t answer_session_id_;
  std::uint64_t answer_version_ = 0;

  std::deque<SharedPacket> early_;                ///< reliable packets for a client that is not active yet
  std::vector<livekit::ParticipantInfo> missed_;  ///< departures while there was no link
  bool drop_link_after_resume_ = false;           ///< asked for by Simulate
  bool drop_link_on_resume_ = false;
  unsigned ticks_ = 0;
  base::Alarm join_timeout_;
  base::Alarm grace_;
  base::Alarm refresh_;
  base::Alarm media_tick_;
};

}  // namespace ringback::room
