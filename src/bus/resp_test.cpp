#include "bus/resp.h"

#include <gtest/gtest.h>

#include "crypto/hex.h"

namespace ringback::bus {
namespace {

using Kind = RespValue::Kind;

void feed(RespReader& reader, std::string_view text) {
  reader.feed(crypto::bytes_of(text));
}

RespValue read(std::string_view text) {
  RespReader reader;
  feed(reader, text);
  auto value = reader.next();
  EXPECT_TRUE(value.has_value()) << text;
  EXPECT_FALSE(reader.next().has_value());
  return value.value_or(RespValue{});
}

bool is_broken(std::string_view text) {
  RespReader reader;
  feed(reader, text);
  return !reader.next() && reader.broken();
}

TEST(Resp, ReadsEveryKind) {
  EXPECT_EQ(read("+OK\r\n").text, "OK");
  EXPECT_TRUE(read("-ERR no\r\n").is_error());
  EXPECT_EQ(read(":-12\r\n").integer, -12);
  EXPECT_EQ(read("$-1\r\n").kind, Kind::kNull);
  EXPECT_EQ(read("*-1\r\n").kind, Kind::kNull);
  EXPECT_EQ(read(std::string_view("$4\r\na\r\n\0\r\n", 10)).text, std::string("a\r\n\0", 4));
  const auto message = read("*3\r\n$7\r\nmessage\r\n$2\r\nch\r\n$0\r\n\r\n");
  EXPECT_EQ(message.text_at(0), "message");
  EXPECT_EQ(message.text_at(1), "ch");
  EXPECT_EQ(message.text_at(2), "");
  EXPECT_EQ(message.text_at(3), "");
  EXPECT_EQ(read("*1\r\n*1\r\n:7\r\n").items.at(0).items.at(0).integer, 7);
}

TEST(Resp, BytesMayComeOneByOne) {
  RespReader reader;
  const std::string text = "*2\r\n$3\r\nabc\r\n:5\r\n+PONG\r\n";
  std::vector<RespValue> values;
  for (const char c : text) {
    feed(reader, std::string_view(&c, 1));
    while (auto value = reader.next()) values.push_back(std::move(*value));
  }
  ASSERT_EQ(values.size(), 2U);
  EXPECT_EQ(values[0].text_at(0), "abc");
  EXPECT_EQ(values[1].text, "PONG");
}

TEST(Resp, RefusesWhatIsNone) {
  EXPECT_TRUE(is_broken("HTTP/1.1 400 Bad Request\r\n"));
  EXPECT_TRUE(is_broken("$x\r\n"));
  EXPECT_TRUE(is_broken("$-2\r\n"));
  EXPECT_TRUE(is_broken("$1\r\nabc\r\n"));
  EXPECT_TRUE(is_broken("$99999999999\r\n"));
  EXPECT_TRUE(is_broken("*99999999\r\n"));
  EXPECT_TRUE(is_broken("\r\n"));
  std::string deep;
  for (int i = 0; i < 20; ++i) deep += "*1\r\n";
  EXPECT_TRUE(is_broken(deep));
  EXPECT_TRUE(is_broken("+" + std::string(RespReader::kMaxLine + 1, 'x')));
}

TEST(Resp, WritesCommands) {
  const std::string words[] = {"SET", "k", ""};
  EXPECT_EQ(encode_command(words), "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$0\r\n\r\n");
}

}  // namespace
}  // namespace ringback::bus
