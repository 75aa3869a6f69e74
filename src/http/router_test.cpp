#include "http/router.h"

#include <gtest/gtest.h>

#include "http/cors.h"
#include "http/static_files.h"

#include <filesystem>
#include <fstream>

namespace ringback::http {
namespace {

/// Keeps the answer instead of sending it.
class Recorder final : public Responder::Exchange {
 public:
  void respond(Response response) override { response_ = std::move(response); }
  std::unique_ptr<WebSocket> accept(WebSocketHandlers, Headers) override { return nullptr; }
  [[nodiscard]] bool client_gone() const override { return false; }
  Response response_;
};

Request make_request(std::string method, std::string path, Headers headers = {}) {
  Request request;
  request.method = std::move(method);
  request.path = std::move(path);
  request.headers = std::move(headers);
  return request;
}

Response answer(const Handler& handler, Request request) {
  auto recorder = std::make_shared<Recorder>();
  handler(std::move(request), Responder(recorder));
  return recorder->response_;
}

class RouterTest : public testing::Test {
 protected:
  void add(std::string_view method, std::string_view pattern) {
    router_.add(
        method, pattern, [pattern = std::string(pattern)](const Request& request, Responder responder) {
          responder.respond(Response::text(200, pattern + "|" + std::string(request.path_parameter("id"))));
        });
  }
  Response ask(std::string method, std::string path) {
    return answer([this](Request request,
                         Responder responder) { router_.handle(std::move(request), std::move(responder)); },
                  make_request(std::move(method), std::move(path)));
  }
  Router router_;
};

TEST_F(RouterTest, TheMoreLiteralPatternWins) {
  add("GET", "/calls/*");
  add("GET", "/calls/{id}");
  add("GET", "/calls/active");
  EXPECT_EQ(ask("GET", "/calls/active").body, "/calls/active|");
  EXPECT_EQ(ask("GET", "/calls/17").body, "/calls/{id}|17");
  EXPECT_EQ(ask("GET", "/calls/17/log").body, "/calls/*|");
  EXPECT_EQ(ask("HEAD", "/calls/17").body, "/calls/{id}|17");
}

TEST_F(RouterTest, TellsWrongMethodFromWrongPath) {
  add("GET", "/calls/{id}");
  add("DELETE", "/calls/{id}");
  const Response wrong_method = ask("POST", "/calls/17");
  EXPECT_EQ(wrong_method.status, 405);
  EXPECT_EQ(wrong_method.headers.get("allow"), "GET, DELETE");
  EXPECT_EQ(ask("GET", "/nothing").status, 404);
  EXPECT_EQ(ask("GET", "/calls/").status, 404);
  EXPECT_EQ(ask("GET", "/calls").status, 404);
}

TEST(Cors, AllowListAdmitsListedOriginsOnly) {
  const CorsPolicy policy{.origins = {"https://crm.example", "http://localhost:*"}};
  EXPECT_TRUE(policy.allows("https://crm.example"));
  EXPECT_TRUE(policy.allows("http://localhost:5173"));
  EXPECT_TRUE(policy.allows("http://localhost"));
  EXPECT_FALSE(policy.allows("http://localhost:1.evil.example"));
  EXPECT_FALSE(policy.allows("http://localhost.evil.example"));
  EXPECT_FALSE(policy.allows("https://evil.example"));
  EXPECT_FALSE(policy.allows("null"));
}

TEST(Cors, EchoesOriginsAndAnswersPreflights) {
  const Handler handler = with_cors({.origins = {}, .any_origin = true}, [](Request, Responder responder) {
    responder.respond(Response::text(401, "no"));
  });
  const Response plain =
      answer(handler, make_request("GET", "/rtc/validate", {{"Origin", "https://a.example"}}));
  EXPECT_EQ(plain.status, 401);
  EXPECT_EQ(plain.headers.get("Access-Control-Allow-Origin"), "https://a.example");
  const Response preflight =
      answer(handler, make_request("OPTIONS", "/twirp/x",
                                   {{"Origin", "https://a.example"},
                                    {"Access-Control-Request-Method", "POST"},
                                    {"Access-Control-Request-Headers", "authorization"}}));
  EXPECT_EQ(preflight.status, 204);
  EXPECT_EQ(preflight.headers.get("Access-Control-Allow-Headers"), "authorization");
  EXPECT_EQ(preflight.headers.get("Access-Control-Max-Age"), "86400");
  const Response same_site = answer(handler, make_request("GET", "/"));
  EXPECT_FALSE(same_site.headers.get("Access-Control-Allow-Origin"));
}

TEST(Target, DecodesAndBounds) {
  const auto target = parse_target("//a%2Fb//c?x=1+2&y=%41&z&x=3");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->path, "/a/b/c");
  const Parameters expected{{"x", "1 2"}, {"y", "A"}, {"z", ""}, {"x", "3"}};
  EXPECT_EQ(target->query, expected);
  EXPECT_EQ(parse_target("http://host:80/p?q=1")->path, "/p");
  EXPECT_EQ(parse_target("http://host")->path, "/");
  EXPECT_EQ(parse_target("/x#fragment")->path, "/x");
  EXPECT_FALSE(parse_target("/%"));
  EXPECT_FALSE(parse_target("/%4"));
  EXPECT_FALSE(parse_target("/a%00b"));
  EXPECT_FALSE(parse_target("/%2e%2e/etc"));
  EXPECT_FALSE(parse_target("relative"));
}

class StaticFilesTest : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(folder_ + "/assets");
    std::ofstream(folder_ + "/index.html") << "<html>";
    std::ofstream(folder_ + "/assets/a1.js") << "1";
    std::ofstream(folder_ + "/.secret") << "s";
    std::error_code ignored;
    std::filesystem::create_symlink("/etc/hostname", folder_ + "/host.txt", ignored);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  const std::string folder_ = testing::TempDir() + "/static_files_" +
                              std::to_string(::testing::UnitTest::GetInstance()->random_seed()) + "_" +
                              testing::UnitTest::GetInstance()->current_test_info()->name();
};

TEST_F(StaticFilesTest, ServesTheFolderAndNothingElse) {
  const auto files = StaticFiles::load(folder_);
  ASSERT_TRUE(files) << files.error().message;
  EXPECT_EQ(files->size(), 2U);
  const auto index = files->serve(make_request("GET", "/"));
  ASSERT_TRUE(index);
  EXPECT_EQ(*index->shared_body, "<html>");
  EXPECT_EQ(index->headers.get("content-type"), "text/html; charset=utf-8");
  EXPECT_EQ(index->headers.get("cache-control"), "no-cache");
  EXPECT_EQ(files->serve(make_request("GET", "/assets/a1.js"))->headers.get("cache-control"),
            "public, max-age=31536000, immutable");
  EXPECT_FALSE(files->serve(make_request("GET", "/.secret")));
  EXPECT_FALSE(files->serve(make_request("GET", "/host.txt")));
  EXPECT_FALSE(files->serve(make_request("POST", "/")));
  const std::string tag(*index->headers.get("etag"));
  EXPECT_EQ(files->serve(make_request("GET", "/", {{"If-None-Match", tag}}))->status, 304);
}

TEST_F(StaticFilesTest, AMissingFolderIsAnError) {
  EXPECT_FALSE(StaticFiles::load(folder_ + "/nothing"));
}

}  // namespace
}  // namespace ringback::http
