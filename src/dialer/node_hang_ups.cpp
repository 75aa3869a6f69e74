#include "dialer/node_hang_ups.h"

#include <utility>

#include "base/log.h"
#include "bridge/call_service.h"
#include "dialer/api_error.h"
#include "dialer/call_view.h"
#include "net/front.h"
#include "store/store.h"

namespace ringback::dialer {
namespace {

// What a hang-up from another node waits for on average is half of it; each look is one small query.
constexpr base::Duration kLookInterval = std::chrono::milliseconds(500);
constexpr base::Duration kFollowInterval = std::chrono::milliseconds(250);
// Far above what a living node needs, and below the time after which the others take a node for dead.
constexpr base::Duration kPatience = std::chrono::seconds(10);
constexpr const char* kQueueFull = "its queue is full";

}  // namespace

void NodeHangUps::start() {
  if (!store_.shared()) return;
  running_ = true;
  look();
}

void NodeHangUps::stop() {
  running_ = false;
  front_.cancel(timer_);
}

void NodeHangUps::look() {
  // The next look waits for the answer, so that a slow database gets no queue of them.
  const bool queued =
      store_.take_hang_ups(front_, [this](const base::ErrorOr<std::vector<store::CallId>>& calls) {
        if (!running_) return;
        // A database that is away is told of by the store itself.
        if (calls) hang_up(*calls);
        look_later();
      });
  if (!queued) look_later();
}

void NodeHangUps::look_later() {
  timer_ = front_.schedule(front_.now() + kLookInterval, [this] { look(); });
}

void NodeHangUps::hang_up(const std::vector<store::CallId>& calls) {
  for (const store::CallId& call : calls) {
    base::log(base::LogLevel::kInfo, "call", call.str(), "another node asks to hang up");
    // A call that has ended meanwhile needs nothing: its row says so.
    static_cast<void>(service_.hang_up(bridge::CallId(call.str()), bridge::CallCause::kUserHungUp));
  }
}

void NodeHangUps::ask(const store::CallRow& call, http::Responder responder) {
  auto asked =
      std::make_shared<Asked>(Asked{call.id, call.node, front_.now() + kPatience, std::move(responder)});
  const store::CallId minted = call.minted_id.empty() ? call.id : call.minted_id;
  const bool queued =
      store_.ask_hang_up(minted, call.node, front_, [this, asked](const base::ErrorOr<bool>& left) {
        if (!left) return asked->responder.respond(to_response(store_failed(left.error().message)));
        // A node that nobody knows any more will not come and look: only the row as it is now can answer.
        if (!*left) asked->until = front_.now();
        follow(asked);
      });
  if (!queued) asked->responder.respond(to_response(store_failed(kQueueFull)));
}

void NodeHangUps::follow(const std::shared_ptr<Asked>& asked) {
  const bool queued = store_.get_call(
      asked->id, front_,
      [this, asked](base::ErrorOr<std::optional<store::CallRow>> row) { followed(asked, std::move(row)); });
  if (!queued) asked->responder.respond(to_response(store_failed(kQueueFull)));
}

void NodeHangUps::followed(const std::shared_ptr<Asked>& asked,
                           base::ErrorOr<std::optional<store::CallRow>> row) {
  http::Responder& responder = asked->responder;
  if (!row) return responder.respond(to_response(store_failed(row.error().message)));
  if (!*row) return responder.respond(to_response(call_not_found(asked->id.str())));
  if (is_final((*row)->status)) return responder.respond(http::Response::json(200, call_json(**row)));
  if (front_.now() >= asked->until)
    return responder.respond(to_response(node_silent(asked->id.str(), asked->node)));
  front_.schedule(front_.now() + kFollowInterval, [this, asked] { follow(asked); });
}

}  // namespace ringback::dialer
