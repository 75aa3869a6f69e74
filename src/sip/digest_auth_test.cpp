#include "sip/digest_auth.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "sip/world_test.h"

namespace ringback::sip {
namespace {

TEST(DigestResponse, Rfc2617Example) {
  // RFC 2617 3.5.
  EXPECT_EQ(digest_response({.algorithm = crypto::DigestAlgorithm::kMd5,
                             .session_key = false,
                             .username = "Mufasa",
                             .realm = "testrealm@host.com",
                             .password = "Circle Of Life",
                             .nonce = "dcd98b7102dd2f0e8b11d0f600bfb0c093",
                             .cnonce = "0a4f113b",
                             .nonce_count = "00000001",
                             .qop = "auth",
                             .method = "GET",
                             .uri = "/dir/index.html"}),
            "6629fae49393a05397450978507c4ef1");
}

TEST(DigestResponse, Rfc7616Examples) {
  // RFC 7616 3.9.1.
  DigestInput input{.algorithm = crypto::DigestAlgorithm::kMd5,
                    .session_key = false,
                    .username = "Mufasa",
                    .realm = "http-auth@example.org",
                    .password = "Circle of Life",
                    .nonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
                    .cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
                    .nonce_count = "00000001",
                    .qop = "auth",
                    .method = "GET",
                    .uri = "/dir/index.html"};
  EXPECT_EQ(digest_response(input), "8ca523f5e9506fed4657c9700eebdbec");
  input.algorithm = crypto::DigestAlgorithm::kSha256;
  EXPECT_EQ(digest_response(input), "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1");
}

TEST(Challenge, ReadsWhatPeersWrite) {
  const auto challenge = Challenge::parse(
      "Digest realm=\"sip.telnyx.com\", nonce=\"abc,d\", stale=TRUE, algorithm=MD5, qop=\"auth,auth-int\", "
      "opaque=\"\"",
      true);
  ASSERT_TRUE(challenge);
  EXPECT_EQ(challenge->realm, "sip.telnyx.com");
  EXPECT_EQ(challenge->nonce, "abc,d");
  EXPECT_TRUE(challenge->stale);
  EXPECT_TRUE(challenge->qop_auth);
  EXPECT_TRUE(challenge->proxy);
  EXPECT_FALSE(Challenge::parse("Digest realm=\"x\", nonce=\"y\"", false)->qop_auth);
  EXPECT_EQ(Challenge::parse("digest realm=\"x\",nonce=\"y\",algorithm=sha-256-SESS", false)->algorithm,
            crypto::DigestAlgorithm::kSha256);
  EXPECT_TRUE(Challenge::parse("Digest algorithm=MD5-sess,realm=\"x\",nonce=\"y\"", false)->session_key);
  EXPECT_FALSE(Challenge::parse("Basic realm=\"x\"", false));
  EXPECT_FALSE(Challenge::parse("Digest realm=\"x\", nonce=\"y\", algorithm=NEW-1", false));
  EXPECT_FALSE(Challenge::parse("Digest realm=\"x\", nonce=\"y\", qop=\"auth-int\"", false));
}

RandomSource zeros() {
  return [](std::span<std::uint8_t> out) { std::ranges::fill(out, std::uint8_t{0}); };
}

Message invite() {
  Message message;
  message.method = "INVITE";
  message.request_uri = "sip:bob@biloxi.com";
  return message;
}

Message challenged(std::initializer_list<Header> headers) {
  Message response;
  response.status = 401;
  response.headers = HeaderList(headers);
  return response;
}

TEST(DigestClient, ChoosesTheStrongestAlgorithmAndCountsTheNonce) {
  DigestClient client(Credentials{"bob", "zanzibar"}, zeros());
  Message request = invite();
  const Message response =
      challenged({{"WWW-Authenticate", "Digest realm=\"b\", nonce=\"n\", qop=\"auth\", algorithm=MD5"},
                  {"WWW-Authenticate", "Digest realm=\"b\", nonce=\"n\", qop=\"auth\", algorithm=SHA-256"},
                  {"WWW-Authenticate", "Basic realm=\"b\""}});
  EXPECT_EQ(client.receive_challenge(response, request), DigestClient::Verdict::kRetry);
  client.authorize(request);
  ASSERT_EQ(request.headers.all("Authorization").size(), 1U);
  EXPECT_NE(request.headers.get("Authorization")->find("algorithm=SHA-256"), std::string_view::npos);
  EXPECT_NE(request.headers.get("Authorization")->find("nc=00000001"), std::string_view::npos);
  client.authorize(request);
  EXPECT_NE(request.headers.get("Authorization")->find("nc=00000002"), std::string_view::npos);
}

TEST(DigestClient, KnowsRefusalFromStaleness) {
  DigestClient client(Credentials{"bob", "wrong"}, zeros());
  Message request = invite();
  const Message first = challenged({{"WWW-Authenticate", "Digest realm=\"b\", nonce=\"1\""}});
  const Message stale = challenged({{"WWW-Authenticate", "Digest realm=\"b\", nonce=\"2\", stale=true"}});
  const Message again = challenged({{"WWW-Authenticate", "Digest realm=\"b\", nonce=\"3\""}});
  EXPECT_EQ(client.receive_challenge(first, request), DigestClient::Verdict::kRetry);
  client.authorize(request);
  EXPECT_EQ(client.receive_challenge(stale, request), DigestClient::Verdict::kRetry);
  client.authorize(request);
  EXPECT_EQ(client.receive_challenge(again, request), DigestClient::Verdict::kRefused);
}

TEST(DigestClient, ARememberedNonceMayExpire) {
  DigestClient client(Credentials{"bob", "right"}, zeros());
  Message request = invite();
  EXPECT_EQ(client.receive_challenge(challenged({{"WWW-Authenticate", "Digest realm=\"b\", nonce=\"1\""}}),
                                     request),
            DigestClient::Verdict::kRetry);
  client.authorize(request);
  Message bye = invite();
  bye.method = "BYE";
  client.authorize(bye);
  const Message renewed = challenged({{"WWW-Authenticate", "Digest realm=\"b\", nonce=\"2\""}});
  EXPECT_EQ(client.receive_challenge(renewed, bye), DigestClient::Verdict::kRetry);
  client.authorize(bye);
  EXPECT_EQ(client.receive_challenge(renewed, bye), DigestClient::Verdict::kRefused);
}

TEST(DigestClient, ProxyAndServerEachGetTheirAnswer) {
  DigestClient client(Credentials{"bob", "right"}, zeros());
  Message request = invite();
  Message response = challenged({{"Proxy-Authenticate", "Digest realm=\"p\", nonce=\"1\""}});
  EXPECT_EQ(client.receive_challenge(response, request), DigestClient::Verdict::kRetry);
  client.authorize(request);
  response = challenged({{"WWW-Authenticate", "Digest realm=\"s\", nonce=\"2\""}});
  EXPECT_EQ(client.receive_challenge(response, request), DigestClient::Verdict::kRetry);
  client.authorize(request);
  EXPECT_TRUE(request.headers.has("Authorization"));
  EXPECT_TRUE(request.headers.has("Proxy-Authorization"));
}

TEST(DigestClient, SaysWhyItCannotAnswer) {
  DigestClient without(std::nullopt, zeros());
  EXPECT_EQ(without.receive_challenge(challenged({{"WWW-Authenticate", "Digest realm=\"b\", nonce=\"1\""}}),
                                      invite()),
            DigestClient::Verdict::kNoCredentials);
  DigestClient with(Credentials{"a", "b"}, zeros());
  EXPECT_EQ(with.receive_challenge(challenged({{"WWW-Authenticate", "NTLM realm=\"b\""}}), invite()),
            DigestClient::Verdict::kUnknownScheme);
}

TEST(DigestServer, AcceptsWhatOurClientSends) {
  const DigestServer server(
      "demo",
      [](std::string_view user) { return user == "bob" ? std::optional<std::string>("pw") : std::nullopt; },
      zeros());
  const auto attempt = [&](Credentials credentials, std::uint64_t challenged_at, std::uint64_t checked_at) {
    DigestClient client(std::move(credentials), zeros());
    Message request = invite();
    EXPECT_EQ(server.check(request, challenged_at).verdict, DigestServer::Verdict::kMissing);
    Message response;
    response.status = 401;
    server.challenge(response, challenged_at, false);
    EXPECT_EQ(client.receive_challenge(response, request), DigestClient::Verdict::kRetry);
    client.authorize(request);
    return server.check(request, checked_at);
  };
  EXPECT_EQ(attempt({"bob", "pw"}, 1000, 1001).verdict, DigestServer::Verdict::kAccepted);
  EXPECT_EQ(attempt({"bob", "pw"}, 1000, 1001).username, "bob");
  EXPECT_EQ(attempt({"bob", "no"}, 1000, 1001).verdict, DigestServer::Verdict::kRefused);
  EXPECT_EQ(attempt({"eve", "pw"}, 1000, 1001).verdict, DigestServer::Verdict::kRefused);
  EXPECT_EQ(attempt({"bob", "pw"}, 1000, 1000 + DigestServer::kNonceLife + 1).verdict,
            DigestServer::Verdict::kStale);
}

/// The whole way: a phone that demands a password.
class AuthenticatedCallTest : public testing::Test {
 protected:
  AuthenticatedCallTest()
      : caller(world.add("192.0.2.1:5060")), phone(world.add("192.0.2.2:5060", phone_config())) {}
  static Config phone_config() {
    Config config;
    config.prefix = "p0";
    config.authentication = {.realm = "demo", .password_of = [](std::string_view user) {
                               return user == "bob" ? std::optional<std::string>("secret") : std::nullopt;
                             }};
    return config;
  }
  void place(std::optional<Credentials> credentials) {
    OutboundInvite call = call_to(phone);
    call.credentials = std::move(credentials);
    ASSERT_TRUE(caller.agent().invite(world.now, call).ok());
    world.run(std::chrono::seconds(1));
  }
  World world;
  World::Party& caller;
  World::Party& phone;
};

TEST_F(AuthenticatedCallTest, TheRightPasswordGetsThrough) {
  place(Credentials{"bob", "secret"});
  const auto incoming = find_event<IncomingInvite>(phone.agent());
  ASSERT_TRUE(incoming);
  EXPECT_EQ(incoming->authenticated_user, "bob");
  EXPECT_EQ(caller.count("INVITE "), 2U);
  EXPECT_EQ(caller.count("ACK "), 1U);
}

TEST_F(AuthenticatedCallTest, TheWrongPasswordIsNotTriedTwice) {
  place(Credentials{"bob", "guess"});
  const auto failed = find_event<Failed>(caller.agent());
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->cause, FailureCause::kCredentialsRefused);
  EXPECT_EQ(failed->status, 401);
  EXPECT_EQ(caller.count("INVITE "), 2U);
}

TEST_F(AuthenticatedCallTest, NoPasswordIsItsOwnCause) {
  place(std::nullopt);
  EXPECT_EQ(find_event<Failed>(caller.agent())->cause, FailureCause::kMissingCredentials);
}

}  // namespace
}  // namespace ringback::sip
