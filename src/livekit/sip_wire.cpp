#include "livekit/sip_wire.h"

#include <algorithm>

#include "livekit_sip.pb.h"

namespace ringback::livekit {
namespace {

/// SIPRequestDest and SIPNamedDest share the oneof.
template <class Message>
SipRequestDest destination_of(const Message& from) {
  if (from.has_raw()) return from.raw();
  if (from.has_values()) return from_wire(from.values());
  return std::monostate{};
}

template <class Message>
void set_destination(const SipRequestDest& from, Message* to) {
  if (const auto* raw = std::get_if<std::string>(&from)) to->set_raw(*raw);
  if (const auto* uri = std::get_if<SipUri>(&from)) to_wire(*uri, to->mutable_values());
}

}  // namespace

base::Duration from_wire(const google::protobuf::Duration& from) {
  constexpr std::int64_t kMaxSeconds = 100LL * 366 * 24 * 3600;
  const std::int64_t seconds = std::clamp<std::int64_t>(from.seconds(), -kMaxSeconds, kMaxSeconds);
  return std::chrono::seconds(seconds) + std::chrono::microseconds(from.nanos() / 1000);
}

void to_wire(base::Duration from, google::protobuf::Duration* to) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(from);
  to->set_seconds(seconds.count());
  to->set_nanos(static_cast<std::int32_t>((from - seconds).count() * 1000));
}

SipMediaConfig from_wire(const wire::SIPMediaConfig& from) {
  SipMediaConfig to;
  to.only_listed_codecs = from.only_listed_codecs();
  for (const wire::SIPCodec& codec : from.codecs()) to.codecs.push_back({codec.name(), codec.rate()});
  if (from.has_encryption()) to.encryption = static_cast<SipMediaEncryption>(from.encryption());
  if (from.has_media_timeout()) to.media_timeout = from_wire(from.media_timeout());
  return to;
}

void to_wire(const SipMediaConfig& from, wire::SIPMediaConfig* to) {
  to->set_only_listed_codecs(from.only_listed_codecs);
  for (const SipCodec& codec : from.codecs) {
    wire::SIPCodec* added = to->add_codecs();
    added->set_name(codec.name);
    added->set_rate(codec.rate);
  }
  if (from.encryption) to->set_encryption(static_cast<wire::SIPMediaEncryption>(*from.encryption));
  if (from.media_timeout) to_wire(*from.media_timeout, to->mutable_media_timeout());
}

SipUri from_wire(const wire::SIPUri& from) {
  return {.user = from.user(),
          .host = from.host(),
          .ip = from.ip(),
          .port = from.port(),
          .transport = static_cast<SipTransport>(from.transport())};
}

void to_wire(const SipUri& from, wire::SIPUri* to) {
  to->set_user(from.user);
  to->set_host(from.host);
  to->set_ip(from.ip);
  to->set_port(from.port);
  to->set_transport(static_cast<wire::SIPTransport>(from.transport));
}

SipRequestDest from_wire(const wire::SIPRequestDest& from) {
  return destination_of(from);
}

void to_wire(const SipRequestDest& from, wire::SIPRequestDest* to) {
  set_destination(from, to);
}

SipNamedDest from_wire(const wire::SIPNamedDest& from) {
  return {.display_name = from.display_name(), .uri = destination_of(from)};
}

void to_wire(const SipNamedDest& from, wire::SIPNamedDest* to) {
  to->set_display_name(from.display_name);
  set_destination(from.uri, to);
}

}  // namespace ringback::livekit
