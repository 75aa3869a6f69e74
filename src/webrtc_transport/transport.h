#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/alarm.h"
#include "base/time.h"
#include "sdp/webrtc_profile.h"
#include "webrtc/peer_connection.h"
#include "webrtc_transport/transport_context.h"

namespace ringback::webrtc_transport {

/// One peer connection: the WebRTC transport on the worker's port, its timer, and its data channels on the
/// front thread. Owned by a participant; worker thread.
class Transport final : private webrtc::PeerConnection::Sink {
 public:
  class Owner {
   public:
    /// Media path.
    virtual void on_rtp(base::TimePoint now, Transport& transport, std::span<std::uint8_t> packet) = 0;
    virtual void on_rtcp(base::TimePoint now, Transport& transport,
                         std::span<const std::uint8_t> compound) = 0;
    /// Media of this transport was received: the moment to send feedback, which on_rtp() must not.
    virtual void on_received(base::TimePoint now, Transport& transport) = 0;
    virtual void on_transport_state(Transport& transport, webrtc::PeerState state,
                                    std::string_view reason) = 0;
    virtual void on_data(Transport& transport, bool reliable, std::string message) = 0;

   protected:
    ~Owner() = default;
  };

  using IceRole = webrtc::PeerConnection::IceRole;

  Transport(TransportContext& context, Owner& owner, IceRole ice);
  ~Transport() override;

  [[nodiscard]] webrtc::PeerConnection& peer() { return peer_; }
  [[nodiscard]] sdp::TransportDescription local() const { return peer_.local(); }
  [[nodiscard]] bool connected() const { return peer_.state() == webrtc::PeerState::kConnected; }

  /// The peer's side of an offer or answer. False when it cannot be used.
  [[nodiscard]] bool set_remote(const sdp::TransportDescription& remote);
  void restart_ice();
  /// A trickled candidate line of the peer.
  void add_remote_candidate(std::string_view candidate);

  /// The peers negotiated data channels: they start when the transport is connected.
  void want_data(const sdp::WebRtcSection& section, bool open_channels);
  void send_data(bool reliable, std::shared_ptr<const std::string> message);

  // Called by the port.
  void drain_events();
  void after_receive(base::TimePoint now);
  void add_relay(webrtc::IcePath::Via relay);
  /// A datagram that came by another way than the port's socket.
  void receive(base::TimePoint now, std::span<std::uint8_t> datagram, const webrtc::IcePath& from) {
    peer_.receive(now, datagram, from);
    after_receive(now);
  }
  void send_sctp(std::span<const std::uint8_t> packet);
  void data_received(bool reliable, std::string message) {
    owner_.on_data(*this, reliable, std::move(message));
  }

 private:
  std::span<std::uint8_t> prepare() override;
  void commit(std::size_t size, const webrtc::IcePath& to) override;
  void on_rtp(base::TimePoint now, std::span<std::uint8_t> packet) override;
  void on_rtcp(base::TimePoint now, std::span<const std::uint8_t> compound) override;
  void on_sctp(base::TimePoint now, std::span<const std::uint8_t> packet) override;

  void start_data();

  TransportContext& context_;
  Owner& owner_;
  webrtc::PeerConnection peer_;
  base::Alarm alarm_;
  std::uint64_t link_;
  bool received_media_ = false;
  bool data_wanted_ = false;
  bool data_started_ = false;
  bool open_channels_ = false;
  std::uint16_t sctp_port_ = 5000;
  std::size_t max_message_size_ = 65535;
};

}  // namespace ringback::webrtc_transport
