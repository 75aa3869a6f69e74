#include "phone/switchboard.h"

#include <utility>
#include <variant>

#include "crypto/random.h"

namespace ringback::phone {
namespace {

constexpr std::string_view kTokenPrefix = "p0";
/// Of a port between two calls: short, so that the load of a benchmark fits into the default range.
constexpr base::Duration kPortRest = std::chrono::seconds(2);

}  // namespace

Switchboard::Switchboard(net::Worker& worker, sip_transport::SipTransport& transport,
                         const PhoneOptions& options, EventHandler on_event)
    : worker_(worker),
      transport_(transport),
      options_(options),
      on_event_(std::move(on_event)),
      ports_(options.rtp_low, options.rtp_high, crypto::random_u32(), kPortRest),
      link_(transport.attach(std::string(kTokenPrefix), worker, *this)) {
  sip::Config config;
  config.prefix = kTokenPrefix;
  config.user_agent = "ringback phone";
  config.local_address = [this](sip::Transport kind, const base::Endpoint& remote) {
    return transport_.local_endpoint_for(kind, remote);
  };
  if (options.credentials) {
    config.authentication = sip::Config::Authentication{
        "ringback phone",
        [credentials = *options.credentials](std::string_view user) -> std::optional<std::string> {
          if (user != credentials.user) return std::nullopt;
          return credentials.password;
        }};
  }
  agent_ = std::make_unique<sip::UserAgent>(std::move(config), *link_, crypto::fill_random);
}

Switchboard::~Switchboard() = default;

base::IpAddress Switchboard::media_address(const sip::Source& caller) const {
  return transport_.local_endpoint_for(caller.transport, caller.remote).address;
}

void Switchboard::on_sip_message(std::string bytes, const sip::Source& source) {
  agent_->receive(worker_.now(), bytes, source);
  settle();
}

void Switchboard::on_transport_failed(const sip::Destination& to, std::string why) {
  agent_->transport_failed(worker_.now(), to, why);
  settle();
}

void Switchboard::on_timer(base::TimePoint now) {
  agent_->advance(now);
  settle();
}

void Switchboard::after(base::Duration delay, sip::SessionId session, std::function<void(Call&)> step) {
  worker_.schedule(worker_.now() + delay, [this, session, step = std::move(step)] {
    if (Call* call = find(session)) {
      step(*call);
      settle();
    }
  });
}

Call* Switchboard::find(sip::SessionId session) {
  const auto found = calls_.find(session);
  return found == calls_.end() ? nullptr : found->second.get();
}

void Switchboard::settle() {
  while (const auto event = agent_->next_event()) handle(*event);
  worker_.timers().arm(*this, agent_->next_deadline());
}

void Switchboard::handle(const sip::Event& event) {
  if (const auto* invite = std::get_if<sip::IncomingInvite>(&event)) {
    if (closing_) {
      (void)agent_->reject(worker_.now(), invite->session, 503);
      return;
    }
    Line& line = *this;
    auto call = std::make_unique<Call>(line, ++last_call_, *invite);
    Call& begun = *call;
    calls_.emplace(invite->session, std::move(call));
    begun.begin();
  } else if (const auto* acknowledged = std::get_if<sip::Acknowledged>(&event)) {
    if (Call* call = find(acknowledged->session)) call->on_acknowledged(*acknowledged);
  } else if (const auto* reinvite = std::get_if<sip::ReinviteOffer>(&event)) {
    if (Call* call = find(reinvite->session)) call->on_reinvite(*reinvite);
  } else if (const auto* info = std::get_if<sip::DtmfInfo>(&event)) {
    if (Call* call = find(info->session)) call->on_info_digit(info->digit);
  } else if (const auto* ended = std::get_if<sip::Ended>(&event)) {
    if (Call* call = find(ended->session)) call->on_ended(*ended);
    calls_.erase(ended->session);
  }
  // The other events belong to calls that we place, and a phone of this kind places none.
}

void Switchboard::hang_up_all() {
  closing_ = true;
  for (const auto& [session, call] : calls_) call->hang_up();
  settle();
}

void Switchboard::close() {
  disarm();
  calls_.clear();
  link_.reset();
}

}  // namespace ringback::phone
