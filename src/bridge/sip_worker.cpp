#include "bridge/sip_worker.h"

#include <fmt/format.h>

#include "base/log.h"
#include "crypto/random.h"
#include "net/worker.h"

namespace ringback::bridge {

SipWorker::SipWorker(net::Worker& worker, RoomDoor& rooms, sip_transport::SipTransport& transport,
                     Options options)
    : worker_(worker),
      rooms_(rooms),
      transport_(transport),
      options_(std::move(options)),
      ports_(options_.rtp_first, options_.rtp_last, crypto::random_u32()) {
  sip::Config config;
  config.prefix = fmt::format("w{}", worker.index());
  config.user_agent = options_.user_agent;
  config.local_address = [&transport](sip::Transport by, const base::Endpoint& remote) {
    return transport.local_endpoint_for(by, remote);
  };
  config.no_response_timeout = options_.settings->no_response_timeout;
  link_ = transport.attach(config.prefix, worker, *this);
  agent_ = std::make_unique<sip::UserAgent>(std::move(config), *link_,
                                            [](std::span<std::uint8_t> out) { crypto::fill_random(out); });
}

SipWorker::~SipWorker() = default;

void SipWorker::dial(DialRequest request, std::vector<sip::Destination> targets) {
  const CallId id = request.call_id;
  Environment& environment = *this;
  auto leg = std::make_unique<CallLeg>(environment, std::move(request), std::move(targets));
  CallLeg& started = *leg;
  legs_.emplace(id, std::move(leg));
  started.start();
}

void SipWorker::hang_up(const CallId& call, CallCause cause) {
  const auto found = legs_.find(call);
  if (found != legs_.end()) found->second->hang_up(cause);
}

void SipWorker::hang_up_all(CallCause cause) {
  std::vector<CallId> calls;
  calls.reserve(legs_.size());
  for (const auto& [id, leg] : legs_) calls.push_back(id);
  for (const auto& id : calls) hang_up(id, cause);
}

void SipWorker::on_sip_message(std::string bytes, const sip::Source& source) {
  agent_->receive(worker_.now(), bytes, source);
  drain();
}

void SipWorker::on_transport_failed(const sip::Destination& to, std::string why) {
  agent_->transport_failed(worker_.now(), to, why);
  drain();
}

void SipWorker::agent_used() {
  if (!draining_) worker_.timers().arm(wakeup_, worker_.now());
}

void SipWorker::wake(base::TimePoint now) {
  finished_.clear();
  agent_->advance(now);
  drain();
}

void SipWorker::drain() {
  draining_ = true;
  while (const auto event = agent_->next_event()) {
    if (const auto* incoming = std::get_if<sip::IncomingInvite>(&*event)) {
      refuse(*incoming);
      continue;
    }
    const auto session = std::visit([](const auto& what) { return what.session; }, *event);
    const auto leg = by_session_.find(static_cast<std::uint64_t>(session));
    if (leg != by_session_.end()) leg->second->on_sip(*event);
  }
  draining_ = false;
  worker_.timers().arm(wakeup_, finished_.empty() ? agent_->next_deadline() : worker_.now());
}

void SipWorker::refuse(const sip::IncomingInvite& call) {
  base::log(base::LogLevel::kWarn, "sip", call.call_id,
            "a call from {} is refused: this version takes no inbound calls", call.source.remote.to_string());
  // Fails only when the caller has given up meanwhile.
  (void)agent_->reject(worker_.now(), call.session, 404, "No Inbound Calls").ok();
}

base::ErrorOr<std::unique_ptr<AudioPath>> SipWorker::open_audio(const base::IpAddress& peer,
                                                                const AudioPath::Settings& settings,
                                                                AudioPath::Listener& listener) {
  const auto announced = transport_.local_endpoint_for(sip::Transport::kUdp, {peer, 5060}).address;
  const auto any = peer.is_v6() ? base::IpAddress::v6({}) : base::IpAddress::v4({});
  return AudioPath::open(worker_, ports_, options_.bind.empty() ? any : options_.bind, announced, settings,
                         listener);
}

void SipWorker::session_is(CallLeg& leg, sip::SessionId session) {
  std::erase_if(by_session_, [&leg](const auto& entry) { return entry.second == &leg; });
  by_session_[static_cast<std::uint64_t>(session)] = &leg;
}

void SipWorker::finished(CallLeg& leg) {
  by_session_.erase(static_cast<std::uint64_t>(leg.session()));
  const auto found = legs_.find(leg.id());
  if (found == legs_.end()) return;
  finished_.push_back(std::move(found->second));
  legs_.erase(found);
  agent_used();
}

}  // namespace ringback::bridge
