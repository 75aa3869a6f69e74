#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "bridge/call_event.h"
#include "bridge/room_session.h"
#include "client/remote_participant.h"
#include "livekit/access_token.h"

namespace ringback::bridge {

/// A phone's stay in a room of somebody else's LiveKit server.
class RemoteSession final : public RoomSession, private client::RemoteParticipant::Listener {
 public:
  RemoteSession(webrtc_transport::TransportContext& media, std::shared_ptr<client::SignalDialer> dialer,
                client::RemoteParticipant::Settings settings, RoomSession::Listener& listener);

  [[nodiscard]] bool joined() const override { return participant_.joined(); }
  [[nodiscard]] const std::string& participant_id() const override { return participant_.sid(); }
  [[nodiscard]] std::size_t others() const override { return participant_.others(); }
  [[nodiscard]] bool takes_g711() const override;
  [[nodiscard]] base::ErrorOr<> publish_audio(audio::Codec codec, std::string_view name) override;
  void hear(audio::TrackId track, rtp::PacketSink& sink) override { participant_.hear(track, sink); }
  void send_audio(base::TimePoint now, const audio::AudioPacket& packet) override;
  void send_dtmf(std::uint8_t code, char digit) override;
  void set_attributes(const std::map<std::string, std::string>& attributes) override;
  void leave(CallCause cause) override;

 private:
  void on_joined() override { listener_.on_room_joined(); }
  void on_track_added(client::HeardTrackId track, livekit::AudioCodec codec) override;
  void on_track_removed(client::HeardTrackId track) override { listener_.on_room_track_gone(track); }
  void on_data(std::string_view packet) override;
  void on_others(std::size_t others) override { listener_.on_others(others); }
  void on_departed(const client::Departure& departure) override;

  RoomSession::Listener& listener_;
  const std::shared_ptr<client::SignalDialer> dialer_;
  client::RemoteParticipant participant_;
};

/// The way into the rooms of a LiveKit server elsewhere, for the calls of one worker. The media port must
/// outlive it.
class RemoteDoor final : public RoomDoor {
 public:
  struct Options {
    std::string url;             ///< of the server; a call may name another one
    livekit::ApiKey key;         ///< of the server's project: signs the phones' tokens
    std::string client_version;  ///< for the server's logs
  };
  /// Makes what opens signalling connections to the server with this URL.
  using DialerFactory = std::function<std::shared_ptr<client::SignalDialer>(const std::string& url)>;

  RemoteDoor(webrtc_transport::TransportContext& media, DialerFactory make_dialer, Options options)
      : media_(media),
        make_dialer_(std::move(make_dialer)),
        options_(std::move(options)),
        dialer_(make_dialer_(options_.url)) {}

  /// Begins to join; the server makes the room when it does not exist.
  [[nodiscard]] base::Result<std::unique_ptr<RoomSession>, CallFailure> join(
      const DialRequest& request, const std::map<std::string, std::string>& attributes,
      RoomSession::Listener& listener) override;

 private:
  [[nodiscard]] std::string token_for(const DialRequest& request,
                                      const std::map<std::string, std::string>& attributes) const;

  webrtc_transport::TransportContext& media_;
  const DialerFactory make_dialer_;
  const Options options_;
  const std::shared_ptr<client::SignalDialer> dialer_;  ///< to the server of the options
};

}  // namespace ringback::bridge
