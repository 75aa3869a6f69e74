// A room server alone, for tests with real clients: key "devkey", secret "secret", loopback only.
//   room_test_server [http port] [first media port] [workers]
// Prints "listening on <port>" when it serves; ends on end of standard input.

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

int fail(const std::string& message) {
  std::fprintf(stderr, "%s\n", message.c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  const auto http_port = static_cast<std::uint16_t>(number(argc, argv, 1, 7880));
  const auto media_port = static_cast<std::uint16_t>(number(argc, argv, 2, 7882));
  const auto worker_count = static_cast<unsigned>(number(argc, argv, 3, 2));
  base::configure_log(std::getenv("ROOM_TEST_DEBUG") != nullptr ? base::LogLevel::kDebug : base::LogLevel::kInfo,
                      base::LogFormat::kText);

  auto settings = std::make_shared<room::RoomSettings>();
  settings->api_keys = {{"devkey", "secret"}};
  settings->media_port = media_port;
  settings->media_address = base::IpAddress::v4({127, 0, 0, 1});
  if (const char* address = std::getenv("ROOM_TEST_MEDIA_ADDRESS")) {
    if (const auto parsed = base::IpAddress::parse(address)) settings->media_address = *parsed;
  }
  if (std::getenv("ROOM_TEST_REMOTE_UNMUTE") != nullptr) settings->remote_unmute = true;

  net::Front front;
  auto server = std::make_unique<room::RoomServer>(front, settings);
  std::vector<std::unique_ptr<net::Worker>> workers;
  std::vector<std::unique_ptr<room::RoomHost>> hosts;
  for (unsigned index = 0; index < worker_count; ++index) {
    auto worker = net::Worker::create({.name = "worker " + std::to_string(index), .index = index});
    if (!worker) return fail(worker.error().message);
    workers.push_back(std::move(*worker));
    auto host = room::RoomHost::create(*workers.back(), settings, &server->data_links());
    if (!host) return fail(host.error().message);
    hosts.push_back(std::move(*host));
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
