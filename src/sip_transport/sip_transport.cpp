#include "sip_transport/sip_transport.h"

#include <utility>

#include "sip_transport/core.h"

namespace ringback::sip_transport {

class SipTransport::Link final : public WorkerLink {
 public:
  Link(std::shared_ptr<Core> core, std::size_t worker, std::shared_ptr<Core::Route> route)
      : core_(std::move(core)), worker_(worker), route_(std::move(route)) {}
  ~Link() override { route_->receiver = nullptr; }

  void send(std::string_view bytes, const sip::Destination& to) override {
    const bool posted = core_->front().post([core = core_, worker = worker_, message = std::string(bytes),
                                             to]() mutable { core->send(worker, std::move(message), to); });
    if (!posted) core_->report_failure(worker_, to, "the program is overloaded");
  }

 private:
  const std::shared_ptr<Core> core_;
  const std::size_t worker_;
  const std::shared_ptr<Core::Route> route_;
};

base::ErrorOr<std::unique_ptr<SipTransport>> SipTransport::open(net::Front& front, const Options& options) {
  auto core = std::make_shared<Core>(front, options);
  if (const auto opened = core->open(); !opened) {
    core->close();
    return base::Failure{opened.error()};
  }
  return std::unique_ptr<SipTransport>(new SipTransport(std::move(core)));
}

SipTransport::SipTransport(std::shared_ptr<Core> core) : core_(std::move(core)) {}

SipTransport::~SipTransport() {
  core_->close();
}

std::unique_ptr<WorkerLink> SipTransport::attach(std::string prefix, base::Executor& worker,
                                                 Receiver& receiver) {
  auto route = std::make_shared<Core::Route>(receiver);
  const std::size_t index = core_->add_worker(std::move(prefix), worker, route);
  return std::make_unique<Link>(core_, index, std::move(route));
}

base::Endpoint SipTransport::local_endpoint_for(sip::Transport transport,
                                                const base::Endpoint& remote) const {
  return core_->local_endpoint_for(transport, remote);
}

std::optional<base::Endpoint> SipTransport::udp_endpoint() const {
  return core_->udp_endpoint();
}
std::optional<base::Endpoint> SipTransport::tcp_endpoint() const {
  return core_->tcp_endpoint();
}
Counters SipTransport::counters() const {
  return core_->counters();
}

}  // namespace ringback::sip_transport
