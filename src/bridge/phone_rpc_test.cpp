#include "bridge/phone_rpc.h"

#include <gtest/gtest.h>

namespace ringback::bridge {
namespace {

const sip::HeaderList kAnswer = {{"Via", "SIP/2.0/UDP 192.0.2.1"},
                                 {"X-Agent", "anna"},
                                 {"CSeq", "1 INVITE"},
                                 {"Server", "pbx"},
                                 {"x-agent", "berta"}};

TEST(GetRemoteHeaders, LeavesOutWhatOnlyCarriesTheCall) {
  EXPECT_EQ(remote_headers("", kAnswer).value(),
            R"({"headers":{"X-Agent":"anna","Server":"pbx","x-agent":"berta"}})");
}

TEST(GetRemoteHeaders, FiltersWithoutCase) {
  EXPECT_EQ(remote_headers(R"({"include":["SERVER","via"]})", kAnswer).value(),
            R"({"headers":{"Server":"pbx"}})");
  EXPECT_EQ(remote_headers(R"({"include":[],"exclude":["x-AGENT"]})", kAnswer).value(),
            R"({"headers":{"Server":"pbx"}})");
  EXPECT_EQ(remote_headers("{}", {}).value(), R"({"headers":{}})");
}

TEST(GetRemoteHeaders, RefusesWhatIsNoRequest) {
  for (const auto* payload : {"[]", "{", R"({"include":"x"})", R"({"exclude":[1]})"}) {
    const auto result = remote_headers(payload, kAnswer);
    ASSERT_FALSE(result) << payload;
    EXPECT_EQ(result.error().code, livekit::kRpcApplicationError);
  }
}

TEST(EndCall, TakesHeadersForTheBye) {
  EXPECT_TRUE(end_call_headers("").value().empty());
  EXPECT_TRUE(end_call_headers("{}").value().empty());
  const auto headers = end_call_headers(R"({"headers":{"X-Reason":"done"}})");
  ASSERT_TRUE(headers);
  EXPECT_EQ(headers->get("x-reason"), "done");
}

TEST(EndCall, LetsNobodyWriteIntoTheMessage) {
  for (const auto* payload :
       {R"({"headers":{"X":"a\r\nBYE"}})", R"({"headers":{"X Y":"a"}})", R"({"headers":{"":"a"}})",
        R"({"headers":{"X:":"a"}})", R"({"headers":{"X":1}})", R"({"headers":[]})", "x"}) {
    EXPECT_FALSE(end_call_headers(payload)) << payload;
  }
}

class RoomRpcTest : public testing::Test, protected RoomSession::Listener {
 protected:
  void on_room_joined() override {}
  void on_room_track(audio::TrackId, audio::Codec) override {}
  void on_room_track_gone(audio::TrackId) override {}
  void on_room_dtmf(std::string_view) override {}
  void on_others(std::size_t) override {}
  void on_room_closed(CallFailure) override {}
  RpcResult on_room_rpc(std::string_view method, std::string_view payload) override {
    if (method != "echo") return base::Failure{unsupported_method()};
    return std::string(payload);
  }

  bool serve(const std::string& packet) {
    return serve_rpc(
        packet, *this,
        [this] {
          livekit::DataStamp stamp;
          stamp.sequence = ++sequence;
          return stamp;
        },
        [this](std::string answer) { sent.push_back(std::move(answer)); });
  }
  static std::string request(livekit::RpcRequest what) {
    return livekit::make_rpc_request(what, "phone",
                                     {.participant_identity = "anna", .participant_sid = "PA_a"});
  }

  std::uint32_t sequence = 0;
  std::vector<std::string> sent;
};

TEST_F(RoomRpcTest, AcknowledgesAndAnswersTheCaller) {
  ASSERT_TRUE(serve(request({.id = "r1", .method = "echo", .payload = "hello"})));
  ASSERT_EQ(sent.size(), 2U);
  EXPECT_EQ(livekit::parse_rpc_ack(sent[0])->request_id, "r1");
  const auto response = livekit::parse_rpc_response(sent[1]);
  ASSERT_TRUE(response);
  EXPECT_EQ(response->request_id, "r1");
  EXPECT_EQ(response->payload, "hello");
  EXPECT_FALSE(response->error);
  for (const auto& packet : sent) {
    EXPECT_EQ(livekit::parse_data_envelope(packet)->destination_identities, std::vector<std::string>{"anna"});
  }
  EXPECT_EQ(livekit::parse_data_envelope(sent[1])->sequence, 2U);
}

TEST_F(RoomRpcTest, TellsWhyThereIsNoAnswer) {
  ASSERT_TRUE(serve(request({.id = "r1", .method = "nothing", .payload = {}})));
  EXPECT_EQ(livekit::parse_rpc_response(sent[1])->error->code, livekit::kRpcUnsupportedMethod);
  ASSERT_TRUE(serve(request({.id = "r2", .method = "echo", .payload = {}, .version = 7})));
  EXPECT_EQ(livekit::parse_rpc_response(sent[3])->error->code, livekit::kRpcUnsupportedVersion);
  ASSERT_TRUE(serve(request({.id = "r3", .method = "echo", .payload = std::string(20'000, 'x')})));
  EXPECT_EQ(livekit::parse_rpc_response(sent[5])->error->code, livekit::kRpcResponseTooLarge);
}

TEST_F(RoomRpcTest, LeavesOtherPacketsAlone) {
  EXPECT_FALSE(serve(livekit::make_sip_dtmf(*livekit::sip_dtmf_of('1'), {})));
  EXPECT_FALSE(serve("\xff\xff"));
  EXPECT_TRUE(sent.empty());
}

}  // namespace
}  // namespace ringback::bridge
