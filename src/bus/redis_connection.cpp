#include "bus/redis_connection.h"

#include <fmt/format.h>

#include "net/front.h"

namespace ringback::bus {
namespace {

/// A Redis that says nothing for two of these, the second with a PING open, is gone.
constexpr base::Duration kSilence = std::chrono::seconds(5);
constexpr base::Duration kLoginPatience = std::chrono::seconds(5);

}  // namespace

RedisConnection::RedisConnection(net::Front& front, const base::Endpoint& to, Security security, Login login,
                                 Owner& owner)
    : front_(front), login_(std::move(login)), owner_(owner) {
  net::StreamOptions options;
  options.connect_timeout = kLoginPatience;
  options.write_queue_limit = 8 << 20;
  stream_ = security.tls ? net::Stream::connect_tls(front, to, std::move(security.tls),
                                                    std::move(security.server_name), options, *this)
                         : net::Stream::connect(front, to, options, *this);
}

RedisConnection::~RedisConnection() {
  front_.cancel(timer_);
}

void RedisConnection::on_connected() {
  timer_ = front_.schedule(front_.now() + kLoginPatience, [this] { lose("no answer to the login"); });
  log_in();
}

void RedisConnection::log_in() {
  const auto must_be_good = [this](const RespValue& reply) {
    if (reply.is_error()) lose(fmt::format("the login is refused: {}", reply.text));
  };
  if (!login_.password.empty()) {
    std::vector<std::string> words = {"AUTH"};
    if (!login_.username.empty()) words.push_back(login_.username);
    words.push_back(login_.password);
    send(words, must_be_good);
  }
  if (login_.database != 0) send({"SELECT", std::to_string(login_.database)}, must_be_good);
  // Also shows that it is a Redis, that it has loaded its data, and that it asks for no password.
  send({"PING"}, [this](const RespValue& reply) {
    if (reply.is_error()) return lose(fmt::format("it refuses commands: {}", reply.text));
    logged_in();
  });
}

void RedisConnection::logged_in() {
  ready_ = true;
  front_.cancel(timer_);
  timer_ = front_.schedule(front_.now() + kSilence, [this] { check_alive(); });
  for (auto& [words, answer] : std::exchange(waiting_, {})) send(words, std::move(answer));
  owner_.on_ready(*this);
}

void RedisConnection::command(std::vector<std::string> words, Answer answer) {
  if (lost_) return;
  if (ready_) {
    send(words, std::move(answer));
  } else {
    waiting_.emplace_back(std::move(words), std::move(answer));
  }
}

void RedisConnection::send(const std::vector<std::string>& words, Answer answer) {
  if (lost_) return;
  // A full queue is reported by on_closed().
  stream_->write(encode_command(words));
  answers_.push_back(std::move(answer));
}

void RedisConnection::subscribe(const std::vector<std::string>& channels) {
  if (lost_ || channels.empty()) return;
  listening_ = true;
  std::vector<std::string> words = {"SUBSCRIBE"};
  words.insert(words.end(), channels.begin(), channels.end());
  stream_->write(encode_command(words));
}

void RedisConnection::unsubscribe(const std::string& channel) {
  if (lost_ || !listening_) return;
  const std::string words[] = {"UNSUBSCRIBE", channel};
  stream_->write(encode_command(words));
}

void RedisConnection::check_alive() {
  if (!heard_) return lose("it does not answer any more");
  heard_ = false;
  if (listening_) {
    const std::string ping[] = {"PING"};
    stream_->write(encode_command(ping));
  } else {
    send({"PING"}, [](const RespValue&) {});
  }
  timer_ = front_.schedule(front_.now() + kSilence, [this] { check_alive(); });
}

void RedisConnection::on_data(std::span<const std::uint8_t> bytes) {
  heard_ = true;
  reader_.feed(bytes);
  while (!lost_) {
    const auto value = reader_.next();
    if (!value) break;
    take(*value);
  }
  if (!lost_ && reader_.broken()) lose("it does not speak Redis' protocol");
}

void RedisConnection::take(const RespValue& value) {
  if (listening_ && take_push(value)) return;
  if (answers_.empty()) {
    return lose(value.is_error() ? fmt::format("it refuses to let us listen: {}", value.text)
                                 : "it answers what was not asked");
  }
  const Answer answer = std::move(answers_.front());
  answers_.pop_front();
  answer(value);
}

bool RedisConnection::take_push(const RespValue& value) {
  if (value.kind == RespValue::Kind::kText) return value.text == "PONG";
  const auto kind = value.text_at(0);
  if (kind == "message") {
    owner_.on_message(value.text_at(1), value.text_at(2));
  } else if (kind == "subscribe") {
    owner_.on_subscribed(value.text_at(1));
  } else {
    return kind == "unsubscribe" || kind == "pong";
  }
  return true;
}

void RedisConnection::on_closed(net::StreamError error) {
  lose(error == net::StreamError::kTls ? stream_->detail() : std::string(net::describe(error)));
}

void RedisConnection::close() {
  lost_ = true;
  ready_ = false;
  front_.cancel(timer_);
  stream_.reset();
}

void RedisConnection::lose(std::string why) {
  if (lost_) return;
  close();
  owner_.on_lost(*this, std::move(why));
}

}  // namespace ringback::bus
