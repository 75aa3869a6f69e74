#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "webrtc/sctp_stack.h"

struct socket;  // usrsctp's

namespace ringback::webrtc {

/// How a data channel delivers (RFC 8832 5.1).
struct ChannelOptions {
  bool ordered = true;
  std::optional<std::uint16_t> max_retransmits =
      {};  ///< give a message up after so many; empty: no such limit
  std::optional<std::uint16_t> max_lifetime_ms = {};  ///< give it up after so long; empty: no such limit
  std::string protocol = {};
};

/// What happened to an association or one of its channels; drained with DataChannels::next_event().
struct ChannelEvent {
  enum class Kind : std::uint8_t {
    kUp,        ///< the association stands; channels can be opened (earlier opens are sent now)
    kOpen,      ///< `stream` is usable: opened by the peer, or our open was acknowledged
    kClosed,    ///< `stream` was closed by the peer
    kWritable,  ///< after a send that returned kFull: there is room again
    kDown,      ///< the association ended (peer gone, aborted, or shut down); nothing follows
  };
  Kind kind;
  std::uint16_t stream = 0;
  std::string label = {};  ///< kOpen, kClosed
  bool opened_by_peer = false;
};

enum class SendOutcome : std::uint8_t {
  kSent,    ///< handed to the association's send buffer
  kFull,    ///< no room: the peer reads too slowly, or the association is not up yet. Drop (lossy), wait for
            ///< kWritable or kUp, or give the peer up
  kClosed,  ///< no such channel, or the association is down
  kTooLarge,  ///< above the size that the peer announced
};

/// The data channels of one peer connection: SCTP over the DTLS of that connection (RFC 8831) and DCEP (RFC
/// 8832).
///
/// Lives on the thread of the SctpStack (the front thread), while DTLS lives on a worker: the owner carries
/// packets between the two. Packets of the peer come in by receive(), ours leave by Sink::send_packet(). Both
/// sides initiate the association at the same time, as WebRTC demands; DCEP opens may come from either side.
/// Stream ids that we choose are even when we are the DTLS client, odd otherwise.
///
/// Memory is bounded: `kSendBuffer` for unsent bytes, one message of kMaxMessageSize in reassembly for each
/// stream, kMaxChannels channels. A slow reader fills only its own buffer.
///
/// Rule of use: sink calls must not re-enter. Events are queued; drain next_event() after each call of this
/// object and after SctpStack::handle_timers().
class DataChannels {
 public:
  class Sink {
   public:
    virtual ~Sink() = default;
    /// An SCTP packet for PeerConnection::send_sctp(); at most kSctpMtu bytes, valid during the call.
    virtual void send_packet(std::span<const std::uint8_t> packet) = 0;
    /// A whole message of the peer; valid during the call. Binary or text by its PPID; empty messages
    /// included.
    virtual void on_message(std::uint16_t stream, std::string_view label,
                            std::span<const std::uint8_t> message, bool binary) = 0;
  };

  struct Config {
    bool dtls_client = false;
    std::uint16_t local_port = 5000;
    std::uint16_t remote_port = 5000;             ///< the peer's a=sctp-port
    std::size_t remote_max_message_size = 65535;  ///< the peer's a=max-message-size; 0: no limit
  };

  static constexpr std::size_t kMaxMessageSize = 65535;  ///< what we announce and reassemble
  static constexpr std::size_t kMaxChannels = 16;
  static constexpr std::size_t kSendBuffer = 512 * 1024;
  /// DTLS with AES-GCM costs 37 bytes, IPv6 and UDP 48: this stays under a path MTU of 1280.
  static constexpr std::size_t kSctpMtu = 1192;

  DataChannels(SctpStack& stack, Config config, Sink& sink);
  ~DataChannels();
  DataChannels(const DataChannels&) = delete;
  DataChannels& operator=(const DataChannels&) = delete;

  /// Call when DTLS is connected: sends the INIT.
  void start();
  /// One SCTP packet out of DTLS. Packets before start() are dropped (the peer repeats its INIT).
  void receive(std::span<const std::uint8_t> packet);

  /// Opens a channel; may be called before the association is up. The stream id, or nothing when all are in
  /// use. Messages may be sent before the peer acknowledges (RFC 8832 6).
  std::optional<std::uint16_t> open(std::string_view label, const ChannelOptions& options);
  SendOutcome send(std::uint16_t stream, std::span<const std::uint8_t> message, bool binary);
  /// By label: the first open channel of that name, whoever opened it.
  SendOutcome send(std::string_view label, std::span<const std::uint8_t> message, bool binary);
  [[nodiscard]] std::optional<std::uint16_t> find(std::string_view label) const;
  /// Resets our outgoing stream; the peer answers with its own.
  void close(std::uint16_t stream);

  [[nodiscard]] bool up() const { return state_ == State::kUp; }
  std::optional<ChannelEvent> next_event();

  struct Stats {
    std::uint64_t messages_in = 0;
    std::uint64_t messages_out = 0;
    std::uint64_t bytes_in = 0;
    std::uint64_t bytes_out = 0;
    std::uint64_t refused_full = 0;   ///< sends that found the buffer full
    std::uint64_t dropped_large = 0;  ///< peer's messages above kMaxMessageSize
    std::uint64_t dropped_bad = 0;    ///< unknown PPID, message on a stream that is no channel, bad DCEP
  };
  [[nodiscard]] const Stats& stats() const { return stats_; }

 private:
  friend class SctpStack;
  enum class State : std::uint8_t { kIdle, kConnecting, kUp, kDown };
  enum class ChannelState : std::uint8_t {
    kWaiting,  ///< for the association
    kOpening,  ///< our DCEP open is on its way; messages may follow it, in order
    kOpen,
    kClosing,  ///< we reset our stream and wait for the peer to reset its own
  };
  struct Channel {
    ChannelState state = ChannelState::kWaiting;
    std::string label;
    ChannelOptions options;
    bool opened_by_peer = false;
    std::vector<std::uint8_t> partial;  ///< reassembly
    bool oversized = false;             ///< the rest of the message in reassembly is dropped
  };
  struct Control {
    std::uint16_t stream;
    std::vector<std::uint8_t> message;
  };

  bool make_socket();
  void drain();
  void on_chunk(std::uint16_t stream, std::uint32_t ppid, std::span<const std::uint8_t> data, bool complete);
  void on_whole_message(std::uint16_t stream, std::uint32_t ppid, std::span<const std::uint8_t> message);
  void on_dcep(std::uint16_t stream, std::span<const std::uint8_t> message);
  void on_peer_open(std::uint16_t stream, std::span<const std::uint8_t> message);
  void on_notification(std::span<const std::uint8_t> notification);
  void on_up();
  void on_down();
  void on_peer_reset(std::uint16_t stream);
  void send_open(std::uint16_t stream, Channel& channel);
  void send_control(std::uint16_t stream, std::vector<std::uint8_t> message);
  void flush_pending();
  SendOutcome transmit(std::uint16_t stream, std::uint32_t ppid, std::span<const std::uint8_t> data,
                       const ChannelOptions& options);
  bool reset_stream(std::uint16_t stream);
  void queue(ChannelEvent::Kind kind, std::uint16_t stream, const Channel& channel);

  SctpStack& stack_;
  const Config config_;
  Sink& sink_;
  const SctpStack::EndpointKey key_;
  struct socket* socket_ = nullptr;  ///< owned; usrsctp's
  State state_ = State::kIdle;
  bool ready_ = false;  ///< is in the stack's list of endpoints to drain
  bool want_writable_ = false;
  std::map<std::uint16_t, Channel> channels_;
  std::deque<ChannelEvent> events_;
  std::deque<Control> control_;                ///< DCEP messages that found the send buffer full
  std::vector<std::uint16_t> pending_resets_;  ///< streams to reset once the reset under way is done
  Stats stats_;
};

}  // namespace ringback::webrtc
