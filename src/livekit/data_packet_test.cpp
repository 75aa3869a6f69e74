#include "livekit/data_packet.h"

#include <gtest/gtest.h>

#include "livekit/wire_reader.h"

namespace ringback::livekit {
namespace {

const DataStamp kAlice{.kind = DataPacketKind::kReliable,
                       .participant_identity = "alice",
                       .participant_sid = "PA_alice",
                       .sequence = 7};

/// A packet that claims to come from mallory, with a value of the given number and a field of the future.
std::string foreign_packet(std::uint32_t value_field, std::string_view value) {
  std::string packet;
  append_varint_field(packet, 1, 1);
  append_bytes_field(packet, 4, "mallory");
  append_bytes_field(packet, 5, "bob");
  append_bytes_field(packet, 5, "carol");
  append_bytes_field(packet, value_field, value);
  append_bytes_field(packet, 99, "tomorrow");
  append_varint_field(packet, 16, 3);
  append_bytes_field(packet, 17, "PA_mallory");
  return packet;
}

TEST(DataEnvelope, TellsWhoAndWhat) {
  const auto envelope = parse_data_envelope(foreign_packet(13, "header"));
  ASSERT_TRUE(envelope);
  EXPECT_EQ(envelope->kind, DataPacketKind::kLossy);
  EXPECT_EQ(envelope->participant_identity, "mallory");
  EXPECT_EQ(envelope->participant_sid, "PA_mallory");
  EXPECT_EQ(envelope->sequence, 3U);
  EXPECT_EQ(envelope->destination_identities, (std::vector<std::string>{"bob", "carol"}));
}

TEST(DataEnvelope, KnowsEachValueAndForwardsOthers) {
  for (const std::uint32_t number : {3U, 6U, 7U, 8U, 9U, 10U, 11U, 12U, 13U, 14U, 15U, 18U}) {
    std::string packet;
    append_bytes_field(packet, number, "");
    EXPECT_EQ(parse_data_envelope(packet)->value, static_cast<DataValue>(number));
  }
  std::string packet;
  append_bytes_field(packet, 42, "x");
  EXPECT_EQ(parse_data_envelope(packet)->value, DataValue::kUnknown);
  EXPECT_EQ(parse_data_envelope("")->value, DataValue::kNone);
}

TEST(DataEnvelope, MergesTheLegacyListsOfUserPackets) {
  std::string user;
  append_bytes_field(user, 2, "payload");
  append_bytes_field(user, 3, "PA_bob");
  append_bytes_field(user, 6, "carol");
  std::string packet;
  append_bytes_field(packet, 5, "carol");
  append_bytes_field(packet, 2, user);
  const auto envelope = parse_data_envelope(packet);
  ASSERT_TRUE(envelope);
  EXPECT_EQ(envelope->value, DataValue::kUser);
  EXPECT_EQ(envelope->destination_sids, std::vector<std::string>{"PA_bob"});
  EXPECT_EQ(envelope->destination_identities, std::vector<std::string>{"carol"});
}

TEST(DataEnvelope, RefusesWhatIsNotAPacket) {
  EXPECT_FALSE(parse_data_envelope("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"));
  EXPECT_FALSE(parse_data_envelope("\x22\x7fshort"));
  EXPECT_FALSE(parse_data_envelope(std::string("\x00\x01", 2)));
  EXPECT_FALSE(parse_data_envelope("\x0b"));               // a group
  EXPECT_FALSE(parse_data_envelope("\x12\x03\x0a\x7fx"));  // a user packet that is cut off inside
  EXPECT_EQ(parse_data_envelope(std::string(kMaxDataPacket + 1, 'x')).error(), WireError::kTooLarge);
  std::string crowd;
  for (int i = 0; i < 5000; ++i) append_bytes_field(crowd, 5, std::to_string(i));
  EXPECT_FALSE(parse_data_envelope(crowd));
}

TEST(DataStamp, ReplacesTheSenderAndKeepsAllElse) {
  const auto stamped = stamp_data_packet(foreign_packet(13, "header"), kAlice);
  ASSERT_TRUE(stamped);
  const auto envelope = parse_data_envelope(*stamped);
  ASSERT_TRUE(envelope);
  EXPECT_EQ(envelope->participant_identity, "alice");
  EXPECT_EQ(envelope->participant_sid, "PA_alice");
  EXPECT_EQ(envelope->sequence, 7U);
  EXPECT_EQ(envelope->kind, DataPacketKind::kReliable);
  EXPECT_EQ(envelope->destination_identities.size(), 2U);
  EXPECT_EQ(stamped->find("mallory"), std::string::npos);
  std::string tomorrow, header;
  append_bytes_field(tomorrow, 99, "tomorrow");
  append_bytes_field(header, 13, "header");
  EXPECT_NE(stamped->find(tomorrow), std::string::npos);
  EXPECT_NE(stamped->find(header), std::string::npos);
}

TEST(DataStamp, ReplacesTheLegacySenderOfUserPackets) {
  std::string user;
  append_bytes_field(user, 1, "PA_mallory");
  append_bytes_field(user, 2, "payload");
  append_bytes_field(user, 5, "mallory");
  append_bytes_field(user, 77, "tomorrow");
  const auto stamped = stamp_data_packet(foreign_packet(2, user), kAlice);
  ASSERT_TRUE(stamped);
  EXPECT_EQ(stamped->find("mallory"), std::string::npos);
  const auto parsed = parse_user_packet(*stamped);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->payload, "payload");
  std::string tomorrow;
  append_bytes_field(tomorrow, 77, "tomorrow");
  EXPECT_NE(stamped->find(tomorrow), std::string::npos);
}

TEST(SipDtmf, MapsDigitsBothWays) {
  EXPECT_EQ(sip_dtmf_of('0')->code, 0U);
  EXPECT_EQ(sip_dtmf_of('*')->code, 10U);
  EXPECT_EQ(sip_dtmf_of('#')->code, 11U);
  EXPECT_EQ(sip_dtmf_of('d')->code, 15U);
  EXPECT_EQ(sip_dtmf_of('d')->digit, "D");
  EXPECT_FALSE(sip_dtmf_of('x'));
  const std::string packet = make_sip_dtmf(*sip_dtmf_of('#'), kAlice);
  EXPECT_EQ(parse_data_envelope(packet)->value, DataValue::kSipDtmf);
  EXPECT_EQ(parse_sip_dtmf(packet)->digit, "#");
  EXPECT_EQ(parse_sip_dtmf(make_sip_dtmf({.code = 5, .digit = ""}, kAlice))->digit, "5");
  EXPECT_EQ(parse_sip_dtmf(make_sip_dtmf({.code = 0, .digit = "9"}, kAlice))->code, 9U);
  EXPECT_FALSE(parse_sip_dtmf(make_sip_dtmf({.code = 16, .digit = ""}, kAlice)));
  EXPECT_FALSE(parse_sip_dtmf(make_user_packet({}, kAlice)));
}

TEST(UserPacket, RoundTrips) {
  const UserPacket user{.payload = std::string("\0\xff", 2),
                        .topic = "chat",
                        .nonce = std::string(16, 'n'),
                        .destination_identities = {"bob"}};
  const auto parsed = parse_user_packet(make_user_packet(user, {}));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->payload, user.payload);
  EXPECT_EQ(parsed->topic, "chat");
  EXPECT_EQ(parsed->nonce, user.nonce);
  EXPECT_EQ(parsed->destination_identities, user.destination_identities);
}

TEST(Rpc, RequestNamesItsReceiver) {
  const std::string packet = make_rpc_request(
      {.id = "1", .method = "m", .payload = "p", .response_timeout_ms = 15000}, "bob", kAlice);
  const auto envelope = parse_data_envelope(packet);
  EXPECT_EQ(envelope->value, DataValue::kRpcRequest);
  EXPECT_EQ(envelope->destination_identities, std::vector<std::string>{"bob"});
  EXPECT_FALSE(parse_rpc_ack(packet));
  EXPECT_FALSE(parse_rpc_response(packet));
}

}  // namespace
}  // namespace ringback::livekit
