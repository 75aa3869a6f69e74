#include "net/resolver.h"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/datagram_socket.h"
#include "net/dns_client.h"
#include "net/front.h"
#include "net/srv_order.h"

namespace ringback::net {
namespace {

using base::Endpoint;
using base::IpAddress;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int kA = 1;
constexpr int kSrv = 33;
constexpr int kNaptr = 35;

std::string number16(unsigned value) {
  return {static_cast<char>(value >> 8), static_cast<char>(value & 0xff)};
}
std::string counted(const std::string& text) {
  return static_cast<char>(text.size()) + text;
}
std::string name_bytes(std::string name) {
  std::string bytes;
  while (!name.empty()) {
    const auto dot = std::min(name.find('.'), name.size());
    bytes += counted(name.substr(0, dot));
    name.erase(0, dot + 1);
  }
  return bytes + '\0';
}

/// A name server on loopback whose zone is a table. What is not in it does not exist.
class FakeNameServer final : private DatagramSocketObserver {
 public:
  explicit FakeNameServer(Front& front) {
    auto socket = DatagramSocket::open(front, *Endpoint::parse("127.0.0.1:0"), *this);
    socket_ = std::move(socket).value();
  }

  void add_a(const std::string& name, const std::string& address) {
    const auto parsed = IpAddress::parse(address);
    const auto bytes = parsed->bytes();
    zone_[{name, kA}].push_back(std::string(bytes.begin(), bytes.end()));
    names_.insert({name, true});
  }
  void add_srv(const std::string& name, unsigned priority, unsigned weight, unsigned port,
               const std::string& target) {
    zone_[{name, kSrv}].push_back(number16(priority) + number16(weight) + number16(port) +
                                  name_bytes(target));
    names_.insert({name, true});
  }
  void add_naptr(const std::string& name, unsigned order, unsigned preference, const std::string& service,
                 const std::string& replacement) {
    zone_[{name, kNaptr}].push_back(number16(order) + number16(preference) + counted("s") + counted(service) +
                                    counted("") + name_bytes(replacement));
    names_.insert({name, true});
  }
  void be_silent() { silent_ = true; }
  void refuse() { code_ = 5; }

  [[nodiscard]] std::string address() const { return socket_->local().to_string(); }

 private:
  void on_datagram(base::TimePoint, std::span<const std::uint8_t> bytes, const Endpoint& from) override {
    if (silent_ || bytes.size() < 17) return;
    const std::string query(bytes.begin(), bytes.end());
    std::string name;
    std::size_t at = 12;
    while (query[at] != 0) {
      const auto length = static_cast<std::size_t>(query[at]);
      name += (name.empty() ? "" : ".") + query.substr(at + 1, length);
      at += length + 1;
    }
    const int type =
        static_cast<unsigned char>(query[at + 1]) << 8 | static_cast<unsigned char>(query[at + 2]);
    const std::string question = query.substr(12, at + 5 - 12);
    const auto& records = zone_[{name, type}];
    const unsigned code = code_ != 0 ? code_ : names_.contains(name) ? 0 : 3;
    std::string answer = query.substr(0, 2) + number16(0x8580 | code) + number16(1) +
                         number16(static_cast<unsigned>(records.size())) + number16(0) + number16(0) +
                         question;
    for (const std::string& record : records) {
      answer += number16(0xc00c) + number16(static_cast<unsigned>(type)) + number16(1) + number16(0) +
                number16(60) + number16(static_cast<unsigned>(record.size())) + record;
    }
    ASSERT_TRUE(socket_->send(answer, from));
  }
  void on_unreachable(const Endpoint&, std::string_view) override {}

  std::unique_ptr<DatagramSocket> socket_;
  std::map<std::pair<std::string, int>, std::vector<std::string>> zone_;
  std::map<std::string, bool> names_;
  bool silent_ = false;
  unsigned code_ = 0;
};

class ResolverTest : public ::testing::Test {
 protected:
  Resolver::Options options() {
    Resolver::Options options;
    options.servers = server.address();
    options.timeout = std::chrono::milliseconds(50);
    options.tries = 1;
    return options;
  }

  Resolver::Targets resolve(const ResolveRequest& request) {
    Resolver resolver(front, options());
    std::optional<Resolver::Targets> outcome;
    resolver.resolve(request, [&](Resolver::Targets targets) { outcome.emplace(std::move(targets)); });
    EXPECT_FALSE(outcome.has_value()) << "called back before resolve() returned";
    while (!outcome) front.run_once(std::chrono::seconds(1));
    return std::move(*outcome);
  }
  std::vector<std::string> targets_of(const ResolveRequest& request) {
    const auto outcome = resolve(request);
    if (!outcome) return {outcome.error().message};
    std::vector<std::string> lines;
    for (const Target& target : outcome.value()) {
      lines.push_back(std::string(to_string(target.transport)) + " " + target.endpoint.to_string() + " " +
                      target.name);
    }
    return lines;
  }

  Front front;
  FakeNameServer server{front};
};

TEST_F(ResolverTest, NumericAddressesNeedNoServer) {
  server.be_silent();
  EXPECT_THAT(targets_of({.host = "192.0.2.7"}), ElementsAre("udp 192.0.2.7:5060 192.0.2.7"));
  EXPECT_THAT(targets_of({.host = "192.0.2.7", .port = 5080, .transport = Transport::kTcp}),
              ElementsAre("tcp 192.0.2.7:5080 192.0.2.7"));
  EXPECT_THAT(targets_of({.host = "[2001:db8::1]", .secure = true}),
              ElementsAre("tls [2001:db8::1]:5061 [2001:db8::1]"));
}

TEST_F(ResolverTest, APortMeansAddressesOnly) {
  server.add_a("pbx.example.com", "192.0.2.1");
  server.add_srv("_sip._udp.pbx.example.com", 1, 1, 9999, "other.example.com");
  EXPECT_THAT(targets_of({.host = "pbx.example.com", .port = 5070}),
              ElementsAre("udp 192.0.2.1:5070 pbx.example.com"));
}

TEST_F(ResolverTest, SrvRecordsByPriority) {
  server.add_srv("_sip._udp.example.com", 20, 0, 5062, "second.example.com");
  server.add_srv("_sip._udp.example.com", 10, 0, 5061, "first.example.com");
  server.add_a("first.example.com", "192.0.2.1");
  server.add_a("second.example.com", "192.0.2.2");
  server.add_a("example.com", "192.0.2.99");
  EXPECT_THAT(targets_of({.host = "example.com"}),
              ElementsAre("udp 192.0.2.1:5061 first.example.com", "udp 192.0.2.2:5062 second.example.com"));
}

TEST_F(ResolverTest, TheTransportOfTheUriChoosesTheSrvName) {
  server.add_srv("_sip._udp.example.com", 1, 0, 5060, "u.example.com");
  server.add_srv("_sip._tcp.example.com", 1, 0, 5070, "t.example.com");
  server.add_a("u.example.com", "192.0.2.1");
  server.add_a("t.example.com", "192.0.2.2");
  EXPECT_THAT(targets_of({.host = "example.com", .transport = Transport::kTcp}),
              ElementsAre("tcp 192.0.2.2:5070 t.example.com"));
}

TEST_F(ResolverTest, NaptrDecidesTheOrderOfTransportsAndSkipsWhatWeCannotSpeak) {
  server.add_naptr("example.com", 10, 10, "SIPS+D2T", "_sips._tcp.example.com");
  server.add_naptr("example.com", 20, 10, "SIP+D2T", "_sip._tcp.edge.example.com");
  server.add_naptr("example.com", 30, 10, "SIP+D2U", "_sip._udp.example.com");
  server.add_srv("_sip._tcp.edge.example.com", 1, 0, 5070, "t.example.com");
  server.add_srv("_sip._udp.example.com", 1, 0, 5060, "u.example.com");
  server.add_a("t.example.com", "192.0.2.2");
  server.add_a("u.example.com", "192.0.2.1");
  EXPECT_THAT(targets_of({.host = "example.com"}),
              ElementsAre("tcp 192.0.2.2:5070 t.example.com", "udp 192.0.2.1:5060 u.example.com"));
}

TEST_F(ResolverTest, WithoutServiceRecordsTheNameItselfIsTried) {
  server.add_a("plain.example.com", "192.0.2.3");
  EXPECT_THAT(targets_of({.host = "plain.example.com"}), ElementsAre("udp 192.0.2.3:5060 plain.example.com"));
}

TEST_F(ResolverTest, SaysWhenTheNameDoesNotExist) {
  const auto outcome = resolve({.host = "nowhere.example.com"});
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, ResolveError::Kind::kNoSuchName);
  EXPECT_EQ(outcome.error().message, "the name nowhere.example.com does not exist");
}

TEST_F(ResolverTest, SaysWhenTheNameHasNoAddress) {
  server.add_srv("empty.example.com", 1, 1, 1, "x.example.com");
  const auto outcome = resolve({.host = "empty.example.com"});
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, ResolveError::Kind::kNoRecords);
}

TEST_F(ResolverTest, SaysWhenNoServerAnswers) {
  server.be_silent();
  const auto outcome = resolve({.host = "sip.example.com"});
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, ResolveError::Kind::kNoAnswer);
  EXPECT_THAT(outcome.error().message, HasSubstr("no name server gives an answer"));
}

TEST_F(ResolverTest, ARefusalOfAllServersIsNoAnswer) {
  server.refuse();
  const auto outcome = resolve({.host = "sip.example.com"});
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, ResolveError::Kind::kNoAnswer);
}

TEST_F(ResolverTest, WhatIsNoHostNameIsNotAsked) {
  for (const char* host : {"", ".", "a..b", "exa mple.com", "x@y", "\r\nVia:"}) {
    const auto outcome = resolve({.host = host});
    ASSERT_FALSE(outcome) << host;
    EXPECT_EQ(outcome.error().kind, ResolveError::Kind::kBadName) << host;
  }
}

TEST_F(ResolverTest, TheHostsFileComesBeforeTheServers) {
  server.be_silent();
  const auto lines = targets_of({.host = "localhost"});
  ASSERT_FALSE(lines.empty());
  EXPECT_THAT(lines, ::testing::Each(HasSubstr(":5060 localhost")));
}

TEST_F(ResolverTest, DestroyingTheResolverDropsWhatIsUnderWay) {
  bool called = false;
  {
    Resolver resolver(front, options());
    resolver.resolve({.host = "example.com"}, [&](const Resolver::Targets&) { called = true; });
    resolver.resolve({.host = "192.0.2.1"}, [&](const Resolver::Targets&) { called = true; });
  }
  for (int i = 0; i < 5; ++i) front.run_once(std::chrono::milliseconds(5));
  EXPECT_FALSE(called);
}

TEST_F(ResolverTest, TheOwnerMayDestroyTheResolverInItsCallback) {
  server.add_a("example.com", "192.0.2.1");
  auto resolver = std::make_unique<Resolver>(front, options());
  resolver->resolve({.host = "example.com"}, [&](const Resolver::Targets&) { resolver.reset(); });
  while (resolver) front.run_once(std::chrono::seconds(1));
}

TEST_F(ResolverTest, PlainAddresses) {
  server.add_a("media.example.com", "192.0.2.8");
  Resolver resolver(front, options());
  std::optional<Resolver::Addresses> outcome;
  resolver.resolve_addresses("media.example.com",
                             [&](Resolver::Addresses found) { outcome.emplace(std::move(found)); });
  while (!outcome) front.run_once(std::chrono::seconds(1));
  ASSERT_TRUE(*outcome);
  EXPECT_THAT(outcome->value(), ElementsAre(*IpAddress::parse("192.0.2.8")));
}

TEST(SrvOrder, SpreadsTheLoadByWeightWithinAPriority) {
  std::mt19937 random(1);
  int heavy_first = 0;
  for (int i = 0; i < 1000; ++i) {
    const auto order = order_srv({{1, 90, 0, "heavy"}, {1, 10, 0, "light"}, {0, 1, 0, "preferred"}}, random);
    ASSERT_EQ(order.size(), 3U);
    ASSERT_EQ(order[0].target, "preferred");
    heavy_first += order[1].target == "heavy" ? 1 : 0;
  }
  EXPECT_GT(heavy_first, 850);
  EXPECT_LT(heavy_first, 950);
}

}  // namespace
}  // namespace ringback::net
