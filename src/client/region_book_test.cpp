#include "client/region_book.h"

#include <gtest/gtest.h>

namespace ringback::client {
namespace {

constexpr auto kAnswer = R"({"regions":[
  {"region":"a","url":"https://a.acme.livekit.cloud","distance":"100"},
  {"region":"b","url":"https://b.acme.livekit.cloud","distance":"2000"},
  {"region":"c","url":"http://c.acme.livekit.cloud","distance":"3000"}]})";

class RegionBookTest : public testing::Test {
 protected:
  void open(const std::string& url) {
    book = std::make_shared<RegionBook>(
        url,
        [this](const std::string& where, const std::string& token, RegionBook::Answer answer) {
          asked.push_back(where + " " + token);
          answers.push_back(std::move(answer));
        },
        [this] { return now; });
  }
  void find(unsigned failures, std::vector<std::string> regions = {}) {
    book->find({.target = "/rtc", .token = "t", .failures = failures, .regions = std::move(regions)},
               [this](std::string url) { found.push_back(std::move(url)); });
  }

  base::TimePoint now{std::chrono::seconds(1000)};
  std::shared_ptr<RegionBook> book;
  std::vector<std::string> asked;
  std::vector<RegionBook::Answer> answers;
  std::vector<std::string> found;
};

TEST_F(RegionBookTest, TheFirstTryGoesToTheAddressOfTheSettings) {
  open("wss://acme.livekit.cloud");
  find(0);
  EXPECT_EQ(found, std::vector<std::string>{"wss://acme.livekit.cloud"});
  EXPECT_TRUE(asked.empty());
}

TEST_F(RegionBookTest, AfterFailuresCloudsRegionsAreTriedInTurn) {
  open("wss://acme.livekit.cloud/");
  find(1);
  find(2);
  EXPECT_EQ(asked, std::vector<std::string>{"https://acme.livekit.cloud/settings/regions t"});
  EXPECT_TRUE(found.empty());
  answers.at(0)(kAnswer);
  find(3);
  // The third region has no TLS.
  EXPECT_EQ(found, (std::vector<std::string>{"https://a.acme.livekit.cloud", "https://b.acme.livekit.cloud",
                                             "wss://acme.livekit.cloud/"}));
  EXPECT_EQ(asked.size(), 1U);
  now += std::chrono::seconds(11);
  find(1);
  EXPECT_EQ(asked.size(), 2U);
}

TEST_F(RegionBookTest, WithoutAListTheAddressOfTheSettingsIsTriedAgain) {
  open("wss://acme.livekit.cloud");
  find(1);
  answers.at(0)(std::nullopt);
  now += std::chrono::minutes(1);
  find(1);
  answers.at(1)("<html>");
  EXPECT_EQ(found, (std::vector<std::string>{"wss://acme.livekit.cloud", "wss://acme.livekit.cloud"}));
}

TEST_F(RegionBookTest, OtherServersAreNotAsked) {
  for (const auto* url :
       {"wss://rooms.example.com", "ws://acme.livekit.cloud", "wss://livekit.cloud.example.com"}) {
    open(url);
    find(1);
    EXPECT_EQ(found.back(), url);
  }
  EXPECT_TRUE(asked.empty());
}

TEST_F(RegionBookTest, WhatTheServerSaidLastCounts) {
  open("wss://rooms.example.com");
  find(1, {"wss://eu.rooms.example.com"});
  find(2, {"wss://eu.rooms.example.com"});
  find(1, {"ws://plain.example.com", "nonsense"});
  EXPECT_EQ(found, (std::vector<std::string>{"wss://eu.rooms.example.com", "wss://rooms.example.com",
                                             "wss://rooms.example.com"}));
}

}  // namespace
}  // namespace ringback::client
