#include "webrtc_transport/data_relay.h"

#include <algorithm>
#include <string_view>

#include "webrtc_transport/media_port.h"

namespace ringback::webrtc_transport {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kReliable = "_reliable";
constexpr std::string_view kLossy = "_lossy";
/// SCTP's shortest timer (delayed acknowledgement) is 200 ms; this keeps its error small.
constexpr base::Duration kTimerInterval = 20ms;
/// Reliable messages that wait for a channel to open or for its buffer; a client that reads more slowly loses
/// the rest.
constexpr std::size_t kMaxWaiting = 2048;

}  // namespace

/// The data channels of one transport.
class DataRelay::Association final : private webrtc::DataChannels::Sink {
 public:
  Association(webrtc::SctpStack& stack, std::uint64_t link, const Options& options, PortAddress address)
      : link_(link),
        address_(address),
        channels_(stack,
                  {.dtls_client = options.dtls_client,
                   .remote_port = options.remote_port,
                   .remote_max_message_size = options.remote_max_message_size},
                  *this) {
    if (options.open_channels) {
      channels_.open(kReliable, {});
      channels_.open(kLossy, {.ordered = false, .max_retransmits = std::uint16_t{0}, .protocol = {}});
    }
    channels_.start();
    drain();
  }

  void receive(std::string_view packet) {
    channels_.receive({reinterpret_cast<const std::uint8_t*>(packet.data()), packet.size()});
    drain();
  }

  void send(bool reliable, std::shared_ptr<const std::string> message) {
    if (!reliable) {
      transmit(kLossy, *message);
    } else if (!waiting_.empty() || !transmit(kReliable, *message)) {
      if (waiting_.size() < kMaxWaiting) waiting_.push_back(std::move(message));
    }
    drain();
  }

  void drain() {
    while (const auto event = channels_.next_event()) {
      using Kind = webrtc::ChannelEvent::Kind;
      if (event->kind == Kind::kOpen || event->kind == Kind::kWritable) flush();
    }
  }

 private:
  /// False when it must be tried again later.
  bool transmit(std::string_view label, const std::string& message) {
    const auto outcome =
        channels_.send(label, {reinterpret_cast<const std::uint8_t*>(message.data()), message.size()}, true);
    return outcome == webrtc::SendOutcome::kSent || outcome == webrtc::SendOutcome::kTooLarge;
  }

  void flush() {
    while (!waiting_.empty() && transmit(kReliable, *waiting_.front())) waiting_.pop_front();
  }

  void send_packet(std::span<const std::uint8_t> packet) override {
    std::string bytes(reinterpret_cast<const char*>(packet.data()), packet.size());
    // A packet refused by a full mailbox is a lost packet: SCTP repeats it.
    static_cast<void>(address_.worker->post(
        [port = address_.port, link = link_, bytes = std::move(bytes)] { port->send_sctp(link, bytes); }));
  }

  void on_message(std::uint16_t, std::string_view label, std::span<const std::uint8_t> message,
                  bool) override {
    if (label != kReliable && label != kLossy) return;
    std::string bytes(reinterpret_cast<const char*>(message.data()), message.size());
    static_cast<void>(address_.worker->post(
        [port = address_.port, link = link_, reliable = label == kReliable,
         bytes = std::move(bytes)]() mutable { port->data_received(link, reliable, std::move(bytes)); }));
  }

  std::uint64_t link_;
  PortAddress address_;
  webrtc::DataChannels channels_;
  std::deque<std::shared_ptr<const std::string>> waiting_;
};

DataRelay::DataRelay(net::Front& front) : front_(front) {}

DataRelay::~DataRelay() {
  if (timer_) front_.cancel(timer_);
}

void DataRelay::post(std::uint64_t link, std::function<void(Association&)> work) {
  static_cast<void>(front_.post([this, link, work = std::move(work)] {
    const auto found = associations_.find(link);
    if (found != associations_.end()) work(*found->second);
  }));
}

void DataRelay::start(std::uint64_t link, const Options& options) {
  static_cast<void>(front_.post([this, link, options] {
    if (options.worker >= ports_.size()) return;
    associations_[link] = std::make_unique<Association>(stack_, link, options, ports_[options.worker]);
    if (!timer_) {
      timers_ran_at_ = front_.now();
      schedule_timers();
    }
  }));
}

void DataRelay::receive(std::uint64_t link, std::string packet) {
  post(link, [packet = std::move(packet)](Association& association) { association.receive(packet); });
}

void DataRelay::send(std::uint64_t link, bool reliable, std::shared_ptr<const std::string> message) {
  post(link, [reliable, message = std::move(message)](Association& association) {
    association.send(reliable, message);
  });
}

void DataRelay::stop(std::uint64_t link) {
  static_cast<void>(front_.post([this, link] { associations_.erase(link); }));
}

void DataRelay::schedule_timers() {
  timer_ = front_.schedule(front_.now() + kTimerInterval, [this] { run_timers(); });
}

void DataRelay::run_timers() {
  timer_ = {};
  if (associations_.empty()) return;
  const base::TimePoint now = front_.now();
  const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(now - timers_ran_at_);
  timers_ran_at_ += elapsed;
  stack_.handle_timers(static_cast<std::uint32_t>(elapsed.count()));
  for (const auto& [link, association] : associations_) association->drain();
  schedule_timers();
}

}  // namespace ringback::webrtc_transport
