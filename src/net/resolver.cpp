#include "net/resolver.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <random>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "net/dns_client.h"
#include "net/front.h"
#include "net/srv_order.h"

namespace ringback::net {
namespace {

constexpr std::size_t kMaxTargets = 16;
constexpr std::size_t kMaxRecords = 32;  // of one answer that we look at

std::uint16_t default_port(Transport transport) {
  return transport == Transport::kTls ? 5061 : 5060;
}

/// The prefix of SRV names, RFC 3263 4.1: "_sip._udp.", "_sip._tcp.", "_sips._tcp.".
std::string_view srv_prefix(Transport transport) {
  switch (transport) {
    case Transport::kUdp:
      return "_sip._udp.";
    case Transport::kTcp:
      return "_sip._tcp.";
    case Transport::kTls:
      return "_sips._tcp.";
  }
  return "_sip._udp.";
}

std::optional<Transport> transport_of_service(std::string service) {
  std::transform(service.begin(), service.end(), service.begin(),
                 [](unsigned char c) { return std::toupper(c); });
  if (service == "SIP+D2U") return Transport::kUdp;
  if (service == "SIP+D2T") return Transport::kTcp;
  if (service == "SIPS+D2T") return Transport::kTls;
  return std::nullopt;
}

bool is_host_name(std::string_view name) {
  if (!name.empty() && name.back() == '.') name.remove_suffix(1);
  if (name.empty() || name.size() > 253) return false;
  std::size_t label = 0;
  for (const char c : name) {
    if (c == '.') {
      if (label == 0) return false;
      label = 0;
      continue;
    }
    const bool ok = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_';
    if (!ok || ++label > 63) return false;
  }
  return label > 0;
}

ResolveError explain(DnsStatus status, const std::string& host) {
  using Kind = ResolveError::Kind;
  switch (status) {
    case DnsStatus::kNoSuchName:
      return {Kind::kNoSuchName, "the name " + host + " does not exist"};
    case DnsStatus::kOk:
    case DnsStatus::kNoRecords:
      return {Kind::kNoRecords, "the name " + host + " has no address"};
    case DnsStatus::kNoAnswer:
      return {Kind::kNoAnswer, "no name server gives an answer for " + host};
    case DnsStatus::kServerError:
      return {Kind::kServerError, "the name server's answer for " + host + " makes no sense"};
    case DnsStatus::kBadName:
      return {Kind::kBadName, "\"" + host + "\" is not a host name"};
    case DnsStatus::kCancelled:
      break;
  }
  return {Kind::kServerError, "the lookup of " + host + " failed"};
}

}  // namespace

std::string_view to_string(Transport transport) {
  switch (transport) {
    case Transport::kUdp:
      return "udp";
    case Transport::kTcp:
      return "tcp";
    case Transport::kTls:
      return "tls";
  }
  return "udp";
}

using AddressesCallback = std::function<void(Resolver::Addresses)>;

class Resolver::Impl : public std::enable_shared_from_this<Resolver::Impl> {
 public:
  Impl(Front& front, Options options)
      : front_(front),
        options_(std::move(options)),
        random_(std::random_device{}()),
        dns_(std::make_unique<DnsClient>(front, options_)) {}

  void shut_down() {
    closing_ = true;
    dns_.reset();  // answers all queries with kCancelled
  }

  void resolve(const ResolveRequest& request, Callback callback);
  void resolve_addresses(const std::string& host, AddressesCallback callback);

 private:
  /// One host, port and transport whose addresses are still to be found.
  struct Hop {
    Transport transport = Transport::kUdp;
    std::string host;
    std::uint16_t port = 0;
    std::vector<base::IpAddress> addresses;
  };

  /// SRV records of one transport: asked at once for every transport that may be used, needed or not, because
  /// three questions in parallel are answered sooner than three in a row.
  struct SrvQuery {
    Transport transport = Transport::kUdp;
    std::string name;
    DnsStatus status = DnsStatus::kNoRecords;
    std::vector<SrvRecord> records;
  };

  /// One resolve() on its way through NAPTR, SRV and addresses.
  struct Lookup {
    ResolveRequest request;
    Callback callback;
    int pending = 0;
    std::vector<NaptrRecord> naptr;
    std::vector<SrvQuery> srv;
    std::vector<Hop> hops;
    DnsStatus worst = DnsStatus::kNoRecords;  // what the addresses' queries said
  };
  using LookupPtr = std::shared_ptr<Lookup>;

  [[nodiscard]] bool usable(Transport transport, const ResolveRequest& request) const {
    if (request.secure && transport != Transport::kTls) return false;
    if (request.transport && transport != *request.transport) return false;
    return std::find(options_.transports.begin(), options_.transports.end(), transport) !=
           options_.transports.end();
  }

  void ask_services(const LookupPtr& lookup);
  void ask_srv(const LookupPtr& lookup, Transport transport, std::string name,
               void (Impl::*next)(const LookupPtr&));
  void follow_naptr(const LookupPtr& lookup);
  void choose_hops(const LookupPtr& lookup);
  void ask_addresses(const LookupPtr& lookup);
  void finish(const LookupPtr& lookup);
  /// Calls back from the loop, never from inside c-ares or from the caller's own call: the owner may do
  /// anything.
  template <class Outcome>
  void deliver(const std::function<void(Outcome)>& callback, Outcome outcome);

  Front& front_;
  const Options options_;
  std::mt19937 random_;
  bool closing_ = false;
  std::unique_ptr<DnsClient> dns_;
};

template <class Outcome>
void Resolver::Impl::deliver(const std::function<void(Outcome)>& callback, Outcome outcome) {
  boost::asio::post(front_.context(),
                    [self = shared_from_this(), callback, outcome = std::move(outcome)]() mutable {
                      if (!self->closing_) callback(std::move(outcome));
                    });
}

void Resolver::Impl::resolve_addresses(const std::string& host, AddressesCallback callback) {
  if (const auto numeric = base::IpAddress::parse(host))
    return deliver(callback, Addresses(std::vector{*numeric}));
  if (!is_host_name(host)) {
    return deliver(callback, Addresses(base::Failure{explain(DnsStatus::kBadName, host)}));
  }
  dns_->query_addresses(host, [self = shared_from_this(), host, callback = std::move(callback)](
                                  DnsStatus status, std::vector<base::IpAddress> found) {
    const bool found_any = status == DnsStatus::kOk && !found.empty();
    self->deliver(callback,
                  found_any ? Addresses(std::move(found)) : Addresses(base::Failure{explain(status, host)}));
  });
}

void Resolver::Impl::resolve(const ResolveRequest& request, Callback callback) {
  // RFC 3263 4.1: the transport is the one that the URI names, TLS for sips, else UDP, unless records say
  // more.
  const Transport plain = request.secure ? Transport::kTls : request.transport.value_or(Transport::kUdp);
  if (const auto numeric = base::IpAddress::parse(request.host)) {
    const std::uint16_t port = request.port != 0 ? request.port : default_port(plain);
    return deliver(callback, Targets(std::vector<Target>{{plain, {*numeric, port}, request.host}}));
  }
  if (!is_host_name(request.host)) {
    return deliver(callback, Targets(base::Failure{explain(DnsStatus::kBadName, request.host)}));
  }

  auto lookup = std::make_shared<Lookup>();
  lookup->request = request;
  lookup->callback = std::move(callback);
  if (request.port != 0 || dns_->in_hosts_file(request.host)) {
    lookup->hops.push_back({plain, request.host, request.port != 0 ? request.port : default_port(plain), {}});
    return ask_addresses(lookup);
  }
  ask_services(lookup);
}

void Resolver::Impl::ask_services(const LookupPtr& lookup) {
  lookup->pending = 1;  // held until all questions are out: an answer may come before the call returns
  if (!lookup->request.transport) {
    ++lookup->pending;
    dns_->query_naptr(lookup->request.host,
                      [self = shared_from_this(), lookup](DnsStatus, std::vector<NaptrRecord> records) {
                        lookup->naptr = std::move(records);
                        if (--lookup->pending == 0) self->follow_naptr(lookup);
                      });
  }
  for (const Transport transport : options_.transports) {
    if (!usable(transport, lookup->request)) continue;
    ask_srv(lookup, transport, std::string(srv_prefix(transport)) + lookup->request.host,
            &Impl::follow_naptr);
  }
  if (--lookup->pending == 0) follow_naptr(lookup);
}

void Resolver::Impl::ask_srv(const LookupPtr& lookup, Transport transport, std::string name,
                             void (Impl::*next)(const LookupPtr&)) {
  const std::size_t index = lookup->srv.size();
  lookup->srv.push_back({transport, name, DnsStatus::kNoRecords, {}});
  ++lookup->pending;
  dns_->query_srv(name, [self = shared_from_this(), lookup, index, next](DnsStatus status,
                                                                         std::vector<SrvRecord> records) {
    lookup->srv[index].status = status;
    lookup->srv[index].records = std::move(records);
    if (--lookup->pending == 0) (self.get()->*next)(lookup);
  });
}

// NAPTR records name the SRV names to use and their order; usually they are the very names asked for already.
void Resolver::Impl::follow_naptr(const LookupPtr& lookup) {
  if (closing_) return;
  std::vector<NaptrRecord>& naptr = lookup->naptr;
  std::erase_if(naptr, [&](const NaptrRecord& record) {
    const auto transport = transport_of_service(record.service);
    const bool to_srv = record.flags == "s" || record.flags == "S";
    return !transport || !to_srv || !usable(*transport, lookup->request) || !is_host_name(record.replacement);
  });
  std::sort(naptr.begin(), naptr.end(), [](const NaptrRecord& a, const NaptrRecord& b) {
    return std::pair(a.order, a.preference) < std::pair(b.order, b.preference);
  });
  if (naptr.size() > kMaxTargets) naptr.resize(kMaxTargets);
  if (naptr.empty()) return choose_hops(lookup);

  std::vector<SrvQuery> asked = std::exchange(lookup->srv, {});
  lookup->pending = 1;
  for (const NaptrRecord& record : naptr) {
    const auto known = std::find_if(asked.begin(), asked.end(),
                                    [&](const SrvQuery& query) { return query.name == record.replacement; });
    if (known != asked.end()) {
      lookup->srv.push_back(*known);
    } else {
      ask_srv(lookup, *transport_of_service(record.service), record.replacement, &Impl::choose_hops);
    }
  }
  if (--lookup->pending == 0) choose_hops(lookup);
}

void Resolver::Impl::choose_hops(const LookupPtr& lookup) {
  if (closing_) return;
  for (SrvQuery& query : lookup->srv) {
    if (query.records.size() > kMaxRecords) query.records.resize(kMaxRecords);
    for (SrvRecord& record : order_srv(std::move(query.records), random_)) {
      // A target of "." says that the service is decidedly not available there (RFC 2782).
      if (lookup->hops.size() == kMaxTargets || !is_host_name(record.target)) continue;
      lookup->hops.push_back({query.transport, std::move(record.target), record.port, {}});
    }
  }
  if (lookup->hops.empty()) {
    const ResolveRequest& request = lookup->request;
    const Transport plain = request.secure ? Transport::kTls : request.transport.value_or(Transport::kUdp);
    lookup->hops.push_back({plain, request.host, default_port(plain), {}});
  }
  ask_addresses(lookup);
}

void Resolver::Impl::ask_addresses(const LookupPtr& lookup) {
  lookup->pending = 1;
  for (std::size_t i = 0; i < lookup->hops.size(); ++i) {
    if (const auto numeric = base::IpAddress::parse(lookup->hops[i].host)) {
      lookup->hops[i].addresses = {*numeric};
      continue;
    }
    ++lookup->pending;
    dns_->query_addresses(
        lookup->hops[i].host,
        [self = shared_from_this(), lookup, i](DnsStatus status, std::vector<base::IpAddress> addresses) {
          lookup->hops[i].addresses = std::move(addresses);
          if (status != DnsStatus::kOk) lookup->worst = status;
          if (--lookup->pending == 0) self->finish(lookup);
        });
  }
  if (--lookup->pending == 0) finish(lookup);
}

void Resolver::Impl::finish(const LookupPtr& lookup) {
  std::vector<Target> targets;
  for (const Hop& hop : lookup->hops) {
    for (const base::IpAddress& address : hop.addresses) {
      Target target{hop.transport, {address, hop.port}, hop.host};
      const bool known = std::find(targets.begin(), targets.end(), target) != targets.end();
      if (targets.size() < kMaxTargets && !known) targets.push_back(std::move(target));
    }
  }
  deliver(lookup->callback, targets.empty()
                                ? Targets(base::Failure{explain(lookup->worst, lookup->request.host)})
                                : Targets(std::move(targets)));
}

Resolver::Resolver(Front& front, Options options)
    : impl_(std::make_shared<Impl>(front, std::move(options))) {}

Resolver::~Resolver() {
  impl_->shut_down();
}

void Resolver::resolve(const ResolveRequest& request, Callback callback) {
  impl_->resolve(request, std::move(callback));
}

void Resolver::resolve_addresses(const std::string& host, std::function<void(Addresses)> callback) {
  impl_->resolve_addresses(host, std::move(callback));
}

}  // namespace ringback::net
