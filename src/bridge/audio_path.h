#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audio/audio_sink.h"
#include "audio/dtmf_event.h"
#include "audio/phone_to_room.h"
#include "audio/room_to_phone.h"
#include "base/deadline_table.h"
#include "base/error.h"
#include "base/time.h"
#include "bridge/room_session.h"
#include "net/udp_port.h"
#include "rtp/packet_sink.h"
#include "rtp/port_pair.h"
#include "rtp/port_range.h"
#include "rtp/receive_stats.h"
#include "rtp/send_stats.h"
#include "sdp/sip_profile.h"

namespace ringback::bridge {

/// The audio of one phone leg, from the phone's sockets to the room's tracks and back:
///
///   phone -> RTP port -> source check -> PhoneToRoom -> RoomSession -> room
///   room  -> the sink of a track -> RoomToPhone -> RTP port -> phone
///
/// Owner: the call leg, on its worker. Nothing allocates per packet. A listener call never re-enters the path
/// and never destroys it.
class AudioPath final : private base::DeadlineTable::Entry {
 public:
  struct Settings {
    audio::OpusEncoderSettings opus;
    base::Duration media_timeout = std::chrono::seconds(30);
  };

  class Listener {
   public:
    /// A key was pressed on the phone (once per press).
    virtual void on_phone_digit(std::uint8_t code, char digit) = 0;
    /// Everything given to press() has been sent.
    virtual void on_digits_sent() = 0;
    /// Nothing has come from the phone for Settings::media_timeout. Told once.
    virtual void on_media_timeout() = 0;

   protected:
    ~Listener() = default;
  };

  /// Takes a pair of ports (RTP even, RTCP above) from the range and binds them. `bind`: where to listen;
  /// `announced`: the address for the SDP. The error says what is used up or taken.
  [[nodiscard]] static base::ErrorOr<std::unique_ptr<AudioPath>> open(
      net::Worker& worker, rtp::PortRange& ports, const base::IpAddress& bind,
      const base::IpAddress& announced, const Settings& settings, Listener& listener);
  ~AudioPath() override;

  /// The phone is in its room and about to publish a track in this codec: its audio goes there until stop().
  /// Once.
  [[nodiscard]] base::ErrorOr<> open_room(RoomSession& room, audio::Codec codec);

  /// Our side for an offer.
  [[nodiscard]] const sdp::LocalAudio& local() const { return local_; }
  /// A random number that names the session in SDP.
  [[nodiscard]] std::uint64_t session_id() const { return session_id_; }

  /// Offer and answer have agreed (again): where to send, in which codec. The stream to the phone begins.
  void agree(base::TimePoint now, const sdp::NegotiatedAudio& agreed);
  /// From now on silence on the wire counts towards the media timeout.
  void expect_media(base::TimePoint now);
  /// Says goodbye by RTCP and sends nothing more.
  void stop(base::TimePoint now);

  /// After open_room(). Ringback tone into the room until stop_ringback() or the phone's own sound.
  void play_ringback(base::TimePoint now, const audio::ToneSpec& tone);
  void stop_ringback();

  /// After open_room(): the phone hears this track of its room until remove_track() or the path's end.
  void add_track(audio::TrackId track, audio::Codec codec);
  void remove_track(audio::TrackId track);

  /// Presses keys towards the phone: telephone-events (RFC 4733).
  void press(std::string_view digits);

  /// One line for the log about what was sent and heard; empty when nothing was.
  [[nodiscard]] std::string summary() const;

 private:
  // The two sockets and the two pipelines call in through these, so that AudioPath's own interface stays
  // small.
  struct RtpReceiver final : net::DatagramReceiver {
    explicit RtpReceiver(AudioPath& owner) : path(owner) {}
    void prefetch() override { path.prefetch_to_room(); }
    void on_datagram(base::TimePoint now, std::span<std::uint8_t> bytes,
                     const base::Endpoint& from) override {
      path.on_rtp(now, bytes, from);
    }
    AudioPath& path;
  };
  struct RtcpReceiver final : net::DatagramReceiver {
    explicit RtcpReceiver(AudioPath& owner) : path(owner) {}
    void on_datagram(base::TimePoint now, std::span<std::uint8_t> bytes,
                     const base::Endpoint& from) override {
      path.on_rtcp(now, bytes, from);
    }
    AudioPath& path;
  };
  struct ToRoom final : audio::AudioSink {
    explicit ToRoom(AudioPath& owner) : path(owner) {}
    void on_audio(const audio::AudioPacket& packet) override { path.room_->send_audio(path.now_, packet); }
    void on_dtmf(const audio::DtmfSender::Packet&, std::uint16_t) override {}
    AudioPath& path;
  };
  struct ToPhone final : audio::AudioSink {
    explicit ToPhone(AudioPath& owner) : path(owner) {}
    void on_audio(const audio::AudioPacket& packet) override { path.send_audio(packet); }
    void on_dtmf(const audio::DtmfSender::Packet& packet, std::uint16_t sequence) override {
      path.send_event(packet, sequence);
    }
    AudioPath& path;
  };

  struct FromRoom final : rtp::PacketSink {
    FromRoom(AudioPath& owner, audio::ListenedTrack& of) : path(owner), track(of) {}
    void on_packet(base::TimePoint now, const rtp::PacketView& packet) override {
      path.prefetch_to_phone(track);
      path.receive_from_room(now, track, packet);
    }
    AudioPath& path;
    audio::ListenedTrack& track;
  };

  AudioPath(net::Worker& worker, rtp::PortRange& ports, const Settings& settings, Listener& listener);

  void on_deadline(base::TimePoint now) override;
  /// What a packet of the phone, or of a track, will need.
  void prefetch_to_room() const;
  void prefetch_to_phone(const audio::ListenedTrack& track) const;
  void on_rtp(base::TimePoint now, std::span<std::uint8_t> bytes, const base::Endpoint& from);
  void on_rtcp(base::TimePoint now, std::span<std::uint8_t> bytes, const base::Endpoint& from);
  /// The peer sends from where it said: nobody else will be accepted, so the kernel need not let them in.
  void settle(const base::Endpoint& peer);
  void receive_from_room(base::TimePoint now, audio::ListenedTrack& track, const rtp::PacketView& packet);
  void send_audio(const audio::AudioPacket& packet);
  void send_event(const audio::DtmfSender::Packet& packet, std::uint16_t sequence);
  void send_rtcp(base::TimePoint now, bool goodbye);
  /// When the phone's silence becomes too long; kNever while none is expected.
  [[nodiscard]] base::TimePoint media_deadline() const;
  [[nodiscard]] base::TimePoint next_deadline() const;
  void rearm() { set_deadline(next_deadline()); }
  /// Enough when only this may have come nearer: does not ask the other direction, whose state is far away.
  void wake_by(base::TimePoint deadline) {
    if (deadline < this->deadline()) set_deadline(deadline);
  }

  net::Worker& worker_;
  Listener& listener_;
  RoomSession* room_ = nullptr;  ///< null until open_room()

  RtpReceiver rtp_receiver_{*this};
  RtcpReceiver rtcp_receiver_{*this};
  ToRoom to_room_sink_{*this};
  ToPhone to_phone_sink_{*this};
  std::unique_ptr<net::UdpPort> rtp_port_;
  std::unique_ptr<net::UdpPort> rtcp_port_;
  std::unique_ptr<audio::PhoneToRoom> to_room_;  ///< null until open_room()
  std::unique_ptr<audio::RoomToPhone> to_phone_;

  base::TimePoint now_{};  ///< of the call that is being served, for sinks
  base::TimePoint last_heard_{};
  base::TimePoint media_expected_since_ = base::kNever;
  base::TimePoint next_rtcp_ = base::kNever;
  std::uint32_t ssrc_ = 0;
  std::uint32_t first_timestamp_ = 0;
  std::uint16_t first_sequence_ = 0;
  bool pressing_ = false;
  bool settling_failed_ = false;
  std::optional<sdp::NegotiatedAudio> agreed_;
  rtp::PortPair rtp_source_;
  rtp::ReceiveStats receive_stats_;
  rtp::SendStats send_stats_;

  rtp::PortPair rtcp_source_;
  audio::DtmfReceiver keys_;
  std::vector<std::unique_ptr<FromRoom>> from_room_;
  rtp::PortRange& ports_;
  Settings settings_;
  sdp::LocalAudio local_;
  std::uint64_t session_id_ = 0;
};

}  // namespace ringback::bridge
