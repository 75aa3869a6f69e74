#pragma once

// For this module's tests: a worker in virtual time without a network, and a room server's signalling by
// hand.

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "client/signal_link.h"
#include "livekit/signal_client.h"
#include "webrtc/demultiplexer.h"
#include "webrtc_transport/transport_context.h"

namespace ringback::client {

class ClientWorld final : public webrtc_transport::TransportContext, public SignalDialer {
 public:
  /// One connection that was dialled, as the server sees it.
  struct Connection {
    std::string target;
    std::string token;
    std::vector<livekit::SignalRequest> received;
    SignalLink::Listener* listener = nullptr;  ///< null once the client has let go
    unsigned failures = 0;
    std::vector<std::string> regions;

    void send(const livekit::SignalResponse& message) const {
      if (listener != nullptr) listener->on_frame(livekit::encode(message));
    }
    void lose(SignalLoss loss = {.http_status = 0, .reason = "cut"}) const {
      if (listener != nullptr) listener->on_lost(std::move(loss));
    }
    template <class T>
    [[nodiscard]] std::vector<T> all() const {
      std::vector<T> found;
      for (const auto& request : received) {
        if (const auto* message = std::get_if<T>(&request)) found.push_back(*message);
      }
      return found;
    }
  };

  ClientWorld() : certificate_(std::move(crypto::Certificate::generate(1'790'000'000'000).value())) {}

  void pass(base::Duration duration) {
    for (const base::TimePoint end = now_ + duration; now_ < end;) {
      now_ += std::chrono::milliseconds(5);
      wheel_.expire(now_);
    }
  }

  /// The newest connection; there must be one.
  [[nodiscard]] Connection& last() {
    EXPECT_FALSE(connections.empty());
    return *connections.back();
  }

  std::unique_ptr<SignalLink> dial(const SignalRoute& route, SignalLink::Listener& listener) override {
    connections.push_back(std::make_shared<Connection>(
        Connection{route.target, route.token, {}, &listener, route.failures, route.regions}));
    return std::make_unique<Link>(connections.back());
  }

  [[nodiscard]] base::TimePoint now() const override { return now_; }
  [[nodiscard]] std::uint64_t ntp(base::TimePoint at) const override {
    return static_cast<std::uint64_t>(at.time_since_epoch().count());
  }
  [[nodiscard]] base::TimerWheel& timers() override { return wheel_; }
  [[nodiscard]] unsigned worker_index() const override { return 0; }
  [[nodiscard]] std::span<std::uint8_t> prepare_datagram() override { return slot_; }
  void commit_datagram(std::size_t, const webrtc::IcePath&) override {}
  [[nodiscard]] webrtc::Demultiplexer& demultiplexer() override { return demultiplexer_; }
  [[nodiscard]] const crypto::Certificate& certificate() const override { return certificate_; }
  [[nodiscard]] const std::vector<base::Endpoint>& media_endpoints() const override { return endpoints_; }
  std::uint64_t add_transport(webrtc_transport::Transport&) override { return ++link_; }
  void remove_transport(webrtc_transport::Transport&, std::uint64_t) override {}
  [[nodiscard]] webrtc_transport::DataLinks* data_links() override { return nullptr; }
  [[nodiscard]] base::ErrorOr<std::unique_ptr<webrtc_transport::DelegatedContext>> open_own_port() override {
    return std::make_unique<webrtc_transport::DelegatedContext>(
        static_cast<webrtc_transport::TransportContext&>(*this));
  }

  std::vector<std::shared_ptr<Connection>> connections;

 private:
  class Link final : public SignalLink {
   public:
    explicit Link(std::shared_ptr<Connection> connection) : connection_(std::move(connection)) {}
    ~Link() override { connection_->listener = nullptr; }
    void send(std::string frame) override {
      auto request = livekit::parse_signal_request(frame);
      ASSERT_TRUE(request);
      connection_->received.push_back(std::move(*request));
    }

   private:
    std::shared_ptr<Connection> connection_;
  };

  base::TimePoint now_{std::chrono::seconds(1000)};
  base::TimerWheel wheel_{now_};
  webrtc::Demultiplexer demultiplexer_;
  crypto::Certificate certificate_;
  std::vector<base::Endpoint> endpoints_ = {{base::IpAddress::v4({192, 0, 2, 1}), 7882}};
  std::array<std::uint8_t, 1600> slot_{};
  std::uint64_t link_ = 0;
};

/// A join as a server of this kind answers it.
inline livekit::JoinResponse join_response(const std::string& sid = "PA_self") {
  livekit::JoinResponse join;
  join.room.name = "room";
  join.participant.sid = sid;
  join.participant.identity = "phone";
  join.subscriber_primary = true;
  join.server_info.version = "1.9.12";
  join.enabled_publish_codecs = {{"audio/opus", ""}, {"audio/PCMU", ""}};
  return join;
}

/// Somebody else with one track.
inline livekit::ParticipantInfo other(const std::string& identity, const std::string& track_sid) {
  livekit::ParticipantInfo info;
  info.sid = "PA_" + identity;
  info.identity = identity;
  info.state = livekit::ParticipantState::kActive;
  livekit::TrackInfo track;
  track.sid = track_sid;
  track.type = livekit::TrackType::kAudio;
  track.mime_type = "audio/opus";
  info.tracks = {track};
  return info;
}

}  // namespace ringback::client
