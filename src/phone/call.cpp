#include "phone/call.h"

#include <utility>

#include "crypto/random.h"
#include "sip/uri.h"

namespace ringback::phone {
namespace {

constexpr base::Duration kEarlyMediaDuration = std::chrono::seconds(2);
constexpr base::Duration kPressAfter = std::chrono::seconds(1);
constexpr std::string_view kKeys = "123#";
constexpr int kDefaultToneHz = 1000;

// Far enough below full scale that neither law clips and a second tone can be mixed in.
constexpr float kToneLevel = -16;

std::string user_of(std::string_view uri) {
  const auto parsed = sip::Uri::parse(uri);
  return parsed ? parsed->decoded_user() : std::string(uri);
}

std::string_view ended_by(sip::EndedBy by) {
  switch (by) {
    case sip::EndedBy::kRemote:
      return "caller";
    case sip::EndedBy::kLocal:
      return "phone";
    case sip::EndedBy::kNoAck:
      return "missing ACK";
    case sip::EndedBy::kSessionTimer:
      return "session timer";
    case sip::EndedBy::kDialogLost:
      return "lost dialog";
    case sip::EndedBy::kTransport:
      return "transport";
  }
  return {};
}

}  // namespace

Call::Call(Line& line, unsigned number, const sip::IncomingInvite& invite)
    : line_(line),
      session_(invite.session),
      number_(number),
      dialled_(user_of(invite.request_uri)),
      from_(invite.from.uri.decoded_user()),
      offer_(invite.sdp),
      behaviour_(behaviour_for(dialled_)),
      address_(line.media_address(invite.source)) {}

Event Call::event(Event::Kind kind) const {
  Event event;
  event.kind = kind;
  event.call = number_;
  event.behaviour = behaviour_;
  if (media_) {
    event.packets = media_->statistics().packets;
    event.lost = media_->statistics().lost;
  }
  return event;
}

void Call::begin() {
  Event incoming = event(Event::Kind::kIncoming);
  incoming.number = dialled_;
  incoming.from = from_;
  line_.emit(incoming);

  const base::Duration answer_after = line_.options().answer_after;
  switch (behaviour_) {
    case Behaviour::kBusy:
    case Behaviour::kUnavailable:
    case Behaviour::kNotFound:
    case Behaviour::kServerError:
    case Behaviour::kForbidden:
      refuse(refusal_status(behaviour_));
      return;
    case Behaviour::kNoAnswer:
      ring();
      return;
    case Behaviour::kDecline:
      ring();
      line_.after(answer_after, session_, [](Call& call) { call.refuse(refusal_status(call.behaviour_)); });
      return;
    case Behaviour::kEarlyMedia:
      ring_with_early_media();
      line_.after(kEarlyMediaDuration + answer_after, session_, [](Call& call) { call.answer(); });
      return;
    case Behaviour::kEcho:
    case Behaviour::kHangUp:
    case Behaviour::kPressKeys:
    case Behaviour::kSilent:
    case Behaviour::kTone:
    case Behaviour::kMute:
      ring();
      line_.after(answer_after, session_, [](Call& call) { call.answer(); });
      return;
  }
}

void Call::refuse(std::uint16_t status) {
  if (!line_.agent().reject(line_.worker().now(), session_, status)) return;
  refused_ = true;
  Event refused = event(Event::Kind::kRefused);
  refused.status = status;
  line_.emit(refused);
}

void Call::ring() {
  if (!line_.agent().ring(line_.worker().now(), session_)) return;
  Event ringing = event(Event::Kind::kRinging);
  ringing.status = 180;
  line_.emit(ringing);
}

void Call::ring_with_early_media() {
  if (!prepare_media()) return;
  if (!line_.agent().ring(line_.worker().now(), session_, 183, {}, answer_)) return;
  if (negotiation_->agreed()) {
    media_->sound().play_tone(audio::tones::kRingbackUs);
    media_->follow(*negotiation_->agreed(), true);
  }
  Event ringing = event(Event::Kind::kRinging);
  ringing.status = 183;
  line_.emit(ringing);
}

bool Call::prepare_media() {
  if (media_) return true;
  auto media = Media::open(line_.worker(), line_.ports(), address_, line_.options().echo_delay, *this);
  if (!media) {
    Event failed = event(Event::Kind::kFailed);
    failed.text = media.error().message;
    line_.emit(failed);
    refuse(503);
    return false;
  }
  media_ = std::move(*media);
  media_->set_measuring(line_.options().measure);

  sdp::LocalAudio local;
  local.address = address_;
  local.rtp_port = media_->port();
  if (line_.options().alaw) local.codecs = {sdp::AudioCodec::kPcma, sdp::AudioCodec::kPcmu};
  negotiation_.emplace(local, crypto::random_u32());
  if (offer_.empty()) {
    answer_ = negotiation_->make_offer();
    return true;
  }
  auto answer = negotiation_->receive_offer(offer_);
  if (!answer) {
    Event failed = event(Event::Kind::kFailed);
    failed.text = answer.error().sentence;
    line_.emit(failed);
    refuse(488);
    return false;
  }
  answer_ = answer->text;
  return true;
}

void Call::answer() {
  if (!prepare_media()) return;
  if (!line_.agent().accept(line_.worker().now(), session_, answer_)) return;
  Event answered = event(Event::Kind::kAnswered);
  if (const auto& agreed = negotiation_->agreed()) answered.text = sdp::to_string(agreed->codec);
  line_.emit(answered);
  if (!line_.options().record.empty()) {
    std::string path = line_.options().record;
    if (number_ > 1) {
      const auto dot = path.rfind('.');
      path.insert(dot == std::string::npos ? path.size() : dot, "-" + std::to_string(number_));
    }
    auto writer = WavWriter::create(path);
    if (writer) {
      media_->record(std::move(*writer));
    } else {
      Event failed = event(Event::Kind::kFailed);
      failed.text = writer.error().message;
      line_.emit(failed);
    }
  }
  start_sound();
  if (negotiation_->agreed()) media_->follow(*negotiation_->agreed(), behaviour_ != Behaviour::kMute);
}

void Call::start_sound() {
  Sound& sound = media_->sound();
  const int tone_hz = line_.options().tone_hz;
  if (behaviour_ == Behaviour::kTone || tone_hz > 0) {
    sound.play_tone(audio::sine(tone_hz > 0 ? tone_hz : kDefaultToneHz, kToneLevel));
  } else if (behaviour_ == Behaviour::kSilent) {
    sound.play_silence();
  } else {
    sound.greet_then_echo();
  }
  if (behaviour_ == Behaviour::kPressKeys) {
    line_.after(kPressAfter, session_, [](Call& call) { call.media_->press(kKeys); });
  }
  if (behaviour_ == Behaviour::kHangUp) {
    line_.after(line_.options().hang_up_after, session_, [](Call& call) { call.hang_up(); });
  }
}

void Call::on_acknowledged(const sip::Acknowledged& acknowledged) {
  if (acknowledged.sdp.empty() || !negotiation_) return;
  const auto agreed = negotiation_->receive_answer(acknowledged.sdp);
  if (agreed) {
    media_->follow(*agreed, behaviour_ != Behaviour::kMute);
    return;
  }
  Event failed = event(Event::Kind::kFailed);
  failed.text = agreed.error().sentence;
  line_.emit(failed);
  hang_up();
}

void Call::on_reinvite(const sip::ReinviteOffer& reinvite) {
  const base::TimePoint now = line_.worker().now();
  if (!negotiation_) {
    (void)line_.agent().reject_reinvite(now, session_, 488);
    return;
  }
  if (reinvite.sdp.empty()) {
    (void)line_.agent().answer_reinvite(now, session_, negotiation_->make_offer());
    return;
  }
  const auto answer = negotiation_->receive_offer(reinvite.sdp);
  if (!answer) {
    (void)line_.agent().reject_reinvite(now, session_, 488);
    return;
  }
  if (!line_.agent().answer_reinvite(now, session_, answer->text)) return;
  media_->follow(answer->audio, behaviour_ != Behaviour::kMute);
  if (answer->audio.held == held_) return;
  held_ = answer->audio.held;
  Event held = event(Event::Kind::kHeld);
  held.text = held_ ? "held" : "resumed";
  line_.emit(held);
}

void Call::on_ended(const sip::Ended& ended) {
  if (refused_) return;
  Event over = event(Event::Kind::kEnded);
  over.text = ended_by(ended.by);
  line_.emit(over);
}

void Call::hang_up() {
  (void)line_.agent().hang_up(line_.worker().now(), session_);
}

void Call::on_digit(char digit) {
  Event pressed = event(Event::Kind::kDigit);
  pressed.digit = digit;
  line_.emit(pressed);
}

void Call::on_measurement(const Ear::Measurement& measurement) {
  Event audio = event(Event::Kind::kAudio);
  audio.tone = measurement.tone;
  audio.level_dbm0 = measurement.level_dbm0;
  line_.emit(audio);
}

}  // namespace ringback::phone
