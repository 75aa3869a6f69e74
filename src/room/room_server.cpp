#include "room/room_server.h"

#include <algorithm>

#include "base/log.h"
#include "http/cors.h"
#include "http/router.h"
#include "http/server.h"
#include "net/clock.h"
#include "net/front.h"
#include "room/room_service.h"
#include "room/websocket_link.h"

namespace ringback::room {
namespace {

/// A join request carries an SDP and a token in its query.
constexpr std::size_t kMaxHeader = 64 * 1024;
constexpr std::size_t kMaxBody = 4 * 1024 * 1024;

}  // namespace

void TwirpReply::succeed(std::string encoded) {
  http::Response response;
  response.headers.add("Content-Type", std::string(livekit::content_type_of(format_)));
  response.body = std::move(encoded);
  responder_.respond(std::move(response));
}

void TwirpReply::fail(const livekit::TwirpError& error) {
  responder_.respond(http::Response::json(livekit::http_status_of(error.code), livekit::encode(error)));
}

RoomServer::RoomServer(net::Front& front, std::shared_ptr<const RoomSettings> settings)
    : front_(front), settings_(std::move(settings)) {}

RoomServer::~RoomServer() = default;

void RoomServer::add_host(base::Executor& executor, RoomHost& host) {
  hosts_.emplace_back(executor, host);
}

void RoomServer::add_twirp_service(std::string name, TwirpService service) {
  services_.emplace_back(std::move(name), std::move(service));
}

base::ErrorOr<> RoomServer::listen(const std::vector<base::Endpoint>& addresses) {
  add_twirp_service("RoomService", room_service(hosts_, *settings_, front_));
  add_twirp_service("Egress", empty_list_service<livekit::EmptyEgressList>("ListEgress"));
  add_twirp_service("Ingress", empty_list_service<livekit::EmptyIngressList>("ListIngress"));
  add_twirp_service("AgentDispatchService", empty_list_service<livekit::EmptyDispatchList>("ListDispatch"));

  http::ServerOptions options;
  options.addresses = addresses;
  options.limits.header_bytes = kMaxHeader;
  options.limits.body_bytes = kMaxBody;
  http::CorsPolicy cors;
  cors.any_origin = true;
  auto server = http::Server::listen(
      front_, std::move(options),
      http::with_cors(std::move(cors), [this](http::Request request, http::Responder responder) {
        handle(std::move(request), std::move(responder));
      }));
  if (!server) return base::Failure{server.error()};
  server_ = std::move(*server);
  return {};
}

std::vector<base::Endpoint> RoomServer::endpoints() const {
  return server_ ? server_->endpoints() : std::vector<base::Endpoint>();
}

void RoomServer::stop(base::Duration grace, base::Task done) {
  if (server_) {
    server_->stop(grace, std::move(done));
  } else {
    done();
  }
}

HostAddress RoomServer::host_of(std::string_view room_name) const {
  if (hosts_.empty()) return {};
  return hosts_[RoomHost::worker_of(room_name, hosts_.size())];
}

bool RoomServer::create_room(livekit::CreateRoomRequest request, std::function<void(livekit::Room)> done) {
  const HostAddress host = host_of(request.name);
  return host.post([&front = front_, request = std::move(request),
                    done = std::move(done)](RoomHost& there) mutable {
    livekit::Room room = there.create_room(request);
    static_cast<void>(
        front.post([room = std::move(room), done = std::move(done)]() mutable { done(std::move(room)); }));
  });
}

std::string RoomServer::mint_token(livekit::Claims claims) const {
  if (settings_->api_keys.empty()) return {};
  const livekit::UnixSeconds now = net::wall_millis() / 1000;
  if (claims.not_before == 0) claims.not_before = now;
  if (claims.expires_at == 0) claims.expires_at = now + livekit::kDefaultTokenLife;
  return livekit::mint_token(claims, settings_->api_keys.front());
}

void RoomServer::handle(http::Request request, http::Responder responder) {
  using livekit::SignalPath;
  if (request.path.starts_with("/twirp/")) return handle_twirp(std::move(request), std::move(responder));
  if (request.path == "/rtc")
    return handle_signal(SignalPath::kV0, false, std::move(request), std::move(responder));
  if (request.path == "/rtc/validate") {
    return handle_signal(SignalPath::kV0, true, std::move(request), std::move(responder));
  }
  if (request.path == "/rtc/v1")
    return handle_signal(SignalPath::kV1, false, std::move(request), std::move(responder));
  if (request.path == "/rtc/v1/validate") {
    return handle_signal(SignalPath::kV1, true, std::move(request), std::move(responder));
  }
  if (request.path == "/") return responder.respond(http::Response::text(200, "OK"));
  responder.respond(http::not_found());
}

base::Result<std::optional<livekit::Claims>, livekit::TokenError> RoomServer::claims_of(
    const http::Request& request) const {
  const auto token =
      livekit::bearer_token(request.headers.get("Authorization"), request.query_parameter("access_token"));
  if (!token) return base::Failure{token.error()};
  if (!*token) return std::optional<livekit::Claims>();
  const auto secret_of = [this](std::string_view key) -> std::optional<std::string> {
    const auto found = std::ranges::find(settings_->api_keys, key, &livekit::ApiKey::key);
    if (found == settings_->api_keys.end()) return std::nullopt;
    return found->secret;
  };
  auto claims = livekit::verify_token(**token, secret_of, net::wall_millis() / 1000);
  if (!claims) return base::Failure{claims.error()};
  return std::optional<livekit::Claims>(std::move(*claims));
}

base::Result<JoinRequest, RoomServer::Refusal> RoomServer::admit(livekit::SignalPath path,
                                                                 const http::Request& request) const {
  auto claims = claims_of(request);
  if (!claims) return base::Failure{Refusal{401, claims.error().message}};
  if (!*claims) return base::Failure{Refusal{401, "no permissions to access the room"}};
  JoinRequest join;
  join.claims = std::move(**claims);
  const livekit::VideoGrants grants = join.claims.video_or_none();
  if (!grants.room_join) return base::Failure{Refusal{401, "permissions denied"}};
  if (grants.room.empty()) return base::Failure{Refusal{400, "no room name"}};
  if (join.claims.identity.empty()) return base::Failure{Refusal{400, "identity cannot be empty"}};
  if (join.claims.identity.size() > settings_->max_name_size) {
    return base::Failure{Refusal{400, "participant identity length exceeds limits"}};
  }
  if (grants.room.size() > settings_->max_name_size) {
    return base::Failure{Refusal{400, "room name length exceeds limits"}};
  }
  join.room = grants.room;

  auto connect = livekit::parse_connect_request(path, request.query);
  if (!connect) return base::Failure{Refusal{connect.error().status, connect.error().message}};
  join.connect = std::move(*connect);
  const bool brings_values = !join.connect.metadata.empty() || !join.connect.attributes.empty();
  if (brings_values && !grants.may_update_own_metadata()) {
    return base::Failure{Refusal{401, "token does not allow to set own metadata or attributes"}};
  }
  join.connect.client.address = request.remote.address.to_string();
  return join;
}

void RoomServer::handle_signal(livekit::SignalPath path, bool validate, http::Request request,
                               http::Responder responder) {
  // Browsers read the status of a validation across origins, whatever it is.
  if (validate && !request.headers.get("Origin")) responder.add_header("Access-Control-Allow-Origin", "*");
  if (path == livekit::SignalPath::kV1 && !settings_->single_connection) {
    return responder.respond(http::not_found());
  }
  if (!validate && !request.websocket_upgrade) return responder.respond(http::Response::empty(404));
  auto admitted = admit(path, request);
  if (!admitted) {
    return responder.respond(http::Response::text(admitted.error().status, admitted.error().text));
  }
  JoinRequest join = std::move(*admitted);
  const HostAddress host = host_of(join.room);
  if (validate) {
    if (settings_->auto_create) return responder.respond(http::Response::text(200, "success"));
    static_cast<void>(host.post([room = join.room,
                                 responder = std::move(responder)](RoomHost& there) mutable {
      responder.respond(there.has_room(room) ? http::Response::text(200, "success")
                                             : http::Response::text(404, "requested room does not exist"));
    }));
    return;
  }
  join.session = ++next_session_;
  auto link = std::make_unique<WebSocketLink>(join.session, host, std::move(responder));
  static_cast<void>(host.post([join = std::move(join), link = std::move(link)](RoomHost& there) mutable {
    there.connect(join, std::move(link));
  }));
}

void RoomServer::handle_twirp(http::Request request, http::Responder responder) {
  const auto content_type = request.headers.get("Content-Type").value_or("");
  auto route = livekit::route_twirp(request.method, request.path, content_type);
  const auto refuse = [&](const livekit::TwirpError& error) {
    responder.respond(http::Response::json(livekit::http_status_of(error.code), livekit::encode(error)));
  };
  if (!route) return refuse(route.error());
  const auto service =
      std::ranges::find(services_, route->service, &std::pair<std::string, TwirpService>::first);
  if (service == services_.end()) return responder.respond(http::not_found());
  auto claims = claims_of(request);
  if (!claims) return responder.respond(http::Response::text(401, claims.error().message));
  TwirpReply reply(std::move(responder), route->format);
  service->second({.route = std::move(*route), .claims = std::move(*claims), .body = std::move(request.body)},
                  std::move(reply));
}

}  // namespace ringback::room
