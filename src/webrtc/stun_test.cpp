#include "webrtc/stun.h"

#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "crypto/hex.h"

namespace ringback::webrtc {
namespace {

// RFC 5769: the test vectors with short-term credentials.
constexpr std::string_view kPassword = "VOkJxbRl1RmTxUk/WvJxBt";
constexpr std::string_view kRequest =
    "000100582112a442b7e7a701bc34d686fa87dfae"
    "802200105354554e207465737420636c69656e74"
    "002400046e0001ff"
    "80290008932ff9b151263b36"
    "000600096576746a3a68367659202020"
    "000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2"
    "80280004e57a3bcf";
constexpr std::string_view kResponseV4 =
    "0101003c2112a442b7e7a701bc34d686fa87dfae"
    "8022000b7465737420766563746f7220"
    "002000080001a147e112a643"
    "000800142b91f599fd9e90c38c7489f92af9ba53f06be7d7"
    "80280004c07d4c96";
constexpr std::string_view kResponseV6 =
    "010100482112a442b7e7a701bc34d686fa87dfae"
    "8022000b7465737420766563746f7220"
    "002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9"
    "00080014a382954e4be67bf11784c97c8292c275bfe3ed41"
    "80280004c8fb0b4c";

std::vector<std::uint8_t> bytes_of(std::string_view hex) {
  auto bytes = crypto::from_hex(hex);
  EXPECT_TRUE(bytes.has_value());
  return bytes.value_or(std::vector<std::uint8_t>{});
}

TEST(Stun, Rfc5769Request) {
  const auto bytes = bytes_of(kRequest);
  const auto message = StunMessage::parse(bytes);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->message_class(), StunClass::kRequest);
  EXPECT_EQ(message->method(), kStunBinding);
  EXPECT_EQ(message->username(), "evtj:h6vY");
  EXPECT_EQ(message->priority(), 0x6e0001ffU);
  EXPECT_EQ(message->ice_controlled(), 0x932ff9b151263b36U);
  EXPECT_FALSE(message->ice_controlling());
  EXPECT_FALSE(message->use_candidate());
  EXPECT_TRUE(message->has_fingerprint());
  EXPECT_TRUE(message->check_integrity(kPassword));
  EXPECT_FALSE(message->check_integrity("VOkJxbRl1RmTxUk/WvJxBT"));
  EXPECT_EQ(stun_local_ufrag(bytes), "evtj");
}

TEST(Stun, Rfc5769ResponseV4) {
  const auto bytes = bytes_of(kResponseV4);
  const auto message = StunMessage::parse(bytes);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->message_class(), StunClass::kSuccess);
  EXPECT_EQ(message->mapped_address()->to_string(), "192.0.2.1:32853");
  EXPECT_TRUE(message->check_integrity(kPassword));
  EXPECT_FALSE(stun_local_ufrag(bytes));
}

TEST(Stun, Rfc5769ResponseV6) {
  const auto bytes = bytes_of(kResponseV6);
  const auto message = StunMessage::parse(bytes);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->mapped_address()->to_string(), "[2001:db8:1234:5678:11:2233:4455:6677]:32853");
  EXPECT_TRUE(message->check_integrity(kPassword));
}

TEST(Stun, WriterAndParserAgree) {
  std::array<std::uint8_t, 256> buffer{};
  const StunTransactionId id{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  StunWriter writer(buffer, StunClass::kRequest, kStunBinding, id);
  writer.add_username("w0abc:xyz");
  writer.add_priority(1234567);
  writer.add_ice_controlling(0x0102030405060708);
  writer.add_use_candidate();
  const std::size_t size = writer.finish("secret");
  ASSERT_GT(size, 0U);
  const auto message = StunMessage::parse(std::span(buffer).first(size));
  ASSERT_TRUE(message);
  EXPECT_EQ(message->transaction_id(), id);
  EXPECT_EQ(message->username(), "w0abc:xyz");
  EXPECT_EQ(message->priority(), 1234567U);
  EXPECT_EQ(message->ice_controlling(), 0x0102030405060708U);
  EXPECT_TRUE(message->use_candidate());
  EXPECT_TRUE(message->check_integrity("secret"));
  EXPECT_EQ(message->unknown_attribute(), 0);
}

TEST(Stun, ErrorCodeAndMappedAddressRoundTrip) {
  std::array<std::uint8_t, 256> buffer{};
  for (const std::string text : {"198.51.100.7:4000", "[2001:db8::5]:65535"}) {
    StunWriter writer(buffer, StunClass::kError, kStunBinding, {});
    writer.add_error_code(stun_error::kRoleConflict, "Role Conflict");
    writer.add_mapped_address(*base::Endpoint::parse(text));
    const std::size_t size = writer.finish("secret");
    const auto message = StunMessage::parse(std::span(buffer).first(size));
    ASSERT_TRUE(message);
    EXPECT_EQ(message->error_code(), 487);
    EXPECT_EQ(message->mapped_address()->to_string(), text);
  }
}

TEST(Stun, AttributesBehindTheIntegrityAreNotSeen) {
  // A USE-CANDIDATE smuggled in behind MESSAGE-INTEGRITY by somebody without the password.
  auto bytes = bytes_of(kRequest);
  bytes.erase(bytes.end() - 8, bytes.end());
  bytes.insert(bytes.end(), {0x00, 0x25, 0x00, 0x00});
  bytes[3] = static_cast<std::uint8_t>(bytes.size() - 20);
  const auto message = StunMessage::parse(bytes);
  ASSERT_TRUE(message);
  EXPECT_TRUE(message->check_integrity(kPassword));
  EXPECT_FALSE(message->use_candidate());
}

TEST(Stun, UnknownMandatoryAttributeIsReported) {
  std::array<std::uint8_t, 64> buffer{};
  StunWriter writer(buffer, StunClass::kRequest, kStunBinding, {});
  writer.add_priority(1);
  const std::size_t size = writer.finish("");
  buffer[20] = 0x7f;
  buffer[21] = 0x01;
  EXPECT_FALSE(StunMessage::parse(std::span(buffer).first(size)));  // the fingerprint no longer fits
  buffer[3] = 8;
  const auto message = StunMessage::parse(std::span(buffer).first(28));
  ASSERT_TRUE(message);
  EXPECT_EQ(message->unknown_attribute(), 0x7f01);
}

TEST(Stun, EveryTruncationAndEveryBitFlipIsRefusedOrDetected) {
  const auto good = bytes_of(kRequest);
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(StunMessage::parse(std::span(good).first(size))) << size;
  }
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    auto bad = good;
    bad[bit / 8] = static_cast<std::uint8_t>(bad[bit / 8] ^ (1 << (bit % 8)));
    const auto message = StunMessage::parse(bad);
    EXPECT_FALSE(message && message->has_fingerprint() && message->check_integrity(kPassword)) << bit;
  }
}

TEST(Stun, GarbageIsHarmless) {
  std::mt19937 random(5);
  const auto good = bytes_of(kRequest);
  for (int i = 0; i < 20000; ++i) {
    auto bytes = good;
    for (int n = 0; n < 4; ++n)
      bytes[8 + random() % (bytes.size() - 8)] = static_cast<std::uint8_t>(random());
    (void)StunMessage::parse(bytes);
    (void)stun_local_ufrag(bytes);
  }
}

TEST(Stun, WriterNeverOverflows) {
  for (std::size_t room = 0; room < 120; ++room) {
    std::vector<std::uint8_t> buffer(room);
    StunWriter writer(buffer, StunClass::kRequest, kStunBinding, {});
    writer.add_username("0123456789:0123456789");
    writer.add_priority(1);
    writer.add_ice_controlling(1);
    const std::size_t size = writer.finish("secret");
    EXPECT_LE(size, room);
  }
}

}  // namespace
}  // namespace ringback::webrtc
