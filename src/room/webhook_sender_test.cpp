#include "room/webhook_sender.h"

#include <functional>
#include <optional>

#include <gtest/gtest.h>

#include "http/server.h"
#include "net/clock.h"
#include "net/front.h"
#include "net/resolver.h"

namespace ringback::room {
namespace {

using namespace std::chrono_literals;

class WebhookSenderTest : public testing::Test {
 protected:
  void SetUp() override {
    auto client = http::Client::create(front_, resolver_, {});
    ASSERT_TRUE(client);
    client_ = std::move(*client);
    auto server = http::Server::listen(
        front_, {.addresses = {{base::IpAddress::v4({127, 0, 0, 1}), 0}}, .limits = {}},
        [this](http::Request request, http::Responder responder) {
          const auto event = livekit::verify_webhook(
              request.body, request.headers.get("Authorization").value_or(""),
              [this](std::string_view) { return std::optional(key_.secret); }, net::wall_millis() / 1000);
          ASSERT_TRUE(event) << event.error().message;
          EXPECT_EQ(request.content_type(), livekit::kWebhookContentType);
          seen_.push_back(*event);
          if (silent_) return held_.push_back(std::move(responder));
          int status = 200;
          if (!answers_.empty()) {
            status = answers_.front();
            answers_.pop_front();
          }
          responder.respond(http::Response::empty(status));
        });
    ASSERT_TRUE(server);
    server_ = std::move(*server);
  }

  void start(WebhookSender::Options options = {}) {
    options.urls = {"http://127.0.0.1:" + std::to_string(server_->endpoints().at(0).port) + "/hook"};
    options.key = key_;
    sender_ = std::make_unique<WebhookSender>(front_, *client_, std::move(options));
  }

  void send(const std::string& name, const std::string& room = "room") {
    livekit::WebhookEvent event;
    event.event = name;
    event.id = "EV_" + name;
    event.room.emplace().name = room;
    sender_->send(std::move(event));
  }

  bool run_until(const std::function<bool()>& done) {
    const auto end = std::chrono::steady_clock::now() + 5s;
    while (std::chrono::steady_clock::now() < end) {
      if (done()) return true;
      front_.run_once(1ms);
    }
    return done();
  }
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> list;
    for (const auto& event : seen_) list.push_back(event.event);
    return list;
  }

  const livekit::ApiKey key_{"APIkey", "a-secret"};
  net::Front front_{"front"};
  net::Resolver resolver_{front_, net::Resolver::Options{}};
  std::unique_ptr<http::Client> client_;
  std::unique_ptr<http::Server> server_;
  std::unique_ptr<WebhookSender> sender_;
  std::deque<int> answers_;
  std::vector<livekit::WebhookEvent> seen_;
  std::vector<http::Responder> held_;
  bool silent_ = false;
};

TEST_F(WebhookSenderTest, KeepsTheOrderOfARoom) {
  start();
  for (const char* name : {"room_started", "participant_joined", "participant_left", "room_finished"})
    send(name);
  ASSERT_TRUE(run_until([&] { return sender_->waiting() == 0; }));
  EXPECT_EQ(names(), (std::vector<std::string>{"room_started", "participant_joined", "participant_left",
                                               "room_finished"}));
}

TEST_F(WebhookSenderTest, TriesAgainWhatMayPassAndKeepsTheOrder) {
  answers_ = {503, 429, 200};
  start({.first_pause = 5ms});
  send("first");
  send("second");
  ASSERT_TRUE(run_until([&] { return sender_->waiting() == 0; }));
  EXPECT_EQ(names(), (std::vector<std::string>{"first", "first", "first", "second"}));
  EXPECT_EQ(seen_.at(0).id, seen_.at(2).id);
}

TEST_F(WebhookSenderTest, GivesUpInTheEnd) {
  answers_ = {500, 500, 500, 400, 200};
  start({.first_pause = 1ms, .tries = 3});
  send("unlucky");
  send("refused");
  send("lucky");
  ASSERT_TRUE(run_until([&] { return sender_->waiting() == 0; }));
  EXPECT_EQ(names(), (std::vector<std::string>{"unlucky", "unlucky", "unlucky", "refused", "lucky"}));
}

TEST_F(WebhookSenderTest, DropsWhatIsTooOld) {
  answers_ = {500, 200};
  start({.first_pause = 50ms, .oldest = 40ms});
  send("late");
  ASSERT_TRUE(run_until([&] { return sender_->waiting() == 0; }));
  EXPECT_EQ(names(), std::vector<std::string>{"late"});
}

TEST_F(WebhookSenderTest, ASilentReceiverHoldsUpOneRoomAndNoMoreThanTheLimit) {
  silent_ = true;
  start({.queue_limit = 3});
  for (int i = 0; i < 10; ++i) send("event" + std::to_string(i));
  EXPECT_EQ(sender_->waiting(), 3U);
  send("elsewhere", "other room");
  ASSERT_TRUE(run_until([&] { return held_.size() == 2; }));
  EXPECT_EQ(names(), (std::vector<std::string>{"event0", "elsewhere"}));
}

}  // namespace
}  // namespace ringback::room
