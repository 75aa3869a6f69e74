#include "store/heartbeat.h"

#include <algorithm>
#include <random>
#include <utility>

#include <fmt/format.h>

#include "base/log.h"
#include "store/statement.h"

namespace ringback::store {
namespace {

using base::LogLevel;

constexpr int kSilentBeats = 5;

std::string random_name() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}", random(), random());
}

}  // namespace

Heartbeat::Heartbeat(std::string node, base::Duration interval)
    : node_(std::move(node)),
      interval_(interval),
      incarnation_(random_name()),
      peers_(node_, interval, kSilentBeats * interval) {}

void Heartbeat::follow(const WrittenCall& call) {
  if (is_final(call.status)) {
    live_calls_.erase(call.id.str());
  } else {
    live_calls_[call.id.str()] = call.status;
  }
}

Outcome<std::size_t> Heartbeat::begin(Database& database, base::WallMillis wall) {
  auto closed = database.close_own_rows(wall);
  if (!closed || node_.empty()) return closed;
  if (const auto registered = database.register_node(incarnation_, wall); !registered)
    return pass_on(registered);
  begun_ = true;
  return closed;
}

Outcome<> Heartbeat::beat(Database& database, base::TimePoint now, base::WallMillis wall) {
  if (!begun_ || (!database.shared() && live_calls_.empty())) return {};
  const auto beaten = database.beat(incarnation_, wall);
  if (!beaten) return pass_on(beaten);
  if (!*beaten) {
    if (auto back = come_back(database, wall); !back) return back;
  }
  return database.shared() ? watch_peers(database, now, wall) : Outcome<>();
}

Outcome<> Heartbeat::come_back(Database& database, base::WallMillis wall) {
  const auto nodes = database.list_nodes();
  if (!nodes) return pass_on(nodes);
  const bool doubled = std::any_of(nodes->begin(), nodes->end(),
                                   [this](const NodeBeat& other) { return other.node == node_; });
  if (doubled) {
    base::log(LogLevel::kError, "store", "",
              "another ringback uses this database as node {} too: give each a NODE_ID of its own", node_);
  } else {
    base::log(LogLevel::kWarn, "store", "",
              "the other nodes had taken this one for dead; the rows of its {} live call(s) are put right",
              live_calls_.size());
  }
  if (const auto registered = database.register_node(incarnation_, wall); !registered) return registered;
  for (const auto& [id, status] : live_calls_) {
    if (auto resumed = database.resume_call(CallId(id), status, wall); !resumed) return resumed;
  }
  return {};
}

Outcome<> Heartbeat::watch_peers(Database& database, base::TimePoint now, base::WallMillis wall) {
  const auto nodes = database.list_nodes();
  if (!nodes) return pass_on(nodes);
  for (const NodeBeat& dead : peers_.observe(now, *nodes)) {
    const auto closed = database.close_rows_of(dead, wall);
    if (!closed) return pass_on(closed);
    if (!*closed) continue;
    base::log(LogLevel::kWarn, "store", "", "node {} has died: {} call(s) of it closed as interrupted",
              dead.node, **closed);
  }
  return {};
}

void Heartbeat::end(Database& database) {
  if (!std::exchange(begun_, false)) return;
  // When this fails, the others take the node for dead, which closes nothing that is over.
  [[maybe_unused]] const auto forgotten = database.forget_node(incarnation_);
}

}  // namespace ringback::store
