#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "audio/audio_sink.h"
#include "audio/codec.h"
#include "audio/room_to_phone.h"
#include "base/error.h"
#include "base/result.h"
#include "base/time.h"
#include "bridge/call_failure.h"
#include "livekit/data_packet.h"
#include "rtp/packet_sink.h"

namespace ringback::bridge {

struct DialRequest;

/// The result of a method that somebody in the room called: its payload, or why there is none.
using RpcResult = base::Result<std::string, livekit::RpcResponse::Error>;

/// The one door between a phone leg and a room, whichever room server has it: nothing else in `bridge` knows
/// where the room lives.
///
/// Belongs to the call leg, on the worker of the call. No function calls the listener back before it returns,
/// and the listener must not destroy the session inside a call of its own.
class RoomSession {
 public:
  class Listener {
   public:
    virtual ~Listener() = default;
    /// The phone is in the room now; not told when joined() was true from the beginning.
    virtual void on_room_joined() = 0;
    /// An audio track of somebody else can be heard from now on.
    virtual void on_room_track(audio::TrackId track, audio::Codec codec) = 0;
    virtual void on_room_track_gone(audio::TrackId track) = 0;
    /// Somebody in the room presses keys ("12#").
    virtual void on_room_dtmf(std::string_view digits) = 0;
    /// Somebody in the room, or the server's API, calls a method of the phone; see bridge/phone_rpc.h.
    [[nodiscard]] virtual RpcResult on_room_rpc(std::string_view method, std::string_view payload) = 0;
    /// How many other participants there are now, phones included, invisible ones not.
    virtual void on_others(std::size_t others) = 0;
    /// We are out of the room (removed, room deleted, replaced, server lost), or never got in; the session
    /// does nothing any more.
    virtual void on_room_closed(CallFailure why) = 0;
  };

  virtual ~RoomSession() = default;

  /// Joining may take its time: until then the room hears nothing, attributes wait, and only leave(),
  /// set_attributes() and others() may be called.
  [[nodiscard]] virtual bool joined() const = 0;
  /// Our participant's id in the room, "PA_...".
  [[nodiscard]] virtual const std::string& participant_id() const = 0;
  [[nodiscard]] virtual std::size_t others() const = 0;
  /// Whether the room server and all its clients play G.711 tracks.
  [[nodiscard]] virtual bool takes_g711() const = 0;

  /// Publishes our one audio track (source microphone).
  [[nodiscard]] virtual base::ErrorOr<> publish_audio(audio::Codec codec, std::string_view name) = 0;
  /// From now on the packets of this track, which on_room_track() has told, go to `sink`, until
  /// on_room_track_gone() has been told or the session is over. Nothing happens when the track is gone.
  virtual void hear(audio::TrackId track, rtp::PacketSink& sink) = 0;
  /// Media path. Sequence and timestamp count from 0 as in audio::AudioPacket.
  virtual void send_audio(base::TimePoint now, const audio::AudioPacket& packet) = 0;
  /// A key pressed on the phone, to everybody.
  virtual void send_dtmf(std::uint8_t code, char digit) = 0;
  /// Merges into our participant's attributes; an empty value deletes.
  virtual void set_attributes(const std::map<std::string, std::string>& attributes) = 0;
  /// Leaves with the reason that the others see. The listener hears nothing more.
  virtual void leave(CallCause cause) = 0;
};

/// The way into the rooms that the calls of one worker use.
class RoomDoor {
 public:
  virtual ~RoomDoor() = default;

  /// Joins as the call's participant of kind SIP, or begins to. The listener must outlive the session.
  [[nodiscard]] virtual base::Result<std::unique_ptr<RoomSession>, CallFailure> join(
      const DialRequest& request, const std::map<std::string, std::string>& attributes,
      RoomSession::Listener& listener) = 0;
};

}  // namespace ringback::bridge
