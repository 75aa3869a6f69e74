#include "webrtc/turn_client.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "crypto/digest.h"
#include "crypto/random.h"
#include "rtp/byte_order.h"

namespace ringback::webrtc {
namespace {

using namespace std::chrono_literals;

/// RFC 8489 section 6.2.1, and 39.5 s for reliable transports, which nobody who waits for a phone has.
constexpr base::Duration kFirstTimeout = 500ms;
constexpr unsigned kMaxTransmissions = 5;  // about 15 s
constexpr base::Duration kReliableTimeout = 10s;
constexpr std::uint32_t kLifetimeSeconds = 600;
/// Channels live for 10 minutes, the permissions that come with them for 5 (RFC 8656 sections 9 and 12).
constexpr base::Duration kRebindAfter = 4min;
constexpr std::uint16_t kFirstChannel = 0x4000;
constexpr std::size_t kChannelHeader = 4;
constexpr std::size_t kMaxPacket = 1604;
constexpr std::size_t kMaxRequest = 1500;
/// A server that asks for credentials again and again does not like ours.
constexpr unsigned kMaxChallenges = 2;

}  // namespace

TurnClient::TurnClient(std::string username, std::string password, bool reliable, Sink& sink)
    : username_(std::move(username)), password_(std::move(password)), reliable_(reliable), sink_(sink) {}

void TurnClient::allocate(base::TimePoint now) {
  if (state_ != State::kNew) return;
  state_ = State::kAllocating;
  ask(now, kTurnAllocate, 0);
}

void TurnClient::ask(base::TimePoint now, std::uint16_t method, std::uint16_t channel) {
  Request& request = requests_.emplace_back();
  request.method = method;
  request.channel = channel;
  request.id = crypto::random_array<12>();
  transmit(now, request);
}

void TurnClient::write(StunWriter& writer, std::uint16_t method, std::uint16_t channel,
                       std::uint32_t lifetime) const {
  if (method == kTurnAllocate) writer.add_requested_udp();
  if (method == kTurnChannelBind) {
    writer.add_channel_number(channel);
    writer.add_peer_address(channels_[channel - kFirstChannel].peer);
  } else {
    writer.add_lifetime(lifetime);
  }
  if (key_.empty()) return;
  writer.add_username(username_);
  writer.add_realm(realm_);
  writer.add_nonce(nonce_);
}

void TurnClient::transmit(base::TimePoint now, Request& request) {
  request.again_at = now + (reliable_ ? kReliableTimeout : kFirstTimeout * (1U << request.transmissions));
  ++request.transmissions;
  std::array<std::uint8_t, kMaxRequest> buffer;
  StunWriter writer(buffer, StunClass::kRequest, request.method, request.id);
  write(writer, request.method, request.channel, kLifetimeSeconds);
  const std::size_t size = writer.finish(key_);
  if (size > 0) sink_.send_to_server(std::span(buffer).first(size));
}

void TurnClient::release() {
  if (state_ != State::kReady) return;
  state_ = State::kFailed;
  std::array<std::uint8_t, kMaxRequest> buffer;
  StunWriter writer(buffer, StunClass::kRequest, kTurnRefresh, crypto::random_array<12>());
  write(writer, kTurnRefresh, 0, 0);
  const std::size_t size = writer.finish(key_);
  if (size > 0) sink_.send_to_server(std::span(buffer).first(size));
}

void TurnClient::send(base::TimePoint now, std::span<const std::uint8_t> data, const base::Endpoint& peer) {
  if (state_ != State::kReady || data.size() > kMaxPacket - kChannelHeader) return;
  auto channel = std::ranges::find(channels_, peer, &Channel::peer);
  if (channel == channels_.end()) {
    if (channels_.size() == kMaxChannels) return;
    const auto number = static_cast<std::uint16_t>(kFirstChannel + channels_.size());
    channels_.push_back({.peer = peer, .number = number, .waiting = {}});
    channel = channels_.end() - 1;
    ask(now, kTurnChannelBind, number);
  }
  if (channel->bound) return send_data(*channel, data);
  channel->waiting.assign(data.begin(), data.end());
}

void TurnClient::send_data(const Channel& channel, std::span<const std::uint8_t> data) {
  std::array<std::uint8_t, kMaxPacket> packet;
  rtp::write_u16(packet.data(), channel.number);
  rtp::write_u16(packet.data() + 2, static_cast<std::uint16_t>(data.size()));
  std::memcpy(packet.data() + kChannelHeader, data.data(), data.size());
  sink_.send_to_server(std::span(packet).first(kChannelHeader + data.size()));
}

TurnClient::Channel* TurnClient::find(std::uint16_t number) {
  const std::size_t index = number - kFirstChannel;
  return number >= kFirstChannel && index < channels_.size() ? &channels_[index] : nullptr;
}

void TurnClient::receive(base::TimePoint now, std::span<std::uint8_t> packet) {
  if (state_ == State::kFailed || packet.empty()) return;
  if (packet[0] >> 6 == 1) return on_channel_data(packet);
  const auto message = StunMessage::parse(packet);
  if (!message) return;
  const bool success = message->message_class() == StunClass::kSuccess;
  if (!success && message->message_class() != StunClass::kError) return;
  const auto known = std::ranges::find(requests_, message->transaction_id(), &Request::id);
  if (known == requests_.end() || known->method != message->method()) return;
  // A challenge cannot be signed: the key is what it is about.
  if (success && !message->check_integrity(key_)) return;
  const Request request = *known;
  requests_.erase(known);
  if (success) {
    on_success(now, request, *message);
  } else {
    on_error(now, request, *message);
  }
}

void TurnClient::on_channel_data(std::span<std::uint8_t> packet) {
  if (state_ != State::kReady || packet.size() < kChannelHeader) return;
  const Channel* channel = find(rtp::read_u16(packet.data()));
  const std::size_t size = rtp::read_u16(packet.data() + 2);
  if (channel == nullptr || size > packet.size() - kChannelHeader) return;
  // The last thing that receive() does: the owner may send() inside, which may move the channels.
  const base::Endpoint peer = channel->peer;
  sink_.on_relayed(packet.subspan(kChannelHeader, size), peer);
}

void TurnClient::on_success(base::TimePoint now, const Request& request, const StunMessage& response) {
  challenges_ = 0;
  if (request.method == kTurnChannelBind) {
    Channel& channel = *find(request.channel);
    channel.bound = true;
    channel.bind_at = now + kRebindAfter;
    if (!channel.waiting.empty()) send_data(channel, channel.waiting);
    channel.waiting = {};
    return;
  }
  if (request.method == kTurnAllocate) {
    relayed_ = response.relayed_address();
    if (!relayed_) return fail("the TURN server allocates no address");
    state_ = State::kReady;
  }
  const std::uint32_t granted =
      std::clamp<std::uint32_t>(response.lifetime().value_or(kLifetimeSeconds), 30, 3600);
  refresh_at_ = now + std::chrono::seconds(granted > 120 ? granted - 60 : granted / 2);
}

void TurnClient::on_error(base::TimePoint now, const Request& request, const StunMessage& response) {
  const std::uint16_t code = response.error_code().value_or(0);
  const bool challenge = code == stun_error::kUnauthorized || code == stun_error::kStaleNonce;
  if (challenge && response.nonce() && challenges_ < kMaxChallenges) {
    ++challenges_;
    nonce_ = *response.nonce();
    if (response.realm() && (key_.empty() || realm_ != *response.realm())) {
      realm_ = *response.realm();
      const auto digest = crypto::md5(username_ + ":" + realm_ + ":" + password_);
      key_.assign(reinterpret_cast<const char*>(digest.data()), digest.size());
    }
    if (!key_.empty()) return ask(now, request.method, request.channel);
  }
  if (request.method == kTurnChannelBind) return on_lost(request);
  if (challenge) return fail("the TURN server does not take the credentials");
  if (code == stun_error::kAllocationMismatch) return fail("the TURN server has forgotten the allocation");
  fail(request.method == kTurnAllocate ? "the TURN server refuses an allocation"
                                       : "the TURN server refuses to go on");
}

void TurnClient::on_lost(const Request& request) {
  if (request.method != kTurnChannelBind) return fail("the TURN server does not answer");
  // A peer that the relay may not talk to: its checks fail in time.
  Channel& channel = *find(request.channel);
  channel.bound = false;
  channel.bind_at = base::kNever;
}

void TurnClient::fail(std::string_view why) {
  state_ = State::kFailed;
  failure_ = why;
  requests_.clear();
}

void TurnClient::advance(base::TimePoint now) {
  for (std::size_t i = 0; i < requests_.size();) {
    if (now < requests_[i].again_at) {
      ++i;
    } else if (!reliable_ && requests_[i].transmissions < kMaxTransmissions) {
      transmit(now, requests_[i++]);
    } else {
      const Request lost = requests_[i];
      requests_.erase(requests_.begin() + static_cast<std::ptrdiff_t>(i));
      on_lost(lost);
    }
  }
  if (state_ != State::kReady) return;
  if (now >= refresh_at_) {
    refresh_at_ = base::kNever;
    ask(now, kTurnRefresh, 0);
  }
  for (Channel& channel : channels_) {
    if (now < channel.bind_at) continue;
    channel.bind_at = base::kNever;
    ask(now, kTurnChannelBind, channel.number);
  }
}

base::TimePoint TurnClient::next_deadline() const {
  if (state_ == State::kNew || state_ == State::kFailed) return base::kNever;
  base::TimePoint next = refresh_at_;
  for (const Request& request : requests_) next = std::min(next, request.again_at);
  for (const Channel& channel : channels_) next = std::min(next, channel.bind_at);
  return next;
}

}  // namespace ringback::webrtc
