#include "sip/stream_framer.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sip/parser.h"
#include "sip/writer.h"

namespace ringback::sip {
namespace {

std::string options(const std::string& uri) {
  Message message;
  message.method = "OPTIONS";
  message.request_uri = uri;
  message.headers.add("Via", "SIP/2.0/TCP h;branch=z9hG4bK1");
  return write(message);
}

TEST(StreamFramer, CutsMessagesAtAnyBoundary) {
  std::string stream = options("sip:a@b") + "\r\n\r\n";
  Message with_body;
  with_body.method = "INFO";
  with_body.request_uri = "sip:a@b";
  with_body.headers.add("X", "1");
  with_body.body = "line\r\n\r\nline";
  stream += write(with_body) + options("sip:c@d");
  for (std::size_t chunk = 1; chunk < stream.size(); ++chunk) {
    StreamFramer framer;
    std::vector<std::string> messages;
    std::size_t pings = 0;
    for (std::size_t at = 0; at < stream.size(); at += chunk) {
      framer.append(std::string_view(stream).substr(at, chunk));
      while (const auto message = framer.next()) messages.emplace_back(*message);
      pings += framer.take_pings();
    }
    ASSERT_EQ(messages.size(), 3U) << chunk;
    EXPECT_EQ(messages[1], write(with_body));
    EXPECT_EQ(pings, 1U);
    EXPECT_FALSE(framer.broken());
  }
}

TEST(StreamFramer, BreaksOnWhatCannotBeFramed) {
  for (const std::string& bad :
       {std::string("OPTIONS sip:a@b SIP/2.0\r\nVia: x\r\n\r\n"), std::string("X\r\nl: -1\r\n\r\n"),
        std::string("X\r\nl: 99999999\r\n\r\n"), std::string("X\r\nl: 1\r\nContent-Length: 2\r\n\r\nab"),
        std::string(kMaxMessageBytes + 2, 'a')}) {
    StreamFramer framer;
    framer.append(bad);
    EXPECT_FALSE(framer.next());
    EXPECT_TRUE(framer.broken());
    framer.append("more");
    EXPECT_FALSE(framer.next());
  }
}

}  // namespace
}  // namespace ringback::sip
