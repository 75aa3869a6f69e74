#include "room/room.h"

#include <algorithm>

#include "base/log.h"
#include "base/masked.h"
#include "crypto/random.h"
#include "livekit/signal_response.h"
#include "room/room_settings.h"
#include "room/sid.h"

namespace ringback::room {
namespace {

using namespace std::chrono_literals;
using livekit::ParticipantState;

constexpr base::Duration kHousekeepingInterval = 1s;
/// One window of AudioLevel.
constexpr base::Duration kSpeakerInterval = 400ms;
constexpr base::Duration kQualityInterval = 5s;

std::uint32_t first_given(std::uint32_t value, std::uint32_t otherwise) {
  return value != 0 ? value : otherwise;
}

}  // namespace

Room::Room(RoomContext& context, Options options)
    : context_(context),
      created_at_(context.now()),
      housekeeping_(context.timers(), [this](base::TimePoint now) { housekeep(now); }),
      speakers_(context.timers(), [this](base::TimePoint now) { update_speakers(now); }),
      quality_(context.timers(), [this](base::TimePoint) { update_quality(); }) {
  const RoomSettings& settings = context_.settings();
  const auto& configuration = options.configuration;
  info_.sid = make_sid("RM_");
  info_.name = std::move(options.name);
  info_.empty_timeout = first_given(configuration.empty_timeout, settings.empty_timeout);
  info_.departure_timeout = first_given(configuration.departure_timeout, settings.departure_timeout);
  info_.max_participants = first_given(configuration.max_participants, settings.max_participants);
  info_.metadata = configuration.metadata;
  info_.creation_time_ms = context_.wall();
  info_.creation_time = info_.creation_time_ms / 1000;
  info_.turn_password = crypto::random_token(32);
  info_.enabled_codecs = settings.enabled_codecs;
  housekeeping_.set(context_.now() + kHousekeepingInterval);
  base::log(base::LogLevel::kInfo, "room", name(), "room opened ({})", info_.sid);
  tell_outside("room_started");
}

Room::~Room() = default;

livekit::Room Room::info() const {
  livekit::Room info = info_;
  for (const auto& participant : participants_) {
    if (participant->hidden() || !participant->announced()) continue;
    ++info.num_participants;
    if (!participant->tracks().empty()) ++info.num_publishers;
  }
  return info;
}

Participant* Room::find(std::string_view identity) const {
  const auto found = std::ranges::find(participants_, identity, [](const auto& p) { return p->identity(); });
  return found == participants_.end() ? nullptr : found->get();
}

Participant* Room::find_by_sid(std::string_view sid) const {
  const auto found = std::ranges::find(participants_, sid, [](const auto& p) { return p->sid(); });
  return found == participants_.end() ? nullptr : found->get();
}

std::vector<livekit::ParticipantInfo> Room::others(const Participant& viewer) const {
  std::vector<livekit::ParticipantInfo> infos;
  for (const auto& participant : participants_) {
    if (participant.get() != &viewer && participant->announced() && !participant->hidden()) {
      infos.push_back(participant->info());
    }
  }
  return infos;
}

Occupancy Room::occupancy(const Participant& viewer) const {
  Occupancy occupancy;
  for (const auto& participant : participants_) {
    if (participant.get() == &viewer || participant->hidden() || !participant->announced()) continue;
    ++occupancy.others;
    if (participant->info().kind != livekit::ParticipantKind::kSip) ++occupancy.others_not_sip;
  }
  return occupancy;
}

bool Room::has_place_for(std::string_view identity, bool dependent) const {
  if (info_.max_participants == 0 || dependent) return true;
  std::size_t taken = 0;
  for (const auto& participant : participants_) {
    if (!participant->dependent() && participant->identity() != identity) ++taken;
  }
  return taken < info_.max_participants;
}

Participant& Room::add(std::unique_ptr<Participant> participant) {
  if (Participant* holder = find(participant->identity())) {
    remove(*holder, livekit::DisconnectReason::kDuplicateIdentity);
  }
  anybody_joined_ = true;
  last_left_.reset();
  participants_.push_back(std::move(participant));
  return *participants_.back();
}

void Room::joined(Participant& participant) {
  participant.info_.state = ParticipantState::kJoined;
  participant.touch();
  base::log(base::LogLevel::kInfo, "room", name(), "{} joined ({})",
            base::Masked::mask(participant.identity()), participant.sid());
  announce(participant);
  announce_occupancy();
  announce_room();
  offer_tracks(participant);
}

void Room::activated(Participant& participant) {
  if (participant.info_.state != ParticipantState::kJoined) return;
  participant.info_.state = ParticipantState::kActive;
  participant.touch();
  announce(participant);
  tell_outside("participant_joined", participant);
  if (!quality_.armed()) quality_.set(context_.now() + kQualityInterval);
}

void Room::offer_tracks(Participant& subscriber) {
  for (const auto& publisher : participants_) {
    if (publisher.get() == &subscriber) continue;
    for (const auto& track : publisher->tracks()) subscriber.on_track_available(*track);
  }
}

void Room::remove(Participant& participant, livekit::DisconnectReason reason, livekit::LeaveAction action) {
  const auto found = std::ranges::find(participants_, &participant, &std::unique_ptr<Participant>::get);
  if (found == participants_.end()) return;
  const bool was_announced = participant.announced();
  std::unique_ptr<Participant> leaving = std::move(*found);
  participants_.erase(found);

  const bool was_active = leaving->active();
  for (const auto& track : leaving->tracks_) {
    for (const auto& other : participants_) other->on_track_removed(*track);
    tell_outside("track_unpublished", *leaving, *track);
  }
  leaving->info_.state = ParticipantState::kDisconnected;
  leaving->info_.disconnect_reason = reason;
  leaving->touch();
  leaving->on_removed(reason, action);
  leaving->tracks_.clear();
  leaving->refresh_tracks();
  speaking_.erase(leaving->sid());
  last_left_ = context_.now();
  base::log(base::LogLevel::kInfo, "room", name(), "{} left ({}, reason {})",
            base::Masked::mask(leaving->identity()), leaving->sid(), static_cast<int>(reason));
  tell_outside(was_active ? "participant_left" : "participant_connection_aborted", *leaving);
  if (was_announced) {
    announce(*leaving);
    announce_occupancy();
    if (!closed_) announce_room();
  }
  context_.bury(std::move(leaving));
}

void Room::announce(const Participant& changed) {
  const std::string frame = livekit::encode(livekit::ParticipantUpdate{{changed.info()}});
  for (const auto& participant : participants_) {
    if (!participant->announced()) continue;
    if (changed.hidden() && participant.get() != &changed) continue;
    participant->on_participant(changed.info(), frame);
  }
}

void Room::announce_room() {
  const std::string frame = livekit::encode(livekit::RoomUpdate{info()});
  for (const auto& participant : participants_) {
    if (participant->announced()) participant->on_room(frame);
  }
}

void Room::announce_occupancy() {
  for (const auto& participant : participants_) {
    if (participant->announced()) participant->on_occupancy_changed();
  }
}

UpTrack& Room::publish(Participant& publisher, std::unique_ptr<UpTrack> owned) {
  UpTrack& track = *owned;
  track.info().version = livekit::TimedVersion{.unix_micro = context_.wall() * 1000};
  const bool first = publisher.tracks_.empty();
  publisher.tracks_.push_back(std::move(owned));
  base::log(base::LogLevel::kInfo, "room", name(), "{} publishes {} ({})",
            base::Masked::mask(publisher.identity()), track.info().mime_type, track.sid());
  track_changed(publisher);
  for (const auto& participant : participants_) {
    if (participant.get() != &publisher && participant->announced()) participant->on_track_available(track);
  }
  if (first) announce_room();
  tell_outside("track_published", publisher, track);
  if (!track.is_video() && !speakers_.armed()) speakers_.set(context_.now() + kSpeakerInterval);
  return track;
}

void Room::unpublish(Participant& publisher, UpTrack& track) {
  const auto found = std::ranges::find(publisher.tracks_, &track, &std::unique_ptr<UpTrack>::get);
  if (found == publisher.tracks_.end()) return;
  for (const auto& participant : participants_) {
    if (participant.get() != &publisher) participant->on_track_removed(track);
  }
  base::log(base::LogLevel::kInfo, "room", name(), "{} unpublishes {}",
            base::Masked::mask(publisher.identity()), track.sid());
  tell_outside("track_unpublished", publisher, track);
  publisher.tracks_.erase(found);
  track_changed(publisher);
  if (publisher.tracks_.empty()) announce_room();
}

void Room::track_changed(Participant& publisher) {
  publisher.refresh_tracks();
  publisher.touch();
  announce(publisher);
}

void Room::set_muted(Participant& publisher, UpTrack& track, bool muted) {
  if (track.info().muted == muted) return;
  track.set_muted(muted);
  for (const auto& participant : participants_) {
    if (participant.get() != &publisher) participant->on_track_muted(track);
  }
  track_changed(publisher);
}

void Room::set_subscription_permission(Participant& publisher, livekit::SubscriptionPermission permission) {
  publisher.subscription_permission_ = std::move(permission);
  for (const auto& participant : participants_) {
    if (participant.get() != &publisher) participant->evaluate_subscriptions();
  }
}

void Room::subscribed(UpTrack& track) {
  if (track.take_first_subscription()) track.publisher().on_first_subscriber(track);
}

void Room::update_values(Participant& participant, std::string_view name, std::string_view metadata,
                         const livekit::Attributes& attributes) {
  if (!name.empty()) participant.info_.name = name;
  if (!metadata.empty()) participant.info_.metadata = metadata;
  for (const auto& [key, value] : attributes) {
    if (value.empty()) {
      participant.info_.attributes.erase(key);
    } else {
      participant.info_.attributes[key] = value;
    }
  }
  participant.touch();
  announce(participant);
  participant.on_self_changed();
}

void Room::update_permission(Participant& participant, const livekit::ParticipantPermission& permission) {
  const bool was_hidden = participant.hidden();
  participant.info_.permission = permission;
  std::vector<UpTrack*> revoked;
  for (const auto& track : participant.tracks()) {
    const auto& sources = permission.can_publish_sources;
    const bool source_allowed =
        sources.empty() || std::ranges::find(sources, track->info().source) != sources.end();
    if (!permission.can_publish || !source_allowed) revoked.push_back(track.get());
  }
  for (UpTrack* track : revoked) {
    participant.on_track_revoked(track->sid());
    unpublish(participant, *track);
  }
  participant.touch();
  announce(participant);
  if (permission.hidden && !was_hidden) {
    // The others must forget the participant although it stays.
    livekit::ParticipantInfo gone = participant.info();
    gone.state = ParticipantState::kDisconnected;
    const std::string frame = livekit::encode(livekit::ParticipantUpdate{{gone}});
    for (const auto& other : participants_) {
      if (other.get() != &participant && other->announced()) other->on_participant(gone, frame);
    }
  }
  participant.on_self_changed();
  participant.evaluate_subscriptions();
  announce_occupancy();
}

void Room::set_metadata(const std::string& metadata) {
  info_.metadata = metadata;
  announce_room();
}

void Room::close(livekit::DisconnectReason reason) {
  if (closed_) return;
  closed_ = true;
  while (!participants_.empty()) remove(*participants_.back(), reason);
  housekeeping_.cancel();
  speakers_.cancel();
  quality_.cancel();
  base::log(base::LogLevel::kInfo, "room", name(), "room closed ({})", info_.sid);
  tell_outside("room_finished");
  context_.room_closed(*this);
}

bool Room::kept_open() const {
  return std::ranges::any_of(participants_,
                             [](const auto& participant) { return !participant->dependent(); });
}

void Room::housekeep(base::TimePoint now) {
  housekeeping_.set(now + kHousekeepingInterval);
  std::erase_if(nonces_, [&](const Nonce& nonce) { return now - nonce.at > 10s; });
  if (kept_open()) return;
  const bool departed = anybody_joined_ && last_left_;
  const base::TimePoint deadline = departed ? *last_left_ + std::chrono::seconds(info_.departure_timeout)
                                            : created_at_ + std::chrono::seconds(info_.empty_timeout);
  if (now >= deadline) close(livekit::DisconnectReason::kRoomClosed);
}

}  // namespace ringback::room
