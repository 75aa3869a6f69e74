#include "crypto/digest.h"

#include <string>

#include <gtest/gtest.h>

#include "crypto/base64.h"
#include "crypto/hmac.h"
#include "crypto/random.h"

namespace ringback::crypto {
namespace {

TEST(Digest, KnownValues) {
  EXPECT_EQ(to_hex(md5("abc")), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(to_hex(sha1("abc")), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(to_hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(sha512_256("abc")), "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23");
  EXPECT_EQ(digest_hex(DigestAlgorithm::kMd5, ""), "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(digest_hex(DigestAlgorithm::kSha256, "abc").substr(0, 8), "ba7816bf");
  EXPECT_EQ(digest_hex(DigestAlgorithm::kSha512_256, "abc").substr(0, 8), "53048e26");
}

TEST(Hmac, Rfc2202AndRfc4231) {
  EXPECT_EQ(to_hex(hmac_sha1(std::string(20, '\x0b'), "Hi There")),
            "b617318655057264e28bc0b6fb378c8ef146be00");
  EXPECT_EQ(to_hex(hmac_sha1("Jefe", "what do ya want for nothing?")),
            "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
  EXPECT_EQ(
      to_hex(hmac_sha1(std::string(80, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First")),
      "aa4ae5e15272d00e95705637ce8a3b55ed402112");
  EXPECT_EQ(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(to_hex(hmac_sha256("", "")), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(Hmac, PiecesAndCachedStatesAgreeWithOneCall) {
  const HmacSha1 mac(bytes_of("key"));
  const Sha1Digest whole = hmac_sha1("key", "hello world");
  EXPECT_EQ(mac.compute(bytes_of("hello "), bytes_of("world")), whole);
  EXPECT_EQ(mac.compute(bytes_of("hello world")), whole);
  EXPECT_EQ(hmac_sha1(bytes_of("key"), {bytes_of("hel"), bytes_of(""), bytes_of("lo world")}), whole);
}

TEST(ConstantTimeEqual, ComparesContentAndLength) {
  EXPECT_TRUE(constant_time_equal("abc", "abc"));
  EXPECT_FALSE(constant_time_equal("abc", "abd"));
  EXPECT_FALSE(constant_time_equal("abc", "ab"));
  EXPECT_TRUE(constant_time_equal("", ""));
}

TEST(Hex, RoundTripAndRefusal) {
  EXPECT_EQ(from_hex("00fFa1"), (std::vector<std::uint8_t>{0, 255, 0xa1}));
  EXPECT_EQ(to_hex(from_hex("00fFa1").value()), "00ffa1");
  EXPECT_FALSE(from_hex("0"));
  EXPECT_FALSE(from_hex("0g"));
}

TEST(Base64, Rfc4648Vectors) {
  const std::pair<std::string_view, std::string_view> vectors[] = {{"", ""},
                                                                   {"f", "Zg=="},
                                                                   {"fo", "Zm8="},
                                                                   {"foo", "Zm9v"},
                                                                   {"foob", "Zm9vYg=="},
                                                                   {"fooba", "Zm9vYmE="},
                                                                   {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, encoded] : vectors) {
    EXPECT_EQ(base64_encode(plain), encoded);
    const auto decoded = base64_decode(encoded);
    ASSERT_TRUE(decoded) << encoded;
    EXPECT_EQ(std::string(decoded->begin(), decoded->end()), plain);
    const std::string_view unpadded = encoded.substr(0, encoded.find('='));
    EXPECT_EQ(base64url_encode(plain), unpadded);
    EXPECT_EQ(base64url_decode(unpadded), decoded);
  }
}

TEST(Base64, AlphabetsDiffer) {
  const std::vector<std::uint8_t> bytes = {0xfb, 0xff};
  EXPECT_EQ(base64_encode(bytes), "+/8=");
  EXPECT_EQ(base64url_encode(bytes), "-_8");
  EXPECT_FALSE(base64_decode("-_8"));
  EXPECT_FALSE(base64url_decode("+/8"));
}

TEST(Base64, RefusesWhatIsNotCanonical) {
  for (const std::string_view text : {"A", "====", "Zg=", "Zg=g", "Zh==", "Zm9=", "Zm 9v", "Z===", "="}) {
    EXPECT_FALSE(base64_decode(text)) << text;
  }
}

TEST(Random, TokensAndBounds) {
  EXPECT_EQ(random_token(40).size(), 40U);
  EXPECT_NE(random_token(40), random_token(40));
  EXPECT_TRUE(random_token(0).empty());
  for (const char c : random_token(500)) EXPECT_TRUE(std::isalnum(static_cast<unsigned char>(c)));
  std::array<int, 3> seen{};
  for (int i = 0; i < 300; ++i) ++seen.at(random_below(3));
  for (const int count : seen) EXPECT_GT(count, 40);
  EXPECT_NE((random_array<16>()), (random_array<16>()));
}

}  // namespace
}  // namespace ringback::crypto
