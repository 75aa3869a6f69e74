#include "net/dns_client.h"

#include <ares.h>
#include <arpa/nameser.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <map>
#include <mutex>
#include <utility>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/log.h"
#include "net/front.h"
#include "net/socket_address.h"

namespace ringback::net {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

DnsStatus to_status(int code) {
  switch (code) {
    case ARES_SUCCESS:
      return DnsStatus::kOk;
    case ARES_ENOTFOUND:
      return DnsStatus::kNoSuchName;
    case ARES_ENODATA:
      return DnsStatus::kNoRecords;
    case ARES_ETIMEOUT:
    case ARES_ECONNREFUSED:
      return DnsStatus::kNoAnswer;
    case ARES_EBADNAME:
      return DnsStatus::kBadName;
    case ARES_EDESTRUCTION:
    case ARES_ECANCELLED:
      return DnsStatus::kCancelled;
    default:
      return DnsStatus::kServerError;
  }
}

/// A query in flight: owned by c-ares between the call and its callback, which always comes exactly once.
template <class Answer>
struct Query {
  DnsClient::Callback<Answer> callback;
};

template <class Answer>
std::unique_ptr<Query<Answer>> take_query(void* argument) {
  return std::unique_ptr<Query<Answer>>(static_cast<Query<Answer>*>(argument));
}

using AresData = std::unique_ptr<void, void (*)(void*)>;

std::string text(const unsigned char* value) {
  return value == nullptr ? std::string() : std::string(reinterpret_cast<const char*>(value));
}

void on_srv(void* argument, int code, int, unsigned char* bytes, int size) {
  const auto query = take_query<std::vector<SrvRecord>>(argument);
  std::vector<SrvRecord> records;
  ares_srv_reply* replies = nullptr;
  if (code == ARES_SUCCESS) code = ares_parse_srv_reply(bytes, size, &replies);
  const AresData owner(replies, ares_free_data);
  for (const auto* reply = replies; reply != nullptr; reply = reply->next) {
    records.push_back(
        {reply->priority, reply->weight, reply->port, reply->host == nullptr ? "" : reply->host});
  }
  query->callback(to_status(code), std::move(records));
}

void on_naptr(void* argument, int code, int, unsigned char* bytes, int size) {
  const auto query = take_query<std::vector<NaptrRecord>>(argument);
  std::vector<NaptrRecord> records;
  ares_naptr_reply* replies = nullptr;
  if (code == ARES_SUCCESS) code = ares_parse_naptr_reply(bytes, size, &replies);
  const AresData owner(replies, ares_free_data);
  for (const auto* reply = replies; reply != nullptr; reply = reply->next) {
    records.push_back({reply->order, reply->preference, text(reply->flags), text(reply->service),
                       reply->replacement == nullptr ? "" : reply->replacement});
  }
  query->callback(to_status(code), std::move(records));
}

void on_addresses(void* argument, int code, int, ares_addrinfo* result) {
  const auto query = take_query<std::vector<base::IpAddress>>(argument);
  const std::unique_ptr<ares_addrinfo, void (*)(ares_addrinfo*)> owner(result, ares_freeaddrinfo);
  std::vector<base::IpAddress> addresses;
  if (code == ARES_SUCCESS && result != nullptr) {
    for (const auto* node = result->nodes; node != nullptr; node = node->ai_next) {
      addresses.push_back(SocketAddress::endpoint_of(*node->ai_addr).address);
    }
  }
  query->callback(to_status(code), std::move(addresses));
}

void initialise_library() {
  static std::once_flag once;
  std::call_once(once, [] { ares_library_init(ARES_LIB_INIT_ALL); });
}

}  // namespace

class DnsClient::Impl {
 public:
  Impl(Front& front, const Resolver::Options& options) : front_(front), timer_(front.context()) {
    initialise_library();
    families_ = options.ipv4 && options.ipv6 ? AF_UNSPEC : options.ipv6 ? AF_INET6 : AF_INET;
    ares_options settings{};
    settings.timeout =
        static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(options.timeout).count());
    settings.tries = static_cast<int>(options.tries);
    settings.sock_state_cb = on_socket_state;
    settings.sock_state_cb_data = this;
    char hosts_then_servers[] = "fb";
    settings.lookups = hosts_then_servers;
    const int mask = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB | ARES_OPT_LOOKUPS;
    int code = ares_init_options(&channel_, &settings, mask);
    if (code == ARES_SUCCESS && !options.servers.empty()) {
      code = ares_set_servers_ports_csv(channel_, options.servers.c_str());
    }
    if (code != ARES_SUCCESS) {
      // Numeric addresses still work; every name will be answered with kServerError.
      base::log(base::LogLevel::kError, "dns", "", "the resolver cannot start: {}", ares_strerror(code));
    }
  }

  ~Impl() {
    closing_ = true;
    if (channel_ != nullptr) ares_destroy(channel_);
    for (auto& [fd, watch] : sockets_) watch->let_go();
  }

  ares_channel channel() const { return channel_; }
  int families() const { return families_; }

  /// To be called after everything that may have changed what c-ares waits for.
  void arm_timer() {
    timeval limit{};
    if (closing_ || channel_ == nullptr || ares_timeout(channel_, nullptr, &limit) == nullptr) {
      timer_.cancel();
      return;
    }
    timer_.expires_after(std::chrono::seconds(limit.tv_sec) + std::chrono::microseconds(limit.tv_usec));
    timer_.async_wait([this](const error_code& error) {
      if (error) return;
      ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
      arm_timer();
    });
  }

 private:
  /// A socket of c-ares while Asio watches it. The waits in flight share it, and find it gone by `open`.
  struct Watch : std::enable_shared_from_this<Watch> {
    Watch(Front& front, int fd) : descriptor(front.context(), fd) {}
    void let_go() {
      open = false;
      error_code ignored;
      descriptor.cancel(ignored);
      descriptor.release();  // c-ares closes it
    }
    asio::posix::stream_descriptor descriptor;
    bool open = true;
    bool want_read = false;
    bool want_write = false;
    bool waiting_read = false;
    bool waiting_write = false;
  };

  static void on_socket_state(void* self, ares_socket_t fd, int readable, int writable) {
    static_cast<Impl*>(self)->socket_state(fd, readable != 0, writable != 0);
  }

  void socket_state(int fd, bool readable, bool writable) {
    auto found = sockets_.find(fd);
    if (!readable && !writable) {
      if (found == sockets_.end()) return;
      found->second->let_go();
      sockets_.erase(found);
      return;
    }
    if (found == sockets_.end()) found = sockets_.emplace(fd, std::make_shared<Watch>(front_, fd)).first;
    found->second->want_read = readable;
    found->second->want_write = writable;
    wait(found->second);
  }

  void wait(const std::shared_ptr<Watch>& watch) {
    using Descriptor = asio::posix::stream_descriptor;
    if (watch->want_read && !watch->waiting_read) {
      watch->waiting_read = true;
      watch->descriptor.async_wait(Descriptor::wait_read, [this, watch](const error_code& error) {
        watch->waiting_read = false;
        if (watch->open && !error) process(watch, watch->descriptor.native_handle(), ARES_SOCKET_BAD);
      });
    }
    if (watch->want_write && !watch->waiting_write) {
      watch->waiting_write = true;
      watch->descriptor.async_wait(Descriptor::wait_write, [this, watch](const error_code& error) {
        watch->waiting_write = false;
        if (watch->open && !error) process(watch, ARES_SOCKET_BAD, watch->descriptor.native_handle());
      });
    }
  }

  void process(const std::shared_ptr<Watch>& watch, int readable, int writable) {
    ares_process_fd(channel_, readable, writable);
    if (watch->open) wait(watch);
    arm_timer();
  }

  Front& front_;
  asio::steady_timer timer_;
  ares_channel channel_ = nullptr;
  int families_ = AF_UNSPEC;
  bool closing_ = false;
  std::map<int, std::shared_ptr<Watch>> sockets_;
};

DnsClient::DnsClient(Front& front, const Resolver::Options& options)
    : impl_(std::make_unique<Impl>(front, options)) {}

DnsClient::~DnsClient() = default;

void DnsClient::query_srv(const std::string& name, Callback<std::vector<SrvRecord>> callback) {
  if (impl_->channel() == nullptr) return callback(DnsStatus::kServerError, {});
  auto query = std::make_unique<Query<std::vector<SrvRecord>>>(std::move(callback));
  ares_query(impl_->channel(), name.c_str(), ns_c_in, ns_t_srv, on_srv, query.release());
  impl_->arm_timer();
}

void DnsClient::query_naptr(const std::string& name, Callback<std::vector<NaptrRecord>> callback) {
  if (impl_->channel() == nullptr) return callback(DnsStatus::kServerError, {});
  auto query = std::make_unique<Query<std::vector<NaptrRecord>>>(std::move(callback));
  ares_query(impl_->channel(), name.c_str(), ns_c_in, ns_t_naptr, on_naptr, query.release());
  impl_->arm_timer();
}

void DnsClient::query_addresses(const std::string& name, Callback<std::vector<base::IpAddress>> callback) {
  if (impl_->channel() == nullptr) return callback(DnsStatus::kServerError, {});
  auto query = std::make_unique<Query<std::vector<base::IpAddress>>>(std::move(callback));
  ares_addrinfo_hints hints{};
  hints.ai_family = impl_->families();
  hints.ai_socktype = SOCK_DGRAM;
  ares_getaddrinfo(impl_->channel(), name.c_str(), nullptr, &hints, on_addresses, query.release());
  impl_->arm_timer();
}

bool DnsClient::in_hosts_file(const std::string& name) const {
  if (impl_->channel() == nullptr) return false;
  for (const int family : {AF_INET, AF_INET6}) {
    hostent* entry = nullptr;
    if (ares_gethostbyname_file(impl_->channel(), name.c_str(), family, &entry) != ARES_SUCCESS) continue;
    ares_free_hostent(entry);
    return true;
  }
  return false;
}

}  // namespace ringback::net
