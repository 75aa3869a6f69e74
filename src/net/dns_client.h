#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/endpoint.h"
#include "net/resolver.h"

namespace ringback::net {

enum class DnsStatus : std::uint8_t {
  kOk,
  kNoSuchName,
  kNoRecords,
  kNoAnswer,
  kServerError,
  kBadName,
  kCancelled
};

/// RFC 2782.
struct SrvRecord {
  std::uint16_t priority = 0;
  std::uint16_t weight = 0;
  std::uint16_t port = 0;
  std::string target;
};

/// RFC 3403; the regular expression is left out, since RFC 3263 4.1 allows replacements only.
struct NaptrRecord {
  std::uint16_t order = 0;
  std::uint16_t preference = 0;
  std::string flags;
  std::string service;
  std::string replacement;
};

/// Single DNS queries through c-ares, driven by the front's loop. Internal to Resolver; front thread only.
/// A callback may come before the query function returns. Destroying the client calls all pending callbacks
/// with kCancelled; they must not query again.
class DnsClient {
 public:
  template <class Answer>
  using Callback = std::function<void(DnsStatus, Answer)>;

  DnsClient(Front& front, const Resolver::Options& options);
  ~DnsClient();

  void query_srv(const std::string& name, Callback<std::vector<SrvRecord>> callback);
  void query_naptr(const std::string& name, Callback<std::vector<NaptrRecord>> callback);
  /// A and AAAA together, /etc/hosts first; in the order of preference of RFC 6724.
  void query_addresses(const std::string& name, Callback<std::vector<base::IpAddress>> callback);
  /// True when /etc/hosts knows the name: then the domain name system has no say about it.
  [[nodiscard]] bool in_hosts_file(const std::string& name) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ringback::net
