#include "phone/phone.h"

#include <pthread.h>
#include <csignal>

#include <cstdio>
#include <future>
#include <string>
#include <utility>

#include "net/front.h"
#include "net/worker.h"
#include "phone/switchboard.h"
#include "sip_transport/sip_transport.h"

namespace ringback::phone {
namespace {

// How long the far sides get to confirm our BYEs when the phone is switched off.
constexpr base::Duration kFarewell = std::chrono::milliseconds(500);
constexpr base::Duration kFarewellCheck = std::chrono::milliseconds(10);

void print(const std::string& line) {
  std::fputs((line + "\n").c_str(), stdout);
  std::fflush(stdout);
}

}  // namespace

/// Members in the order of construction: what comes later uses what comes before.
struct Phone::Threads {
  std::unique_ptr<net::Front> front;
  std::unique_ptr<net::Worker> worker;
  std::unique_ptr<sip_transport::SipTransport> transport;
  std::unique_ptr<Switchboard> switchboard;

  /// Waits on the worker until all calls are gone or the farewell is over, then releases everything there.
  void part(base::TimePoint until, std::promise<void>& parted) {
    if (!switchboard->idle() && worker->now() < until) {
      worker->schedule(worker->now() + kFarewellCheck, [this, until, &parted] { part(until, parted); });
      return;
    }
    switchboard->close();
    parted.set_value();
  }
};

base::ErrorOr<std::unique_ptr<Phone>> Phone::start(const PhoneOptions& options, EventHandler on_event) {
  auto threads = std::make_unique<Threads>();
  threads->front = std::make_unique<net::Front>("phone-front");
  auto worker = net::Worker::create({.name = "phone-worker"});
  if (!worker) return base::Failure{worker.error()};
  threads->worker = std::move(*worker);

  sip_transport::Options sockets;
  sockets.udp = options.listen;
  sockets.tcp = options.listen;
  // A phone that stands in for a whole provider gets all its calls from one address.
  sockets.new_requests_per_second = 5000;
  sockets.new_requests_burst = 5000;
  auto transport = sip_transport::SipTransport::open(*threads->front, sockets);
  if (!transport) return base::Failure{transport.error()};
  threads->transport = std::move(*transport);
  threads->switchboard =
      std::make_unique<Switchboard>(*threads->worker, *threads->transport, options, std::move(on_event));
  threads->front->start();
  threads->worker->start();
  return std::unique_ptr<Phone>(new Phone(std::move(threads)));
}

Phone::Phone(std::unique_ptr<Threads> threads) : threads_(std::move(threads)) {}

Phone::~Phone() {
  std::promise<void> parted;
  Threads& threads = *threads_;
  const bool posted = threads.worker->post([&threads, &parted] {
    threads.switchboard->hang_up_all();
    threads.part(threads.worker->now() + kFarewell, parted);
  });
  if (posted) parted.get_future().wait();
  threads.worker->stop();
  threads.worker->join();
  threads.front->stop();
  threads.front->join();
}

base::Endpoint Phone::sip_endpoint() const {
  return threads_->transport->udp_endpoint().value_or(base::Endpoint{});
}

int run(const PhoneOptions& options) {
  // Before any thread starts, so that all inherit the mask and the signals wait for sigwait() below.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  const bool json = options.json;
  PhoneOptions settings = options;
  settings.measure = options.measure || json;
  auto phone =
      Phone::start(settings, [json](const Event& event) { print(json ? to_json(event) : to_text(event)); });
  if (!phone) {
    std::fprintf(stderr, "ringback phone: %s\n", phone.error().message.c_str());
    return 1;
  }
  Event ready;
  ready.kind = Event::Kind::kReady;
  ready.text = (*phone)->sip_endpoint().to_string();
  print(json ? to_json(ready) : to_text(ready));
  int signal = 0;
  sigwait(&signals, &signal);
  return 0;
}

}  // namespace ringback::phone
