#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "http/client.h"
#include "http/server.h"
#include "net/front.h"
#include "net/resolver.h"

namespace ringback::http {

/// A client and, where a test wants it, our own server, on one loop that the test turns.
class ClientTest : public testing::Test {
 protected:
  using Outcome = base::Result<Response, ClientError>;
  using Opened = base::Result<std::unique_ptr<WebSocket>, ClientError>;

  void create(ClientOptions options = {}) {
    auto client = Client::create(front_, resolver_, std::move(options));
    ASSERT_TRUE(client) << client.error().message;
    client_ = std::move(*client);
  }

  std::uint16_t serve(Handler handler) {
    auto server = Server::listen(
        front_, {.addresses = {{base::IpAddress::v4({127, 0, 0, 1}), 0}}, .limits = {}}, std::move(handler));
    EXPECT_TRUE(server);
    server_ = std::move(*server);
    return server_->endpoints().at(0).port;
  }

  /// Turns the loop until `done`, for at most five seconds of real time.
  bool run_until(const std::function<bool()>& done) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    while (std::chrono::steady_clock::now() < end) {
      if (done()) return true;
      front_.run_once(std::chrono::milliseconds(1));
    }
    return done();
  }

  Outcome fetch(ClientRequest request) {
    if (!client_) create();
    std::optional<Outcome> outcome;
    const ClientExchange exchange =
        client_->send(std::move(request), [&](Outcome result) { outcome = std::move(result); });
    EXPECT_FALSE(outcome) << "called back before send() returned";
    if (!run_until([&] { return outcome.has_value(); })) ADD_FAILURE() << "no outcome";
    return outcome ? *std::move(outcome) : Outcome(base::Failure{ClientError{}});
  }
  Outcome get(const std::string& url) { return fetch({.url = url}); }

  Opened open(WebSocketRequest request) {
    if (!client_) create();
    std::optional<Opened> outcome;
    const ClientExchange exchange =
        client_->open_websocket(std::move(request), [&](Opened result) { outcome = std::move(result); });
    if (!run_until([&] { return outcome.has_value(); })) ADD_FAILURE() << "no outcome";
    return outcome ? *std::move(outcome) : Opened(base::Failure{ClientError{}});
  }

  static std::string url(std::string_view scheme, std::uint16_t port, std::string_view target = "/") {
    return std::string(scheme) + "://localhost:" + std::to_string(port) + std::string(target);
  }

  net::Front front_{"front"};
  net::Resolver resolver_{front_, net::Resolver::Options{.ipv6 = false}};
  std::unique_ptr<Client> client_;
  std::unique_ptr<Server> server_;
};

}  // namespace ringback::http
