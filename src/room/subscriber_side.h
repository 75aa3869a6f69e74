#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/alarm.h"
#include "base/time.h"
#include "livekit/signal_request.h"
#include "room/down_track.h"
#include "room/local_participant.h"
#include "room/room_context.h"
#include "rtp/rtcp.h"
#include "sdp/webrtc_profile.h"

namespace ringback::room {

class ClientParticipant;

/// What a client receives: which tracks it wants, the media sections that carry them, and their negotiation.
///
/// With two peer connections the sections are ours: we offer, the client answers. With one they are the
/// client's: it offers sections to receive in, we ask for more when they do not suffice
/// (media_sections_requirement) and put tracks into them when we answer. Either way a section that lost its
/// track is used again only after a round without one, so that the client sees the old track end before the
/// new one begins. Owned by a ClientParticipant; worker thread.
class SubscriberSide {
 public:
  /// `offers`: the sections are ours.
  SubscriberSide(ClientParticipant& owner, Transport& transport, bool offers, bool auto_subscribe);
  ~SubscriberSide();

  // Wishes.

  void update(const livekit::UpdateSubscription& wish);
  void set_track_settings(const livekit::UpdateTrackSettings& settings);
  /// Subscribes to or unsubscribes from the track, as wishes and permissions have it.
  void evaluate(UpTrack& track);
  void remove(UpTrack& track);
  void remove_all();
  [[nodiscard]] bool has(const Participant& publisher) const;
  /// Whether the client takes audio in this codec; true while nothing is known.
  [[nodiscard]] bool takes(AudioCodec codec) const;

  // Negotiation with our sections.

  /// Sends the first offer now instead of at the end of the turn.
  void begin();
  /// False when the answer makes no sense: the session must start anew.
  [[nodiscard]] bool on_answer(const livekit::Answer& answer);

  // Negotiation with the client's sections.

  void on_offer(const sdp::WebRtcDescription& offer);
  /// What we send in a section that the client offers to receive in; called for each, in order.
  [[nodiscard]] std::optional<sdp::SentTrack> assign(const sdp::WebRtcSection& offered);
  void on_answered(const sdp::WebRtcDescription& answer);
  /// mid to track sid, of all sections that carry a track.
  [[nodiscard]] std::map<std::string, std::string> mid_to_track_id() const;

  /// The signalling connection was replaced: what was under way is repeated, with new ICE credentials.
  void resume();

  // Media.

  void on_rtcp(base::TimePoint now, const rtp::RtcpPacket& packet);
  void send_reports(base::TimePoint now);
  /// The worst loss that the client reported, 0 to 1; less than 0 without subscriptions.
  [[nodiscard]] double loss() const;
  [[nodiscard]] bool sending() const { return !subscriptions_.empty(); }

 private:
  struct Subscription {
    std::unique_ptr<DownTrack> down;
    std::string mid;  ///< section that carries it; empty while it waits for one
  };
  struct Section {
    std::string mid;
    sdp::SectionKind kind = sdp::SectionKind::kAudio;
    DownTrack* track = nullptr;
    bool told_empty = true;  ///< the description under way says that it carries nothing
    bool usable = true;      ///< the client knows that it is empty
  };

  [[nodiscard]] bool wanted(const UpTrack& track) const;
  void subscribe(UpTrack& track);
  void need_negotiation();
  void negotiate();
  void offer();
  void ask_for_sections();
  void bind(const sdp::WebRtcSection& agreed);
  [[nodiscard]] Subscription* find(const UpTrack& track);
  [[nodiscard]] DownTrack* find_by_ssrc(std::uint32_t ssrc) const;
  [[nodiscard]] Section* section_of(std::string_view mid);
  /// Puts the subscription into a free section of its kind, if there is one.
  bool place(Subscription& subscription);

  ClientParticipant& owner_;
  Transport& transport_;
  const bool offers_;
  const bool auto_subscribe_;
  std::map<std::string, bool> wishes_;  ///< by track sid; also for tracks that do not exist yet
  std::vector<std::unique_ptr<Subscription>> subscriptions_;
  std::vector<Section> sections_;
  base::Alarm negotiation_;

  std::uint64_t session_id_;
  std::uint64_t session_version_ = 0;
  std::uint32_t offer_id_;
  bool began_ = false;
  bool awaiting_answer_ = false;
  bool again_ = false;

  std::uint32_t asked_audios_ = 0;
  std::uint32_t asked_videos_ = 0;
  bool released_ = false;  ///< a section lost its track: the client must be told by a round

  std::optional<std::vector<sdp::WebRtcCodec>> audio_codecs_;  ///< as last agreed
};

}  // namespace ringback::room
