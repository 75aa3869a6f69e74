#include "webrtc/data_channels.h"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <utility>

#include <usrsctp.h>

#include "webrtc/dcep.h"

namespace ringback::webrtc {
namespace {

/// usrsctp takes ports and payload protocol identifiers in network byte order.
constexpr std::uint16_t network_order(std::uint16_t value) {
  if constexpr (std::endian::native == std::endian::big) return value;
  return static_cast<std::uint16_t>((value << 8) | (value >> 8));
}
constexpr std::uint32_t network_order(std::uint32_t value) {
  if constexpr (std::endian::native == std::endian::big) return value;
  return std::uint32_t{network_order(static_cast<std::uint16_t>(value))} << 16 |
         network_order(static_cast<std::uint16_t>(value >> 16));
}

sockaddr_conn address_of(std::uintptr_t key, std::uint16_t port) {
  sockaddr_conn address{};
  address.sconn_family = AF_CONN;
  address.sconn_port = network_order(port);
  address.sconn_addr = reinterpret_cast<void*>(key);
  return address;
}

template <class T>
bool set_option(struct socket* socket, int level, int name, const T& value) {
  return usrsctp_setsockopt(socket, level, name, &value, sizeof(value)) == 0;
}

bool subscribe(struct socket* socket, std::uint16_t type) {
  sctp_event event{};
  event.se_assoc_id = SCTP_FUTURE_ASSOC;
  event.se_type = type;
  event.se_on = 1;
  return set_option(socket, IPPROTO_SCTP, SCTP_EVENT, event);
}

}  // namespace

DataChannels::DataChannels(SctpStack& stack, Config config, Sink& sink)
    : stack_(stack), config_(config), sink_(sink), key_(stack.add(*this)) {}

DataChannels::~DataChannels() {
  // First nobody to call back to, then the socket: closing it sends an ABORT, which the sink must not see any
  // more.
  stack_.remove(key_);
  if (socket_ != nullptr) usrsctp_close(socket_);
}

bool DataChannels::make_socket() {
  socket_ = usrsctp_socket(AF_CONN, SOCK_STREAM, IPPROTO_SCTP, nullptr, nullptr, 0, nullptr);
  if (socket_ == nullptr) return false;
  const int buffer = static_cast<int>(kSendBuffer);
  const linger abort_on_close{.l_onoff = 1, .l_linger = 0};
  const std::uint32_t on = 1;
  const sctp_assoc_value resets{.assoc_id = SCTP_FUTURE_ASSOC, .assoc_value = SCTP_ENABLE_RESET_STREAM_REQ};
  // usrsctp's 8 attempts would end before a peer that is slow to answer the offer starts its side.
  constexpr std::uint16_t kInitAttempts = 16;
  sctp_initmsg init{};
  init.sinit_num_ostreams = kMaxChannels;
  init.sinit_max_instreams = kMaxChannels;
  init.sinit_max_attempts = kInitAttempts;
  sockaddr_conn local = address_of(key_, config_.local_port);
  return usrsctp_set_non_blocking(socket_, 1) == 0 && set_option(socket_, SOL_SOCKET, SO_SNDBUF, buffer) &&
         set_option(socket_, SOL_SOCKET, SO_RCVBUF, buffer) &&
         set_option(socket_, SOL_SOCKET, SO_LINGER, abort_on_close) &&
         set_option(socket_, IPPROTO_SCTP, SCTP_NODELAY, on) &&
         set_option(socket_, IPPROTO_SCTP, SCTP_RECVRCVINFO, on) &&
         set_option(socket_, IPPROTO_SCTP, SCTP_ENABLE_STREAM_RESET, resets) &&
         set_option(socket_, IPPROTO_SCTP, SCTP_INITMSG, init) && subscribe(socket_, SCTP_ASSOC_CHANGE) &&
         subscribe(socket_, SCTP_STREAM_RESET_EVENT) && subscribe(socket_, SCTP_PARTIAL_DELIVERY_EVENT) &&
         usrsctp_bind(socket_, reinterpret_cast<sockaddr*>(&local), sizeof(local)) == 0 &&
         usrsctp_set_upcall(socket_, &SctpStack::on_upcall, reinterpret_cast<void*>(key_)) == 0;
}

void DataChannels::start() {
  if (state_ != State::kIdle) return;
  state_ = State::kConnecting;
  if (!make_socket()) {
    on_down();
    return;
  }
  sockaddr_conn remote = address_of(key_, config_.remote_port);
  if (usrsctp_connect(socket_, reinterpret_cast<sockaddr*>(&remote), sizeof(remote)) != 0 &&
      errno != EINPROGRESS) {
    on_down();
    return;
  }
  sctp_paddrparams path{};
  std::memcpy(&path.spp_address, &remote, sizeof(remote));
  path.spp_flags = SPP_PMTUD_DISABLE;
  path.spp_pathmtu = kSctpMtu - 12;  // usrsctp adds the common header
  set_option(socket_, IPPROTO_SCTP, SCTP_PEER_ADDR_PARAMS, path);
}

void DataChannels::receive(std::span<const std::uint8_t> packet) {
  if (socket_ == nullptr || packet.empty()) return;
  usrsctp_conninput(reinterpret_cast<void*>(key_), packet.data(), packet.size(), 0);
  drain();
}

void DataChannels::drain() {
  ready_ = false;
  std::span<std::uint8_t> buffer(stack_.scratch_);
  while (socket_ != nullptr && state_ != State::kDown) {
    sockaddr_conn from{};
    socklen_t from_size = sizeof(from);
    sctp_rcvinfo info{};
    socklen_t info_size = sizeof(info);
    unsigned int info_type = SCTP_RECVV_NOINFO;
    int flags = 0;
    const ssize_t size =
        usrsctp_recvv(socket_, buffer.data(), buffer.size(), reinterpret_cast<sockaddr*>(&from), &from_size,
                      &info, &info_size, &info_type, &flags);
    if (size < 0 && (errno == EWOULDBLOCK || errno == EAGAIN || errno == ENOTCONN)) break;
    if (size <= 0) {
      on_down();
      break;
    }
    const auto data = std::span<const std::uint8_t>(buffer).first(static_cast<std::size_t>(size));
    if ((flags & MSG_NOTIFICATION) != 0) {
      on_notification(data);
    } else if (info_type == SCTP_RECVV_RCVINFO) {
      on_chunk(info.rcv_sid, network_order(info.rcv_ppid), data, (flags & MSG_EOR) != 0);
    }
  }
  flush_pending();
}

void DataChannels::on_chunk(std::uint16_t stream, std::uint32_t ppid, std::span<const std::uint8_t> data,
                            bool complete) {
  const auto found = channels_.find(stream);
  if (found == channels_.end()) {
    // Before its open message a stream is no channel and only that message, which fits one packet, may come.
    if (complete && ppid == ppid::kControl) {
      on_dcep(stream, data);
    } else {
      ++stats_.dropped_bad;
    }
    return;
  }
  Channel& channel = found->second;
  if (complete && channel.partial.empty() && !channel.oversized) {
    on_whole_message(stream, ppid, data);
    return;
  }
  if (!channel.oversized) {
    if (channel.partial.size() + data.size() > kMaxMessageSize) {
      channel.oversized = true;
      channel.partial = {};
      ++stats_.dropped_large;
    } else {
      channel.partial.insert(channel.partial.end(), data.begin(), data.end());
    }
  }
  if (!complete) return;
  const bool drop = std::exchange(channel.oversized, false);
  const auto message = std::exchange(channel.partial, {});
  if (!drop) on_whole_message(stream, ppid, message);
}

void DataChannels::on_whole_message(std::uint16_t stream, std::uint32_t ppid,
                                    std::span<const std::uint8_t> message) {
  if (ppid == ppid::kControl) {
    on_dcep(stream, message);
    return;
  }
  Channel& channel = channels_.at(stream);
  if (channel.state == ChannelState::kClosing || channel.state == ChannelState::kWaiting) return;
  if (message.size() > kMaxMessageSize) {
    ++stats_.dropped_large;
    return;
  }
  const bool empty = ppid == ppid::kEmptyString || ppid == ppid::kEmptyBinary;
  const bool binary = ppid == ppid::kBinary || ppid == ppid::kEmptyBinary;
  if (!empty && !binary && ppid != ppid::kString) {
    ++stats_.dropped_bad;
    return;
  }
  if (channel.state == ChannelState::kOpening) {
    // A peer that sends has seen our open; its acknowledgement was overtaken.
    channel.state = ChannelState::kOpen;
    queue(ChannelEvent::Kind::kOpen, stream, channel);
  }
  ++stats_.messages_in;
  stats_.bytes_in += empty ? 0 : message.size();
  // SCTP cannot carry empty messages: one byte stands for none (RFC 8831 6.6).
  sink_.on_message(stream, channel.label, empty ? std::span<const std::uint8_t>{} : message, binary);
}

void DataChannels::on_dcep(std::uint16_t stream, std::span<const std::uint8_t> message) {
  if (!is_dcep_ack(message)) {
    on_peer_open(stream, message);
    return;
  }
  const auto found = channels_.find(stream);
  if (found == channels_.end() || found->second.opened_by_peer) {
    ++stats_.dropped_bad;
  } else if (found->second.state == ChannelState::kOpening) {
    found->second.state = ChannelState::kOpen;
    queue(ChannelEvent::Kind::kOpen, stream, found->second);
  }
}

void DataChannels::on_peer_open(std::uint16_t stream, std::span<const std::uint8_t> message) {
  auto open = DcepOpen::parse(message);
  if (!open || channels_.contains(stream) || channels_.size() >= kMaxChannels) {
    ++stats_.dropped_bad;
    if (!channels_.contains(stream)) pending_resets_.push_back(stream);  // tells the peer that it is refused
    return;
  }
  Channel& channel = channels_[stream];
  channel.state = ChannelState::kOpen;
  channel.label = std::move(open->label);
  channel.options = {.ordered = open->ordered,
                     .max_retransmits = open->max_retransmits,
                     .max_lifetime_ms = open->max_lifetime_ms,
                     .protocol = std::move(open->protocol)};
  channel.opened_by_peer = true;
  send_control(stream, dcep_ack());
  queue(ChannelEvent::Kind::kOpen, stream, channel);
}

void DataChannels::on_notification(std::span<const std::uint8_t> notification) {
  sctp_notification::sctp_tlv header{};
  if (notification.size() < sizeof(header)) return;
  std::memcpy(&header, notification.data(), sizeof(header));
  switch (header.sn_type) {
    case SCTP_ASSOC_CHANGE: {
      sctp_assoc_change change{};
      if (notification.size() < sizeof(change)) return;
      std::memcpy(&change, notification.data(), sizeof(change));
      if (change.sac_state == SCTP_COMM_UP) {
        on_up();
      } else {
        on_down();  // lost, shut down, not started, or restarted by a peer that knows no channels any more
      }
      return;
    }
    case SCTP_STREAM_RESET_EVENT: {
      sctp_stream_reset_event reset{};
      if (notification.size() < sizeof(reset)) return;
      std::memcpy(&reset, notification.data(), sizeof(reset));
      if ((reset.strreset_flags & (SCTP_STREAM_RESET_DENIED | SCTP_STREAM_RESET_FAILED)) != 0) return;
      if ((reset.strreset_flags & SCTP_STREAM_RESET_INCOMING_SSN) == 0) return;
      for (std::size_t at = sizeof(reset); at + 2 <= notification.size(); at += 2) {
        std::uint16_t stream = 0;
        std::memcpy(&stream, notification.data() + at, 2);
        on_peer_reset(stream);
      }
      return;
    }
    case SCTP_PARTIAL_DELIVERY_EVENT: {
      sctp_pdapi_event aborted{};
      if (notification.size() < sizeof(aborted)) return;
      std::memcpy(&aborted, notification.data(), sizeof(aborted));
      const auto channel = channels_.find(static_cast<std::uint16_t>(aborted.pdapi_stream));
      if (channel == channels_.end()) return;
      channel->second.partial = {};
      channel->second.oversized = false;
      return;
    }
    default:
      return;
  }
}

void DataChannels::on_up() {
  if (state_ != State::kConnecting) return;
  state_ = State::kUp;
  events_.push_back({.kind = ChannelEvent::Kind::kUp});
  for (auto& [stream, channel] : channels_) {
    if (channel.state == ChannelState::kWaiting) send_open(stream, channel);
  }
}

void DataChannels::on_down() {
  if (state_ == State::kDown) return;
  state_ = State::kDown;
  if (socket_ != nullptr) usrsctp_close(std::exchange(socket_, nullptr));
  channels_.clear();
  control_.clear();
  pending_resets_.clear();
  events_.push_back({.kind = ChannelEvent::Kind::kDown});
}

void DataChannels::on_peer_reset(std::uint16_t stream) {
  const auto found = channels_.find(stream);
  if (found == channels_.end()) return;
  if (found->second.state != ChannelState::kClosing) {
    pending_resets_.push_back(stream);
    queue(ChannelEvent::Kind::kClosed, stream, found->second);
  }
  channels_.erase(found);
}

std::optional<std::uint16_t> DataChannels::open(std::string_view label, const ChannelOptions& options) {
  if (state_ == State::kDown) return std::nullopt;
  for (std::uint16_t stream = config_.dtls_client ? 0 : 1; stream < kMaxChannels; stream += 2) {
    // A stream whose reset is still to be sent must not carry a new channel.
    if (channels_.contains(stream) || std::ranges::count(pending_resets_, stream) != 0) continue;
    Channel& channel = channels_[stream];
    channel.label = label;
    channel.options = options;
    if (state_ == State::kUp) send_open(stream, channel);
    return stream;
  }
  return std::nullopt;
}

void DataChannels::send_open(std::uint16_t stream, Channel& channel) {
  channel.state = ChannelState::kOpening;
  const DcepOpen open{.ordered = channel.options.ordered,
                      .max_retransmits = channel.options.max_retransmits,
                      .max_lifetime_ms = channel.options.max_lifetime_ms,
                      .label = channel.label,
                      .protocol = channel.options.protocol};
  send_control(stream, open.serialize());
}

void DataChannels::send_control(std::uint16_t stream, std::vector<std::uint8_t> message) {
  if (control_.empty() && transmit(stream, ppid::kControl, message, {}) != SendOutcome::kFull) return;
  control_.push_back({stream, std::move(message)});
}

void DataChannels::flush_pending() {
  if (state_ != State::kUp) return;
  while (!control_.empty()) {
    if (transmit(control_.front().stream, ppid::kControl, control_.front().message, {}) == SendOutcome::kFull)
      break;
    control_.pop_front();
  }
  // Only one reset can be under way; what is refused now is tried again at the next packet.
  while (!pending_resets_.empty() && reset_stream(pending_resets_.front())) {
    pending_resets_.erase(pending_resets_.begin());
  }
  if (want_writable_ && (usrsctp_get_events(socket_) & SCTP_EVENT_WRITE) != 0) {
    want_writable_ = false;
    events_.push_back({.kind = ChannelEvent::Kind::kWritable});
  }
}

SendOutcome DataChannels::transmit(std::uint16_t stream, std::uint32_t ppid,
                                   std::span<const std::uint8_t> data, const ChannelOptions& options) {
  if (socket_ == nullptr) return SendOutcome::kClosed;
  sctp_sendv_spa spa{};
  spa.sendv_flags = SCTP_SEND_SNDINFO_VALID;
  spa.sendv_sndinfo.snd_sid = stream;
  spa.sendv_sndinfo.snd_ppid = network_order(ppid);
  if (!options.ordered) spa.sendv_sndinfo.snd_flags |= SCTP_UNORDERED;
  if (options.max_retransmits) {
    spa.sendv_flags |= SCTP_SEND_PRINFO_VALID;
    spa.sendv_prinfo.pr_policy = SCTP_PR_SCTP_RTX;
    spa.sendv_prinfo.pr_value = *options.max_retransmits;
  } else if (options.max_lifetime_ms) {
    spa.sendv_flags |= SCTP_SEND_PRINFO_VALID;
    spa.sendv_prinfo.pr_policy = SCTP_PR_SCTP_TTL;
    spa.sendv_prinfo.pr_value = *options.max_lifetime_ms;
  }
  const ssize_t sent =
      usrsctp_sendv(socket_, data.data(), data.size(), nullptr, 0, &spa, sizeof(spa), SCTP_SENDV_SPA, 0);
  if (sent >= 0) return SendOutcome::kSent;
  switch (errno) {
    case EWOULDBLOCK:
    case ENOBUFS:
      return SendOutcome::kFull;
    case EMSGSIZE:
      return SendOutcome::kTooLarge;
    default:
      return SendOutcome::kClosed;
  }
}

SendOutcome DataChannels::send(std::uint16_t stream, std::span<const std::uint8_t> message, bool binary) {
  const auto found = channels_.find(stream);
  if (found == channels_.end() || found->second.state == ChannelState::kClosing) return SendOutcome::kClosed;
  if (message.size() > kMaxMessageSize ||
      (config_.remote_max_message_size != 0 && message.size() > config_.remote_max_message_size)) {
    return SendOutcome::kTooLarge;
  }
  const Channel& channel = found->second;
  if (channel.state == ChannelState::kWaiting || !control_.empty()) {
    // An open or acknowledgement still waits for room: messages must not overtake it.
    ++stats_.refused_full;
    want_writable_ = true;
    return SendOutcome::kFull;
  }
  static constexpr std::uint8_t kPlaceholder = 0;
  std::uint32_t ppid = binary ? ppid::kBinary : ppid::kString;
  std::span<const std::uint8_t> data = message;
  if (message.empty()) {
    ppid = binary ? ppid::kEmptyBinary : ppid::kEmptyString;
    data = {&kPlaceholder, 1};
  }
  // Until the peer acknowledged our open, messages must come behind it (RFC 8832 6).
  ChannelOptions in_order;
  const ChannelOptions& options = channel.state == ChannelState::kOpening ? in_order : channel.options;
  const SendOutcome outcome = transmit(stream, ppid, data, options);
  if (outcome == SendOutcome::kSent) {
    ++stats_.messages_out;
    stats_.bytes_out += message.size();
  } else if (outcome == SendOutcome::kFull) {
    ++stats_.refused_full;
    want_writable_ = true;
  }
  return outcome;
}

SendOutcome DataChannels::send(std::string_view label, std::span<const std::uint8_t> message, bool binary) {
  const auto stream = find(label);
  return stream ? send(*stream, message, binary) : SendOutcome::kClosed;
}

std::optional<std::uint16_t> DataChannels::find(std::string_view label) const {
  for (const auto& [stream, channel] : channels_) {
    if (channel.label == label && channel.state != ChannelState::kClosing) return stream;
  }
  return std::nullopt;
}

void DataChannels::close(std::uint16_t stream) {
  const auto found = channels_.find(stream);
  if (found == channels_.end() || found->second.state == ChannelState::kClosing) return;
  if (found->second.state == ChannelState::kWaiting) {
    channels_.erase(found);
    return;
  }
  found->second.state = ChannelState::kClosing;
  pending_resets_.push_back(stream);
  flush_pending();
}

bool DataChannels::reset_stream(std::uint16_t stream) {
  // The list is a flexible array member of the option's struct.
  alignas(sctp_reset_streams) std::uint8_t bytes[sizeof(sctp_reset_streams) + sizeof(stream)] = {};
  sctp_reset_streams header{};
  header.srs_flags = SCTP_STREAM_RESET_OUTGOING;
  header.srs_number_streams = 1;
  std::memcpy(bytes, &header, sizeof(header));
  std::memcpy(bytes + sizeof(header), &stream, sizeof(stream));
  if (usrsctp_setsockopt(socket_, IPPROTO_SCTP, SCTP_RESET_STREAMS, bytes, sizeof(bytes)) == 0) return true;
  return errno != EALREADY && errno != EAGAIN && errno != EBUSY;  // else it can never be done
}

void DataChannels::queue(ChannelEvent::Kind kind, std::uint16_t stream, const Channel& channel) {
  events_.push_back(
      {.kind = kind, .stream = stream, .label = channel.label, .opened_by_peer = channel.opened_by_peer});
}

std::optional<ChannelEvent> DataChannels::next_event() {
  if (events_.empty()) return std::nullopt;
  ChannelEvent event = std::move(events_.front());
  events_.pop_front();
  return event;
}

}  // namespace ringback::webrtc
