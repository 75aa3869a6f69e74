#include "app/server.h"

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "app/version.h"
#include "base/log.h"
#include "bridge/bus_service.h"
#include "bridge/embedded_session.h"
#include "bridge/remote_session.h"
#include "bridge/sip_api.h"
#include "bridge/sip_service.h"
#include "client/websocket_dialer.h"
#include "dialer/call_api.h"
#include "dialer/livekit_call_service.h"
#include "dialer/service_status.h"
#include "http/client.h"
#include "http/cors.h"
#include "http/proxy.h"
#include "http/router.h"
#include "http/server.h"
#include "http/static_files.h"
#include "net/clock.h"
#include "net/front.h"
#include "net/resolver.h"
#include "net/worker.h"
#include "room/room_host.h"
#include "room/room_server.h"
#include "room/webhook_sender.h"
#include "sip_transport/sip_transport.h"
#include "store/database_url.h"
#include "store/store.h"
#include "webrtc_transport/data_relay.h"
#include "webrtc_transport/media_port.h"

namespace ringback::app {
namespace {

using base::LogLevel;

// Together below the three seconds within which Ctrl-C must be done.
constexpr base::Duration kCallGrace = std::chrono::milliseconds(1500);
// Where everything is started at once, the database may come a little later.
constexpr base::Duration kDatabasePatience = std::chrono::seconds(10);
constexpr base::Duration kFrontPatience = std::chrono::seconds(5);
constexpr base::Duration kConnectionGrace = std::chrono::milliseconds(500);

// The API's own limit (64 KiB) answers with its error object; only what is far beyond meets the server's
// plain 413.
constexpr std::size_t kHttpBodyLimit = 8 * 1024 * 1024;

base::IpAddress any_v4() {
  return base::IpAddress::v4({0, 0, 0, 0});
}

base::IpAddress bind_address(const Config& config) {
  return config.bind_address.empty() ? any_v4() : config.bind_address;
}

/// The built page: WEB_DIR, else where it lies beside the program in the source tree or when installed.
std::optional<std::string> find_web_dir(const Config& config) {
  if (!config.web_dir.empty()) return config.web_dir;
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  const auto folder = program.parent_path();
  for (const auto& candidate : {folder / "../../web/dist", folder / "../share/ringback/web"}) {
    if (std::filesystem::exists(candidate / "index.html", error))
      return candidate.lexically_normal().string();
  }
  return std::nullopt;
}

std::string describe_trunk(const bridge::Trunk& trunk) {
  std::string text = fmt::format("{} ({})", trunk.address(), trunk.id);
  if (!trunk.numbers.empty()) text += fmt::format(", calls as {}", base::Masked::mask(trunk.numbers.front()));
  text += trunk.username.empty() ? ", without credentials"
                                 : fmt::format(", as user {}", base::Masked::mask(trunk.username));
  return text;
}

}  // namespace

/// Everything that runs, in the order of construction; destruction is the reverse, after the threads have
/// joined.
struct Server::Parts {
  Config config;
  std::unique_ptr<net::Front> front;
  std::vector<std::unique_ptr<net::Worker>> workers;
  std::unique_ptr<store::Store> store;  // posts its results to the threads above
  std::unique_ptr<net::Resolver> resolver;
  std::unique_ptr<http::Client> client;
  std::unique_ptr<room::WebhookSender> webhooks;
  std::unique_ptr<webrtc_transport::DataRelay> data_relay;
  webrtc_transport::Outlets outlets;
  std::vector<std::unique_ptr<webrtc_transport::MediaPort>> media_ports;
  std::unique_ptr<room::RoomServer> rooms;
  std::vector<std::unique_ptr<room::RoomHost>> hosts;
  std::unique_ptr<sip_transport::SipTransport> sip;
  std::vector<std::unique_ptr<bridge::RoomDoor>> doors;  // by worker
  std::unique_ptr<bridge::CallService> calls;
  bridge::SipService* own_calls = nullptr;  // null: a LiveKit server's SIP service places them
  std::unique_ptr<bridge::SipApi> sip_api;
  std::unique_ptr<bridge::BusService> bus;
  std::unique_ptr<dialer::CallApi> api;
  std::unique_ptr<dialer::ServiceStatus> status;
  http::Router router;
  std::optional<http::StaticFiles> page;
  std::unique_ptr<http::Server> http;
  bool running = false;

  base::ErrorOr<> open_store();
  base::ErrorOr<> open_media();
  base::ErrorOr<> open_rooms();
  base::ErrorOr<> open_doors();
  base::ErrorOr<> open_sip();
  base::ErrorOr<> open_client();
  base::ErrorOr<> open_livekit_sip();
  base::ErrorOr<> open_http();
  void run();
  void stop();
  /// Runs the function on the front and waits until it has called its argument, at most `limit`.
  void on_front(const std::function<void(base::Task)>& function, base::Duration limit);
};

base::ErrorOr<> Server::Parts::open_store() {
  std::error_code error;
  std::filesystem::create_directories(config.data_dir, error);
  if (error)
    return base::fail(fmt::format("DATA_DIR {} cannot be made: {}", config.data_dir, error.message()));
  auto opened = store::Store::open(config.database_url, {.queue_capacity = 10000,
                                                         .wall_clock = net::wall_millis,
                                                         .node = config.node_id,
                                                         .spool_path = config.data_dir + "/ringback.spool",
                                                         .patience = kDatabasePatience});
  if (!opened) return base::fail(fmt::format("the database cannot be opened: {}", opened.error().message));
  store = std::move(*opened);
  const auto closed = store->close_interrupted();
  if (!closed) return base::fail(fmt::format("the database cannot be read: {}", closed.error().message));
  if (*closed > 0) {
    base::log(LogLevel::kWarn, "store", "",
              "{} call(s) had been cut off when ringback stopped: closed as interrupted", *closed);
  }
  return {};
}

base::ErrorOr<> Server::Parts::open_media() {
  data_relay = std::make_unique<webrtc_transport::DataRelay>(*front);
  webrtc_transport::MediaPort::Options options;
  options.address = bind_address(config);
  options.port = config.room_udp_port;
  outlets = {.front = front.get(), .resolver = resolver.get()};
  options.outlets = &outlets;
  if (!config.livekit_url.empty()) {
    auto tls = net::TlsClient::create({});
    if (!tls) return base::Failure{tls.error()};
    outlets.tls = std::move(*tls);
  }
  if (!config.public_address.empty()) options.public_addresses = {config.public_address};
  for (auto& worker : workers) {
    auto port = webrtc_transport::MediaPort::open(*worker, options, data_relay.get());
    if (!port) {
      return base::fail(
          fmt::format("room media: {} (set ROOM_UDP_PORT to another one)", port.error().message));
    }
    data_relay->add_port(*worker, **port);
    media_ports.push_back(std::move(*port));
  }
  return {};
}

base::ErrorOr<> Server::Parts::open_rooms() {
  auto settings = std::make_shared<room::RoomSettings>();
  settings->api_keys = {{config.api_key, config.api_secret}};
  if (!config.webhook_urls.empty()) {
    webhooks = std::make_unique<room::WebhookSender>(
        *front, *client,
        room::WebhookSender::Options{.urls = config.webhook_urls, .key = settings->api_keys.front()});
    settings->on_event = [this](livekit::WebhookEvent event) {
      // A front that refuses work has worse troubles, and says so itself.
      static_cast<void>(
          front->post([this, event = std::move(event)]() mutable { webhooks->send(std::move(event)); }));
    };
  }
  rooms = std::make_unique<room::RoomServer>(*front, settings);
  for (std::size_t i = 0; i < workers.size(); ++i) {
    hosts.push_back(room::RoomHost::create(*workers[i], settings, *media_ports[i]));
    rooms->add_host(*workers[i], *hosts.back());
  }
  return {};
}

base::ErrorOr<> Server::Parts::open_doors() {
  for (std::size_t i = 0; i < workers.size(); ++i) {
    if (config.livekit_url.empty()) {
      doors.push_back(std::make_unique<bridge::EmbeddedDoor>(*hosts[i]));
      continue;
    }
    doors.push_back(std::make_unique<bridge::RemoteDoor>(
        *media_ports[i],
        [this, &worker = *workers[i]](const std::string& url) {
          return std::make_shared<client::WebSocketDialer>(*front, *client, worker, url);
        },
        bridge::RemoteDoor::Options{.url = config.livekit_url,
                                    .key = {config.api_key, config.api_secret},
                                    .client_version = std::string(kVersion)}));
  }
  return {};
}

base::ErrorOr<> Server::Parts::open_sip() {
  sip_transport::Options options;
  options.udp = base::Endpoint{bind_address(config), config.sip_port};
  options.tcp = options.udp;
  if (!config.public_address.empty()) options.public_address = config.public_address;
  auto transport = sip_transport::SipTransport::open(*front, options);
  if (!transport)
    return base::fail(
        fmt::format("SIP service: {} (set SIP_PORT to another one)", transport.error().message));
  sip = std::move(*transport);

  auto trunks = bridge::TrunkBook::open(config.trunks, *store);
  if (!trunks) return base::Failure{trunks.error()};
  std::vector<bridge::SipService::Place> places;
  for (std::size_t i = 0; i < workers.size(); ++i) places.push_back({workers[i].get(), doors[i].get()});
  auto own = std::make_unique<bridge::SipService>(
      *front, std::move(places), *sip, *resolver, std::move(*trunks),
      bridge::SipService::Options{.settings = config.sip,
                                  .bind = config.bind_address,
                                  .user_agent = fmt::format("ringback/{}", kVersion)});
  own_calls = own.get();
  calls = std::move(own);
  sip_api = std::make_unique<bridge::SipApi>(*front, *own_calls);
  if (config.bus) {
    auto tls = bus::make_tls_client(config.bus->redis);
    if (!tls) return base::fail(fmt::format("REDIS_URL: {}", tls.error().message));
    config.bus->tls = std::move(*tls);
    bus = std::make_unique<bridge::BusService>(
        *front, *resolver, *own_calls, *config.bus,
        [this](const std::string& room, std::size_t coming) { return own_calls->load(room, coming); });
  }
  rooms->add_twirp_service("SIP", [this](room::TwirpCall call, room::TwirpReply reply) {
    const std::string path = "/twirp/livekit.SIP/" + call.route.method;
    auto shared = std::make_shared<room::TwirpReply>(std::move(reply));
    sip_api->handle({.method = call.route.method,
                     .path = path,
                     .body = call.body,
                     .format = call.route.format,
                     .claims = call.claims.value_or(livekit::Claims{}),
                     .deadline = call.deadline},
                    [shared](livekit::TwirpResult<std::string> result) {
                      if (result) return shared->succeed(std::move(*result));
                      shared->fail(result.error());
                    });
  });
  return {};
}

base::ErrorOr<> Server::Parts::open_client() {
  resolver = std::make_unique<net::Resolver>(*front, net::Resolver::Options{});
  http::ClientOptions options;
  options.proxies =
      http::ProxySettings::from_environment([](const std::string& name) -> std::optional<std::string> {
        const char* const value = std::getenv(name.c_str());
        return value == nullptr ? std::nullopt : std::optional<std::string>(value);
      });
  auto made = http::Client::create(*front, *resolver, std::move(options));
  if (!made) return base::Failure{made.error()};
  client = std::move(*made);
  return {};
}

base::ErrorOr<> Server::Parts::open_livekit_sip() {
  auto service = std::make_unique<dialer::LiveKitCallService>(*front, *client, *store, *config.livekit_sip);
  service->mount(router);
  calls = std::move(service);
  return {};
}

base::ErrorOr<> Server::Parts::open_http() {
  api = std::make_unique<dialer::CallApi>(
      *front, *calls, *store,
      dialer::CallApi::Options{.room_key = {config.api_key, config.api_secret},
                               .room_url = config.room_url,
                               .default_region = config.default_region,
                               .number_check = config.number_check,
                               .api_keys = config.api_keys,
                               .node = config.node_id});
  api->mount(router);

  dialer::ServiceStatus::Parts parts{*front, {},      {}, *calls, sip.get(), bus ? &bus->bus() : nullptr,
                                     *store, kVersion};
  for (const auto& worker : workers) parts.workers.push_back(worker.get());
  for (const auto& host : hosts) parts.rooms.push_back(host.get());
  status = std::make_unique<dialer::ServiceStatus>(std::move(parts));
  status->mount(router);

  if (const auto folder = find_web_dir(config)) {
    auto files = http::StaticFiles::load(*folder);
    if (!files) return base::fail(fmt::format("the web page cannot be read: {}", files.error().message));
    page.emplace(std::move(*files));
    router.set_fallback([this](http::Request request, http::Responder responder) {
      if (auto file = page->serve(request)) return responder.respond(std::move(*file));
      responder.respond(http::not_found());
    });
  } else {
    base::log(LogLevel::kWarn, "http", "",
              "the web page has not been built; ./run builds it, WEB_DIR names its folder");
  }

  http::CorsPolicy cors;
  cors.origins = config.cors_origins;
  if (cors.origins.empty())
    cors.origins = {"http://localhost:*", "http://127.0.0.1:*", "https://localhost:*"};
  http::ServerOptions options;
  options.addresses = {{*base::IpAddress::parse(config.http_bind), config.http_port}};
  options.limits.body_bytes = kHttpBodyLimit;
  auto server = http::Server::listen(
      *front, options,
      http::with_cors(std::move(cors), [this](http::Request request, http::Responder responder) {
        router.handle(std::move(request), std::move(responder));
      }));
  if (!server)
    return base::fail(fmt::format("dialer API: {} (set PORT to another one)", server.error().message));
  http = std::move(*server);
  if (rooms == nullptr || !config.livekit_url.empty()) return {};
  if (auto listening = rooms->listen({{bind_address(config), config.room_port}}); !listening) {
    return base::fail(
        fmt::format("room server: {} (set ROOM_PORT to another one)", listening.error().message));
  }
  return {};
}

void Server::Parts::run() {
  for (auto& worker : workers) worker->start();
  front->start();
  running = true;
  on_front(
      [this](base::Task done) {
        status->start();
        api->start();
        if (bus) bus->start();
        done();
      },
      kFrontPatience);
}

void Server::Parts::on_front(const std::function<void(base::Task)>& function, base::Duration limit) {
  // Kept alive by whoever finishes last: the task may complete after the wait was given up.
  auto finished = std::make_shared<std::promise<void>>();
  const bool posted = front->post([function, finished] { function([finished] { finished->set_value(); }); });
  if (!posted || finished->get_future().wait_for(limit) != std::future_status::ready) {
    base::log(LogLevel::kError, "server", "", "the front thread does not answer");
  }
}

void Server::Parts::stop() {
  if (!running) return;
  running = false;
  on_front([this](base::Task done) { calls->shut_down(kCallGrace, std::move(done)); },
           kCallGrace + std::chrono::milliseconds(200));
  for (std::size_t i = 0; i < workers.size(); ++i) {
    const bool posted = workers[i]->post([host = hosts[i].get()] { host->shut_down(); });
    if (!posted) base::log(LogLevel::kError, "room", "", "worker {} is too busy to close its rooms", i);
  }
  on_front(
      [this](base::Task done) {
        status->stop();
        api->stop();
        if (bus) bus->stop();
        http->stop(kConnectionGrace, std::move(done));
      },
      kConnectionGrace + std::chrono::milliseconds(200));
  if (rooms) {
    on_front([this](base::Task done) { rooms->stop(kConnectionGrace, std::move(done)); },
             kConnectionGrace + std::chrono::milliseconds(200));
  }
  for (auto& worker : workers) worker->stop();
  for (auto& worker : workers) worker->join();
  front->stop();
  front->join();
}

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Server::~Server() {
  stop();
}

void Server::drain() {
  parts_->on_front(
      [this](base::Task done) {
        parts_->calls->drain();
        done();
      },
      kFrontPatience);
}

std::size_t Server::live_calls() const {
  // Shared with the task, which may come after the wait was given up: then the calls count as live.
  auto count = std::make_shared<std::atomic<std::size_t>>(1);
  parts_->on_front(
      [this, count](base::Task done) {
        *count = parts_->calls->counters().live + (parts_->bus ? parts_->bus->bus().claims() : 0);
        done();
      },
      kFrontPatience);
  return *count;
}

void Server::stop() {
  parts_->stop();
}

base::ErrorOr<std::unique_ptr<Server>> Server::start(const Config& config) {
  auto parts = std::make_unique<Parts>();
  parts->config = config;
  parts->front = std::make_unique<net::Front>("front");
  // Media is somebody else's matter where a LiveKit server's SIP service dials: no worker, no room, no trunk.
  const unsigned workers = config.livekit_sip ? 0 : config.workers;
  for (unsigned i = 0; i < workers; ++i) {
    auto worker = net::Worker::create({.name = fmt::format("worker {}", i), .index = i});
    if (!worker) return base::Failure{worker.error()};
    parts->workers.push_back(std::move(*worker));
  }
  using Steps = std::vector<base::ErrorOr<> (Parts::*)()>;
  const Steps steps =
      config.livekit_sip
          ? Steps{&Parts::open_store, &Parts::open_client, &Parts::open_livekit_sip, &Parts::open_http}
          : Steps{&Parts::open_store, &Parts::open_client, &Parts::open_media, &Parts::open_rooms,
                  &Parts::open_doors, &Parts::open_sip,    &Parts::open_http};
  for (const auto step : steps) {
    if (auto opened = ((*parts).*step)(); !opened) return base::Failure{opened.error()};
  }
  parts->run();
  return std::unique_ptr<Server>(new Server(std::move(parts)));
}

std::string Server::describe() const {
  const Config& config = parts_->config;
  const auto host = [](const std::string& bind) {
    return bind == "127.0.0.1" || bind == "0.0.0.0" || bind == "::1" ? std::string("localhost") : bind;
  };
  const std::string site = fmt::format("http://{}:{}", host(config.http_bind), config.http_port);
  std::string text = fmt::format("ringback {} is ready\n", kVersion);
  const auto line = [&text](std::string_view name, const std::string& value) {
    text += fmt::format("  {:<12} {}\n", name, value);
  };
  const std::string data =
      fmt::format("{} (node {})", store::without_password(config.database_url), config.node_id);
  line("page", parts_->page ? site + "/" : "not built");
  line("API", site + "/api/livekit/call");
  if (config.livekit_sip) {
    line("room server", fmt::format("{} (a LiveKit server)", config.livekit_sip->room_url));
    line("SIP", fmt::format("the SIP service of {}; webhooks may come to {}/api/livekit/webhook",
                            config.livekit_sip->sip_url, site));
    line("data", data);
    return text;
  }
  line("room server", fmt::format("{} ({}; media on UDP {}-{})", config.room_url,
                                  config.livekit_url.empty() ? "embedded" : "LIVEKIT_URL",
                                  config.room_udp_port, config.room_udp_port + config.workers - 1));
  line("SIP", fmt::format("{}:{} (UDP and TCP; audio on UDP {}-{})", bind_address(config).to_string(),
                          config.sip_port, config.sip.rtp_first, config.sip.rtp_last));
  if (config.bus) line("bus", config.bus->redis.describe());
  line("data", data);
  const bridge::Trunk* trunk = parts_->own_calls->trunks().preferred();
  if (trunk != nullptr) {
    line("trunk", describe_trunk(*trunk));
  } else if (config.bus) {
    line("trunk", "those of the LiveKit server; calls of the API need one of ringback's own (SIP_TRUNK_URI)");
  } else {
    line("trunk", "none: no phone can be reached yet. Put these lines into .env and start again,");
    text +=
        "               or try ./run --demo:\n"
        "                 SIP_TRUNK_URI=sip:<your provider's host>\n"
        "                 SIP_TRUNK_USERNAME=<user name>\n"
        "                 SIP_TRUNK_PASSWORD=<password>\n";
  }
  return text;
}

}  // namespace ringback::app
