#include "crypto/aes.h"

#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

#include "crypto/hex.h"

namespace ringback::crypto {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes hex(std::string_view text) {
  return from_hex(text).value();
}

template <class Array>
Array array_of(std::string_view text) {
  const Bytes bytes = hex(text);
  Array out{};
  std::copy(bytes.begin(), bytes.end(), out.begin());
  return out;
}

// RFC 3711 appendix B.2: the key stream of AES in counter mode.
TEST(AesCtr, Rfc3711KeyStream) {
  AesCtr cipher(hex("2b7e151628aed2a6abf7158809cf4f3c"));
  Bytes data(48, 0);
  cipher.apply(array_of<AesBlock>("f0f1f2f3f4f5f6f7f8f9fafbfcfd0000"), data);
  EXPECT_EQ(to_hex(data),
            "e03ead0935c95e80e166b16dd92b4eb4"
            "d23513162b02d0f72a43a2fe4a5f97ab"
            "41e95b3bb0a2e8dd477901e4fca894c0");
}

TEST(AesCtr, EachCallStartsAtItsCounter) {
  AesCtr cipher(hex("2b7e151628aed2a6abf7158809cf4f3c"));
  const auto counter = array_of<AesBlock>("f0f1f2f3f4f5f6f7f8f9fafbfcfd0000");
  Bytes first(5, 0);
  cipher.apply(counter, first);
  Bytes second(5, 0);
  cipher.apply(counter, second);
  EXPECT_EQ(first, second);
  cipher.apply(counter, {});
}

// NIST GCM test case 4 (McGrew and Viega).
constexpr std::string_view kKey = "feffe9928665731c6d6a8f9467308308";
constexpr std::string_view kNonce = "cafebabefacedbaddecaf888";
constexpr std::string_view kPlain =
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5"
    "aa0de6"
    "57ba637b39";
constexpr std::string_view kAssociated = "feedfacedeadbeeffeedfacedeadbeefabaddad2";
constexpr std::string_view kCipher =
    "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b39"
    "6a0aac"
    "973d58e091";
constexpr std::string_view kTag = "5bc94fbc3221a5db94fae95ae7121a47";

TEST(AesGcm, NistVectorBothWays) {
  AesGcmSealer sealer(hex(kKey));
  AesGcmOpener opener(hex(kKey));
  for (int round = 0; round < 2; ++round) {
    Bytes data = hex(kPlain);
    const Bytes associated = hex(kAssociated);
    std::array<std::uint8_t, kGcmTagSize> tag;
    sealer.seal(array_of<GcmNonce>(kNonce), std::span(associated).first(7), std::span(associated).subspan(7),
                data, tag);
    EXPECT_EQ(to_hex(data), kCipher);
    EXPECT_EQ(to_hex(tag), kTag);
    EXPECT_TRUE(opener.open(array_of<GcmNonce>(kNonce), associated, {}, data, tag));
    EXPECT_EQ(to_hex(data), kPlain);
  }
}

TEST(AesGcm, WrongTagGivesNoPlaintextAndNoLastingHarm) {
  AesGcmOpener opener(hex(kKey));
  const Bytes associated = hex(kAssociated);
  Bytes data = hex(kCipher);
  auto tag = array_of<std::array<std::uint8_t, kGcmTagSize>>(kTag);
  tag[15] ^= 1;
  EXPECT_FALSE(opener.open(array_of<GcmNonce>(kNonce), associated, {}, data, tag));
  EXPECT_EQ(data, Bytes(data.size(), 0));

  data = hex(kCipher);
  tag[15] ^= 1;
  EXPECT_TRUE(opener.open(array_of<GcmNonce>(kNonce), associated, {}, data, tag));
}

TEST(AesGcm, AuthenticatesWithoutData) {
  AesGcmSealer sealer(Bytes(32, 7));
  AesGcmOpener opener(Bytes(32, 7));
  const Bytes associated = {1, 2, 3};
  std::array<std::uint8_t, kGcmTagSize> tag;
  sealer.seal(GcmNonce{}, associated, {}, {}, tag);
  EXPECT_TRUE(opener.open(GcmNonce{}, associated, {}, {}, tag));
  EXPECT_FALSE(opener.open(GcmNonce{1}, associated, {}, {}, tag));
}

}  // namespace
}  // namespace ringback::crypto
