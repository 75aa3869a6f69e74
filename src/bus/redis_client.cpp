#include "bus/redis_client.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "base/log.h"
#include "crypto/random.h"
#include "net/front.h"
#include "net/resolver.h"

namespace ringback::bus {
namespace {

using base::LogLevel;

constexpr base::Duration kFirstBackoff = std::chrono::milliseconds(100);
constexpr base::Duration kLongestBackoff = std::chrono::seconds(3);
constexpr base::Duration kAttemptPatience = std::chrono::seconds(10);
constexpr std::size_t kMaxOutbox = 1000;
constexpr unsigned kMaxRedirects = 3;

/// So that the nodes of a service do not all come at once.
base::Duration jittered(base::Duration duration) {
  return duration / 2 + duration * crypto::random_below(500) / 1000;
}

}  // namespace

base::ErrorOr<std::shared_ptr<net::TlsClient>> make_tls_client(const RedisSettings& settings) {
  if (!settings.tls) return std::shared_ptr<net::TlsClient>();
  return net::TlsClient::create({.ca_file = settings.tls_ca_file,
                                 .certificate_file = settings.tls_cert_file,
                                 .key_file = settings.tls_key_file,
                                 .alpn = {},
                                 .verify_peer = settings.tls_verify});
}

RedisClient::RedisClient(net::Front& front, net::Resolver& resolver, RedisSettings settings,
                         std::shared_ptr<net::TlsClient> tls, Listener& listener)
    : front_(front),
      resolver_(resolver),
      settings_(std::move(settings)),
      tls_(std::move(tls)),
      listener_(listener) {}

RedisClient::~RedisClient() {
  front_.cancel(timer_);
}

RedisConnection::Login RedisClient::login() const {
  return {.username = settings_.username, .password = settings_.password, .database = settings_.database};
}

void RedisClient::start() {
  running_ = true;
  attempt();
}

void RedisClient::stop() {
  running_ = false;
  ++attempt_;
  front_.cancel(timer_);
  drop_connections();
  gone_.clear();
  health_.up = false;
}

void RedisClient::attempt() {
  ++attempt_;
  gone_.clear();
  front_.cancel(timer_);
  timer_ = front_.schedule(front_.now() + kAttemptPatience, [this] { lose("no answer in time"); });
  trying_ = settings_.addresses[next_address_ % settings_.addresses.size()];
  if (settings_.mode == RedisSettings::Mode::kSentinel) return ask_sentinel();
  connect(trying_, [this](const base::Endpoint& endpoint) { open(endpoint); });
}

void RedisClient::connect(const RedisAddress& address, std::function<void(const base::Endpoint&)> found) {
  resolver_.resolve_addresses(address.host, [this, address, found = std::move(found),
                                             attempt = attempt_](net::Resolver::Addresses addresses) {
    if (attempt != attempt_ || !running_) return;
    if (!addresses) return lose(addresses.error().message);
    // A name with several addresses is tried round by round, as a list of addresses is.
    const std::size_t round = next_address_ / settings_.addresses.size();
    found({(*addresses)[round % addresses->size()], address.port});
  });
}

void RedisClient::ask_sentinel() {
  connect(trying_, [this](const base::Endpoint& endpoint) {
    sentinel_ = make_connection(
        endpoint, trying_.host,
        {.username = settings_.sentinel_username, .password = settings_.sentinel_password, .database = 0});
    sentinel_->command(
        {"SENTINEL", "get-master-addr-by-name", settings_.master_name}, [this](const RespValue& reply) {
          const auto master =
              parse_redis_address(fmt::format("[{}]:{}", reply.text_at(0), reply.text_at(1)), 0);
          if (!master)
            return lose(reply.is_error()
                            ? fmt::format("the sentinel refuses: {}", reply.text)
                            : fmt::format("the sentinel knows no master \"{}\"", settings_.master_name));
          discard(std::move(sentinel_));
          trying_ = *master;
          connect(trying_, [this](const base::Endpoint& found) { open(found); });
        });
  });
}

void RedisClient::open(const base::Endpoint& endpoint) {
  commands_ = make_connection(endpoint, trying_.host, login());
  messages_ = make_connection(endpoint, trying_.host, login());
}

void RedisClient::on_ready(RedisConnection&) {
  if (!commands_ || !messages_ || !commands_->ready() || !messages_->ready() || health_.up) return;
  if (settings_.mode == RedisSettings::Mode::kSentinel) return check_role();
  listen();
}

// A sentinel may name a master that has just become a replica.
void RedisClient::check_role() {
  commands_->command({"ROLE"}, [this](const RespValue& reply) {
    // An access list may forbid the question; then the sentinel is believed.
    if (!reply.is_error() && reply.text_at(0) != "master")
      return lose(fmt::format("it is no master but a {}", reply.text_at(0)));
    listen();
  });
}

void RedisClient::listen() {
  listening_ = true;
  if (channels_.empty()) return came_up();
  unconfirmed_ = channels_;
  messages_->subscribe({channels_.begin(), channels_.end()});
}

void RedisClient::on_subscribed(std::string_view channel) {
  const auto found = unconfirmed_.find(channel);
  if (found == unconfirmed_.end()) return;
  unconfirmed_.erase(found);
  if (unconfirmed_.empty() && !health_.up) came_up();
}

void RedisClient::came_up() {
  front_.cancel(timer_);
  backoff_ = {};
  next_address_ = 0;
  complained_ = false;
  health_.up = true;
  health_.problem.clear();
  base::log(
      LogLevel::kInfo, "bus", "", "{}: {}{}", health_.connected == 0 ? "on the bus" : "the bus is back",
      settings_.describe(),
      settings_.mode == RedisSettings::Mode::kStandalone ? "" : fmt::format(" ({})", trying_.to_string()));
  ++health_.connected;
  for (Message& message : std::exchange(outbox_, {})) {
    publish(std::move(message.channel), std::move(message.payload), message.until);
  }
}

void RedisClient::on_message(std::string_view channel, std::string_view payload) {
  ++health_.received;
  listener_.on_message(channel, payload);
}

void RedisClient::on_lost(RedisConnection& connection, std::string why) {
  for (auto node = nodes_.begin(); node != nodes_.end(); ++node) {
    if (node->second.get() != &connection) continue;
    base::log(LogLevel::kWarn, "bus", "", "a node of the Redis cluster is lost: {} ({})",
              node->first.to_string(), why);
    discard(std::move(node->second));
    nodes_.erase(node);
    return;
  }
  lose(std::move(why));
}

void RedisClient::lose(std::string why) {
  if (!running_) return;
  health_.problem = fmt::format("{}: {}", trying_.to_string(), why);
  if (!complained_) {
    complained_ = true;
    base::log(LogLevel::kError, "bus", "", "{}: {}; trying again until it is there",
              health_.up ? "the bus is lost" : "the bus cannot be reached", health_.problem);
  }
  health_.up = false;
  ++attempt_;
  drop_connections();
  // All addresses are asked once before anybody waits.
  ++next_address_;
  base::Duration wait{};
  if (next_address_ % settings_.addresses.size() == 0) {
    backoff_ = std::clamp(backoff_ * 2, kFirstBackoff, kLongestBackoff);
    wait = jittered(backoff_);
  }
  front_.cancel(timer_);
  timer_ = front_.schedule(front_.now() + wait, [this] { attempt(); });
}

void RedisClient::drop_connections() {
  for (auto* connection : {&sentinel_, &commands_, &messages_}) {
    if (*connection) discard(std::move(*connection));
  }
  for (auto& [address, connection] : nodes_) discard(std::move(connection));
  nodes_.clear();
  unconfirmed_.clear();
  listening_ = false;
}

// A call of its own may be on the stack: it is destroyed by the next attempt.
void RedisClient::discard(std::unique_ptr<RedisConnection> connection) {
  connection->close();
  gone_.push_back(std::move(connection));
}

std::unique_ptr<RedisConnection> RedisClient::make_connection(const base::Endpoint& to,
                                                              const std::string& host,
                                                              RedisConnection::Login login) {
  RedisConnection::Owner& owner = *this;
  RedisConnection::Security security{
      .tls = tls_, .server_name = settings_.tls_server_name.empty() ? host : settings_.tls_server_name};
  return std::make_unique<RedisConnection>(front_, to, std::move(security), std::move(login), owner);
}

void RedisClient::subscribe(const std::string& channel) {
  channels_.insert(channel);
  if (!listening_) return;
  unconfirmed_.insert(channel);
  messages_->subscribe({channel});
}

void RedisClient::unsubscribe(const std::string& channel) {
  channels_.erase(channel);
  if (listening_) messages_->unsubscribe(channel);
}

void RedisClient::publish(std::string channel, std::string payload, base::TimePoint until) {
  if (until <= front_.now()) {
    ++health_.lost;
    return;
  }
  if (!health_.up) {
    if (outbox_.size() >= kMaxOutbox) {
      outbox_.pop_front();
      ++health_.lost;
    }
    outbox_.push_back({std::move(channel), std::move(payload), until});
    return;
  }
  ++health_.published;
  commands_->command({"PUBLISH", std::move(channel), std::move(payload)}, [this](const RespValue& reply) {
    if (reply.is_error()) lose(fmt::format("it refuses to publish: {}", reply.text));
  });
}

void RedisClient::take_key(std::string key, unsigned seconds, std::function<void(bool)> decided) {
  if (health_.up) send_key(*commands_, key, seconds, std::move(decided), 0);
}

void RedisClient::send_key(RedisConnection& on, const std::string& key, unsigned seconds,
                           std::function<void(bool)> decided, unsigned redirects) {
  on.command({"SET", key, "1", "NX", "EX", std::to_string(seconds)},
             [this, key, seconds, decided = std::move(decided), redirects](const RespValue& reply) {
               if (!reply.is_error()) return decided(reply.kind == RespValue::Kind::kText);
               if (reply.text.starts_with("MOVED ") && redirects < kMaxRedirects)
                 return redirect(reply.text, key, seconds, decided, redirects + 1);
               decided(false);
               lose(fmt::format("it refuses to set a key: {}", reply.text));
             });
}

// "MOVED 3999 127.0.0.1:6381"; an empty host means the one that was asked.
void RedisClient::redirect(std::string_view where, const std::string& key, unsigned seconds,
                           std::function<void(bool)> decided, unsigned redirects) {
  where.remove_prefix(where.rfind(' ') + 1);
  const auto colon = where.rfind(':');
  if (colon == std::string_view::npos) return decided(false);
  const std::string host = colon == 0 ? trying_.host : std::string(where.substr(0, colon));
  const auto address = parse_redis_address(fmt::format("[{}]:{}", host, where.substr(colon + 1)), 0);
  if (!address) return decided(false);
  if (const auto known = nodes_.find(*address); known != nodes_.end())
    return send_key(*known->second, key, seconds, std::move(decided), redirects);
  connect(*address, [this, address = *address, key, seconds, decided = std::move(decided),
                     redirects](const base::Endpoint& endpoint) {
    auto& node = nodes_[address];
    if (!node) node = make_connection(endpoint, address.host, login());
    send_key(*node, key, seconds, decided, redirects);
  });
}

}  // namespace ringback::bus
