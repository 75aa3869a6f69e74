// A room server alone, for tests with real clients; signalling on loopback only.
//   room_test_server [http port] [first media port] [workers]
// Environment: LIVEKIT_API_KEY and LIVEKIT_API_SECRET (else devkey, secret); ROOM_TEST_TWO_CONNECTIONS: only
// the signalling that uses two peer connections; ROOM_TEST_REMOTE_UNMUTE; ROOM_TEST_DEBUG: log more. Prints
// "listening on <port>" when it serves; ends on end of standard input.

#include <cstdio>
#include <cstdlib>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "net/front.h"
#include "net/worker.h"
#include "room/room_server.h"
#include "webrtc_transport/data_relay.h"
#include "webrtc_transport/media_port.h"

namespace {

using namespace ringback;
using namespace std::chrono_literals;

/// Runs the work on the thread and waits for it.
template <class Work>
void run_on(base::Executor& executor, Work work) {
  std::promise<void> done;
  if (executor.post([&] {
        work();
        done.set_value();
      })) {
    done.get_future().wait();
  }
}

int number(int argc, char** argv, int index, int otherwise) {
  return argc > index ? std::atoi(argv[index]) : otherwise;
}

std::string variable(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : otherwise;
}

int fail(const std::string& message) {
  std::fprintf(stderr, "%s\n", message.c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  const auto http_port = static_cast<std::uint16_t>(number(argc, argv, 1, 7880));
  const auto media_port = static_cast<std::uint16_t>(number(argc, argv, 2, 7882));
  const auto worker_count = static_cast<unsigned>(number(argc, argv, 3, 2));
  base::configure_log(
      std::getenv("ROOM_TEST_DEBUG") != nullptr ? base::LogLevel::kDebug : base::LogLevel::kInfo,
      base::LogFormat::kText);

  auto settings = std::make_shared<room::RoomSettings>();
  settings->api_keys = {{variable("LIVEKIT_API_KEY", "devkey"), variable("LIVEKIT_API_SECRET", "secret")}};
  settings->single_connection = std::getenv("ROOM_TEST_TWO_CONNECTIONS") == nullptr;
  const auto media_address = base::IpAddress::parse(variable("ROOM_TEST_MEDIA_ADDRESS", "0.0.0.0"));
  if (!media_address) return fail("ROOM_TEST_MEDIA_ADDRESS is not an address");
  if (std::getenv("ROOM_TEST_REMOTE_UNMUTE") != nullptr) settings->remote_unmute = true;

  net::Front front;
  std::vector<std::unique_ptr<net::Worker>> workers;
  webrtc_transport::DataRelay data_relay(front);
  std::vector<std::unique_ptr<webrtc_transport::MediaPort>> media_ports;
  auto server = std::make_unique<room::RoomServer>(front, settings);
  std::vector<std::unique_ptr<room::RoomHost>> hosts;
  for (unsigned index = 0; index < worker_count; ++index) {
    auto worker = net::Worker::create({.name = "worker " + std::to_string(index), .index = index});
    if (!worker) return fail(worker.error().message);
    workers.push_back(std::move(*worker));
    auto media = webrtc_transport::MediaPort::open(
        *workers.back(), {.address = *media_address, .port = media_port, .public_addresses = {}},
        &data_relay);
    if (!media) return fail(media.error().message);
    data_relay.add_port(*workers.back(), **media);
    media_ports.push_back(std::move(*media));
    hosts.push_back(room::RoomHost::create(*workers.back(), settings, *media_ports.back()));
    server->add_host(*workers.back(), *hosts.back());
  }
  if (auto listening = server->listen({{base::IpAddress::v4({127, 0, 0, 1}), http_port}}); !listening) {
    return fail(listening.error().message);
  }
  for (auto& worker : workers) worker->start();
  front.start();
  std::printf("listening on %u\n", server->endpoints().front().port);
  std::fflush(stdout);

  while (std::getchar() != EOF) {
  }

  std::promise<void> stopped;
  run_on(front, [&] { server->stop(500ms, [&] { stopped.set_value(); }); });
  for (unsigned index = 0; index < worker_count; ++index) {
    run_on(*workers[index], [&] { hosts[index].reset(); });
    workers[index]->stop();
    workers[index]->join();
  }
  stopped.get_future().wait();
  run_on(front, [&] { server.reset(); });
  front.stop();
  front.join();
  return 0;
}
