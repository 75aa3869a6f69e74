#include "load/far_side.h"

#include <charconv>
#include <future>
#include <utility>
#include <variant>

#include "crypto/random.h"
#include "sdp/sip_profile.h"
#include "sip/uri.h"

namespace ringback::bench {
namespace {

unsigned index_of(std::string_view request_uri) {
  const auto uri = sip::Uri::parse(request_uri);
  if (!uri || uri->user.size() < 4) return 0;
  unsigned index = 0;
  const char* end = uri->user.data() + uri->user.size();
  std::from_chars(end - 4, end, index);
  return index;
}

}  // namespace

base::ErrorOr<std::unique_ptr<FarSide>> FarSide::start(const FarSideOptions& options) {
  std::unique_ptr<FarSide> side(new FarSide(options));
  side->front_ = std::make_unique<net::Front>("far-front");
  auto worker = net::Worker::create({.name = "far-worker"});
  if (!worker) return base::Failure{worker.error()};
  side->worker_ = std::move(*worker);

  sip_transport::Options sockets;
  sockets.udp = base::Endpoint{base::IpAddress::v4({127, 0, 0, 1}), 0};
  sockets.new_requests_per_second = 100'000;
  sockets.new_requests_burst = 100'000;
  auto transport = sip_transport::SipTransport::open(*side->front_, sockets);
  if (!transport) return base::Failure{transport.error()};
  side->transport_ = std::move(*transport);
  side->link_ = side->transport_->attach("b0", *side->worker_, *side);

  sip::Config config;
  config.prefix = "b0";
  config.user_agent = "ringback bench";
  config.local_address = [&transport = *side->transport_](sip::Transport kind, const base::Endpoint& remote) {
    return transport.local_endpoint_for(kind, remote);
  };
  side->agent_ = std::make_unique<sip::UserAgent>(std::move(config), *side->link_, crypto::fill_random);
  side->front_->start();
  side->worker_->start();
  return side;
}

FarSide::~FarSide() {
  if (worker_) {
    on_worker([this] {
      disarm();
      legs_.clear();
      link_.reset();
    });
    worker_->stop();
    worker_->join();
  }
  if (front_) {
    front_->stop();
    front_->join();
  }
}

base::Endpoint FarSide::sip_endpoint() const {
  return transport_->udp_endpoint().value_or(base::Endpoint{});
}

void FarSide::on_worker(const std::function<void()>& task) {
  std::promise<void> done;
  if (!worker_->post([&task, &done] {
        task();
        done.set_value();
      })) {
    return;
  }
  done.get_future().wait();
}

void FarSide::begin_window() {
  on_worker([this] {
    for (const auto& [session, leg] : legs_) leg->begin_window();
  });
}

std::vector<LegReport> FarSide::end_window() {
  std::vector<LegReport> reports;
  on_worker([this, &reports] {
    for (const auto& [session, leg] : legs_) reports.push_back(leg->end_window());
  });
  return reports;
}

void FarSide::on_sip_message(std::string bytes, const sip::Source& source) {
  agent_->receive(worker_->now(), bytes, source);
  settle();
}

void FarSide::on_transport_failed(const sip::Destination& to, std::string why) {
  agent_->transport_failed(worker_->now(), to, why);
  settle();
}

void FarSide::on_timer(base::TimePoint now) {
  agent_->advance(now);
  settle();
}

void FarSide::settle() {
  while (const auto event = agent_->next_event()) {
    if (const auto* invite = std::get_if<sip::IncomingInvite>(&*event)) {
      last_invite_us_ = worker_->read_clock().time_since_epoch().count();
      ++invited_;
      take_call(*invite);
    } else if (std::get_if<sip::Acknowledged>(&*event) != nullptr) {
      ++answered_;
    } else if (const auto* ended = std::get_if<sip::Ended>(&*event)) {
      const auto found = legs_.find(ended->session);
      if (found == legs_.end()) continue;
      by_index_.erase(found->second->index());
      if (const auto other = by_index_.find(found->second->index() ^ 1U); other != by_index_.end()) {
        other->second->set_other(nullptr);
      }
      legs_.erase(found);
      --answered_;
    }
  }
  worker_->timers().arm(*this, agent_->next_deadline());
}

void FarSide::take_call(const sip::IncomingInvite& invite) {
  const base::TimePoint now = worker_->now();
  if (!options_.answer) {
    (void)agent_->reject(now, invite.session, 486);
    return;
  }
  auto leg = Leg::open(*worker_, index_of(invite.request_uri), options_.probe);
  if (!leg) {
    (void)agent_->reject(now, invite.session, 503);
    return;
  }
  sdp::LocalAudio local;
  local.address = base::IpAddress::v4({127, 0, 0, 1});
  local.rtp_port = (*leg)->port();
  local.codecs = {sdp::AudioCodec::kPcmu};
  sdp::SipNegotiation negotiation(local, crypto::random_u32());
  const auto answer = negotiation.receive_offer(invite.sdp);
  if (!answer || !answer->audio.rtp.endpoint()) {
    (void)agent_->reject(now, invite.session, 488);
    return;
  }
  if (!agent_->accept(now, invite.session, answer->text)) return;
  Leg& taken = **leg;
  legs_.emplace(invite.session, std::move(*leg));
  by_index_[taken.index()] = &taken;
  if (const auto other = by_index_.find(taken.index() ^ 1U); other != by_index_.end()) {
    taken.set_other(other->second);
    other->second->set_other(&taken);
  }
  taken.start(*answer->audio.rtp.endpoint());
}

}  // namespace ringback::bench
