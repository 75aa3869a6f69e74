// The messages of RFC 4475 (SIP torture tests), by their names there: what is valid parses to the right
// values, what is invalid is refused or answered, and nothing crashes.

#include <gtest/gtest.h>

#include "sip/header_values.h"
#include "sip/parser.h"
#include "sip/world_test.h"
#include "sip/writer.h"

namespace ringback::sip {
namespace {

/// Turns the LF of a raw string into CRLF.
std::string wire(std::string_view text) {
  std::string bytes;
  for (const char c : text) {
    if (c == '\n') bytes += '\r';
    bytes += c;
  }
  return bytes;
}

Message parsed(std::string_view text) {
  auto message = parse(wire(text));
  EXPECT_TRUE(message) << message.error().sentence() << "\n" << text;
  return message ? *message : Message{};
}

ParseFault fault_of(std::string_view text) {
  const auto message = parse(wire(text));
  EXPECT_FALSE(message) << text;
  return message ? ParseFault{} : message.error().fault;
}

/// A request with everything it needs; `change` replaces the line of the same header, or comes first.
std::string request(std::string_view start_line, std::string_view more = {},
                    std::string_view cseq = "1 OPTIONS") {
  return wire(
      std::string(start_line) + "\nVia: SIP/2.0/UDP t1.example.com;branch=z9hG4bKkdjuw\nMax-Forwards: 70\n" +
      "From: <sip:caller@example.net>;tag=3884\nTo: <sip:user@example.com>\nCall-ID: x.10.1.1.1\nCSeq: " +
      std::string(cseq) + "\n" + std::string(more) + "l: 0\n\n");
}

constexpr std::string_view kShortTortuous = R"(INVITE sip:vivekg@chair-dnrc.example.com;unknownparam SIP/2.0
TO :
 sip:vivekg@chair-dnrc.example.com ;   tag    = 1918181833n
from   : "J Rosenberg \\\""       <sip:jdrosen@example.com>
  ;
  tag = 98asjd8
MaX-fOrWaRdS: 0068
Call-ID: wsinv.ndaksdj@192.0.2.1
Content-Length   : 150
cseq: 0009
  INVITE
Via  : SIP  /   2.0
 /UDP
    192.0.2.2;branch=390skdjuw
s :
NewFangledHeader:   newfangled value
 continued newfangled value
UnknownHeaderWithUnusualValue: ;;,,;;,;
Content-Type: application/sdp
Route:
 <sip:services.example.com;lr;unknownwith=value;unknown-no-value>
v:  SIP  / 2.0  / TCP     spindle.example.com   ;
  branch  =   z9hG4bK9ikj8  ,
 SIP  /    2.0   / UDP  192.168.255.111   ; branch=
 z9hG4bK30239
m:"Quoted string \"\"" <sip:jdrosen@example.com> ; newparam =
      newvalue ;
  secondparam ; q = 0.33

v=0
o=mhandley 29739 7272939 IN IP4 192.0.2.3
s=-
c=IN IP4 192.0.2.4
t=0 0
m=audio 49217 RTP/AVP 0 12
m=video 3227 RTP/AVP 31
a=rtpmap:31 LPC
)";

TEST(Torture, wsinv) {
  const Message message = parsed(kShortTortuous);
  EXPECT_EQ(message.method, "INVITE");
  EXPECT_EQ(to_of(message)->tag(), "1918181833n");
  EXPECT_EQ(to_of(message)->uri.user, "vivekg");
  EXPECT_EQ(from_of(message)->display_name, "J Rosenberg \\\"");
  EXPECT_EQ(from_of(message)->tag(), "98asjd8");
  EXPECT_EQ(number_of(message.headers, "Max-Forwards"), 68U);
  EXPECT_EQ(cseq_of(message)->number, 9U);
  EXPECT_EQ(cseq_of(message)->method, "INVITE");
  const auto vias = message.headers.elements("Via");
  ASSERT_EQ(vias.size(), 3U);
  EXPECT_EQ(Via::parse(vias[0])->branch(), "390skdjuw");
  EXPECT_EQ(Via::parse(vias[0])->host, "192.0.2.2");
  EXPECT_EQ(Via::parse(vias[1])->transport, "TCP");
  EXPECT_EQ(Via::parse(vias[1])->branch(), "z9hG4bK9ikj8");
  EXPECT_EQ(Via::parse(vias[2])->branch(), "z9hG4bK30239");
  EXPECT_EQ(message.headers.get("NewFangledHeader"), "newfangled value continued newfangled value");
  EXPECT_EQ(message.headers.get("UnknownHeaderWithUnusualValue"), ";;,,;;,;");
  EXPECT_EQ(message.headers.get("Subject"), "");
  const auto contacts = contacts_of(message);
  ASSERT_EQ(contacts.size(), 1U);
  EXPECT_EQ(contacts[0].display_name, "Quoted string \"\"");
  EXPECT_EQ(contacts[0].parameters.get("newparam"), "newvalue");
  EXPECT_TRUE(contacts[0].parameters.has("secondparam"));
  EXPECT_EQ(contacts[0].parameters.get("q"), "0.33");
  const auto routes = routes_of(message, "Route");
  ASSERT_EQ(routes.size(), 1U);
  EXPECT_TRUE(routes[0].uri.parameters.has("lr"));
  EXPECT_TRUE(routes[0].uri.parameters.has("unknown-no-value"));
  EXPECT_EQ(message.body.size(), 150U);
}

TEST(Torture, intmeth) {
  const Message message = parsed(
      R"(!interesting-Method0123456789_*+`.%indeed'~ sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@example.com SIP/2.0
Via: SIP/2.0/TCP host1.example.com;branch=z9hG4bK-.!%66*_+`'~
To: "BEL:\ NUL:\ DEL:" <sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*@example.com>
From: token1~` token2'+_ token3*%!.- <sip:mundane@example.com>;fromParam''~+*_!.-%="work";tag=_token~1'+`*%!-.
Call-ID: intmeth.word%ZK-!.*_+'@word`~)(><:\/"][?}{
CSeq: 139122385 !interesting-Method0123456789_*+`.%indeed'~
Max-Forwards: 255
extensionHeader-!.%*+_`'~: maybe
Content-Length: 0

)");
  EXPECT_EQ(message.method, "!interesting-Method0123456789_*+`.%indeed'~");
  const auto uri = Uri::parse(message.request_uri);
  ASSERT_TRUE(uri);
  EXPECT_EQ(uri->user, "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*");
  EXPECT_EQ(uri->password, "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)");
  EXPECT_EQ(uri->host, "example.com");
  EXPECT_EQ(from_of(message)->tag(), "_token~1'+`*%!-.");
  EXPECT_EQ(top_via(message)->branch(), "z9hG4bK-.!%66*_+`'~");
}

TEST(Torture, esc01AndEscnull) {
  const auto uri = Uri::parse("sip:sips%3Auser%40example.com@example.net");
  ASSERT_TRUE(uri);
  EXPECT_EQ(uri->decoded_user(), "sips:user@example.com");
  EXPECT_EQ(Uri::parse("sip:%75se%72@example.com")->decoded_user(), "user");
  const auto null = Uri::parse("sip:null-%00-null@example.com");
  ASSERT_TRUE(null);
  EXPECT_EQ(null->decoded_user().size(), 11U);
  EXPECT_EQ(null->to_string(), "sip:null-%00-null@example.com");
}

TEST(Torture, esc02) {
  const auto message =
      parse(request("RE%47IST%45R sip:registrar.example.com SIP/2.0", {}, "234234 RE%47IST%45R"));
  ASSERT_TRUE(message);
  EXPECT_EQ(message->method, "RE%47IST%45R");  // a method is never unescaped: this is no REGISTER
}

TEST(Torture, lwsdisp) {
  const auto from = NameAddr::parse("caller<sip:caller@example.com>;tag=323");
  ASSERT_TRUE(from);
  EXPECT_EQ(from->display_name, "caller");
  EXPECT_EQ(from->tag(), "323");
}

TEST(Torture, longreq) {
  std::string long_values;
  for (int i = 0; i < 34; ++i) {
    long_values += "v: SIP/2.0/TCP sip" + std::to_string(i) + ".example.com;branch=z9hG4bK" +
                   std::string(300, 'x') + "\n";
  }
  const auto message = parse(request(
      "INVITE sip:user@example.com SIP/2.0",
      long_values + "Contact: <sip:" + std::string(1500, 'a') + "@host.example.net>\n", "3882340 INVITE"));
  ASSERT_TRUE(message);
  EXPECT_EQ(message->headers.elements("Via").size(), 35U);
  EXPECT_EQ(contacts_of(*message).at(0).uri.user.size(), 1500U);
}

TEST(Torture, dblreq) {
  // More octets in the datagram than Content-Length says: they are no part of the message.
  const std::string first = request("REGISTER sip:example.com SIP/2.0", {}, "8 REGISTER");
  const auto message = parse(first + request("INVITE sip:joe@example.com SIP/2.0", {}, "8 INVITE"));
  ASSERT_TRUE(message);
  EXPECT_EQ(message->method, "REGISTER");
  EXPECT_TRUE(message->body.empty());
}

TEST(Torture, semiuri) {
  const auto uri = Uri::parse("sip:user;par=u%40example.net@example.com");
  ASSERT_TRUE(uri);
  EXPECT_EQ(uri->user, "user;par=u%40example.net");
  EXPECT_TRUE(uri->parameters.empty());
}

TEST(Torture, transports) {
  const auto message = parse(request("OPTIONS sip:user@example.com SIP/2.0",
                                     "Via: SIP/2.0/SCTP t2.example.com;branch=z9hG4bKklasjdhf\n"
                                     "Via: SIP/2.0/TLS t3.example.com;branch=z9hG4bK2980unddj\n"
                                     "Via: SIP/2.0/UNKNOWN t4.example.com;branch=z9hG4bKasd0f3en\n"
                                     "Via: SIP/2.0/TCP t5.example.com;branch=z9hG4bK0a9idfnee\n"));
  ASSERT_TRUE(message);
  const auto vias = message->headers.elements("Via");
  EXPECT_EQ(Via::parse(vias[3])->transport, "UNKNOWN");
}

TEST(Torture, mpart01) {
  Message message;
  message.headers.add("Content-Type", "multipart/mixed;boundary=7a9cbec02ceef655");
  message.body = wire(
      "--7a9cbec02ceef655\nContent-Type: text/plain\nContent-Transfer-Encoding: binary\n\nHello\n"
      "--7a9cbec02ceef655\nContent-type: application/SDP;x=y\n\nv=0\ns=-\n\n--7a9cbec02ceef655--\n");
  EXPECT_EQ(sdp_of(message).substr(0, 5), "v=0\r\n");
  message.headers.set("Content-Type", "multipart/mixed");
  EXPECT_TRUE(sdp_of(message).empty());
}

TEST(Torture, unreasonAndNoreason) {
  const std::string rest =
      "Via: SIP/2.0/UDP 192.0.2.198;branch=z9hG4bK1324923\nCall-ID: unreason.1234ksdfak3j2erwedfsASdf\n"
      "CSeq: 35 INVITE\nFrom: sip:user@example.com;tag=11141343\nTo: sip:user@example.edu;tag=2229\n"
      "Content-Length: 0\n\n";
  const Message russian =
      parsed("SIP/2.0 200 = 2**3 * 5**2 \xd0\xbd\xd0\xbe \xd1\x81\xd1\x82\xd0\xbe\n" + rest);
  EXPECT_EQ(russian.status, 200);
  EXPECT_EQ(russian.reason, "= 2**3 * 5**2 \xd0\xbd\xd0\xbe \xd1\x81\xd1\x82\xd0\xbe");
  EXPECT_EQ(from_of(russian)->tag(), "11141343");  // without brackets the parameter is the header's
  const Message silent = parsed("SIP/2.0 100 \n" + rest);
  EXPECT_EQ(silent.status, 100);
  EXPECT_TRUE(silent.reason.empty());
}

TEST(Torture, badinv01) {
  // Extraneous separators: the Via has empty parameters.
  EXPECT_EQ(fault_of(R"(INVITE sip:user@example.com SIP/2.0
To: sip:j.user@example.com
From: sip:caller@example.net;tag=134161461246
Max-Forwards: 7
Call-ID: badinv01.0ha0isndaksdjasdf3234nas
CSeq: 8 INVITE
Via: SIP/2.0/UDP 192.0.2.15;;,;,,
Contact: "Joe" <sip:joe@example.org>;;;;
Content-Length: 0

)"),
            ParseFault::kBadValue);
}

TEST(Torture, clerrAndNcl) {
  std::string text = request("INVITE sip:user@example.com SIP/2.0", {}, "8 INVITE");
  text.replace(text.find("l: 0"), 4, "l: 9999");
  EXPECT_EQ(parse(text).error().fault, ParseFault::kTruncated);
  text.replace(text.find("l: 9999"), 7, "l: -999");
  EXPECT_EQ(parse(text).error().fault, ParseFault::kBadContentLength);
}

TEST(Torture, scalar02AndScalarlg) {
  EXPECT_EQ(
      parse(request("REGISTER sip:example.com SIP/2.0", {}, "36893488147419103232 REGISTER")).error().fault,
      ParseFault::kBadValue);
  EXPECT_EQ(
      fault_of("SIP/2.0 503 Service Unavailable\nVia: SIP/2.0/TCP host129.example.com;branch=z9hG4bKzzxd\n"
               "To: <sip:t@example.com>;tag=1\nFrom: <sip:u@example.com>;tag=2\nCall-ID: scalarlg\n"
               "CSeq: 9292394834772304023312 OPTIONS\nRetry-After: 949302838503028349304023988\n\n"),
      ParseFault::kBadValue);
  EXPECT_FALSE(retry_after_of(HeaderList{{"Retry-After", "949302838503028349304023988"}}));
}

TEST(Torture, quotbal) {
  std::string text = request("INVITE sip:user@example.com SIP/2.0", {}, "8 INVITE");
  text.replace(text.find("To: <"), 5, "To: \"Mr. J. User <");
  EXPECT_EQ(parse(text).error().fault, ParseFault::kBadValue);
}

TEST(Torture, requestLines) {
  // ltgtruri, lwsruri, lwsstart, trws.
  for (const std::string_view line :
       {"OPTIONS <sip:user@example.com> SIP/2.0", "OPTIONS sip:user@example.com; lr SIP/2.0",
        "OPTIONS  sip:user@example.com  SIP/2.0", "OPTIONS sip:remote-target@example.com SIP/2.0  "}) {
    const auto message = parse(request(line));
    ASSERT_FALSE(message) << line;
    EXPECT_EQ(message.error().fault, ParseFault::kBadStartLine) << line;
    EXPECT_TRUE(top_via(message.error().partial)) << "can be answered with 400: " << line;
  }
}

TEST(Torture, escruri) {
  const auto uri = Uri::parse("sip:user@example.com?Route=%3Csip:example.com%3E");
  ASSERT_TRUE(uri);
  EXPECT_EQ(uri->headers, "Route=%3Csip:example.com%3E");  // kept apart, never used
}

TEST(Torture, baddate) {
  EXPECT_TRUE(
      parse(request("OPTIONS sip:user@example.com SIP/2.0", "Date: Fri, 01 Jan 2010 16:00:00 EST\n")));
}

TEST(Torture, regbadct) {
  EXPECT_FALSE(NameAddr::parse("sip:user@example.com?Route=%3Csip:sip.example.com%3E"));
}

TEST(Torture, badaspec) {
  std::string text = request("OPTIONS sip:user@example.org SIP/2.0");
  text.replace(text.find("<sip:user@example.com>"), 22, "\"Watson, Thomas\" < sip:t.watson @example.org >");
  EXPECT_EQ(parse(text).error().fault, ParseFault::kBadValue);
}

TEST(Torture, baddn) {
  // An unquoted comma in a display name is wrong but clear: RFC 4475 lets an element be liberal here.
  const auto from = NameAddr::parse("Bell, Alexander <sip:a.g.bell@example.com>;tag=43");
  ASSERT_TRUE(from);
  EXPECT_EQ(from->tag(), "43");
}

TEST(Torture, badversAndBigcode) {
  EXPECT_EQ(parse(request("OPTIONS sip:t.watson@example.org SIP/7.0")).error().fault,
            ParseFault::kBadVersion);
  EXPECT_EQ(
      fault_of("SIP/2.0 4294967301 better not break the receiver\nVia: SIP/2.0/UDP h;branch=z9hG4bK2398\n"
               "Call-ID: bigcode.asdof3uj203asdnf3429uasdhfas3ehjasdfas9i\nCSeq: 353494 INVITE\n"
               "From: <sip:user@example.com>;tag=39ansfi3\nTo: <sip:user@example.edu>;tag=902jndnke3\n\n"),
      ParseFault::kBadStartLine);
}

TEST(Torture, mismatch01And02) {
  EXPECT_EQ(parse(request("OPTIONS sip:user@example.com SIP/2.0", {}, "8 INVITE")).error().fault,
            ParseFault::kMethodMismatch);
  EXPECT_EQ(parse(request("NEWMETHOD sip:user@example.com SIP/2.0", {}, "8 INVITE")).error().fault,
            ParseFault::kMethodMismatch);
}

TEST(Torture, insuf) {
  EXPECT_EQ(fault_of("INVITE sip:user@example.com SIP/2.0\nCSeq: 193942 INVITE\n"
                     "Via: SIP/2.0/UDP 192.0.2.95;branch=z9hG4bKkdj.insuf\nContent-Length: 0\n\n"),
            ParseFault::kMissingHeader);
}

TEST(Torture, multi01) {
  EXPECT_EQ(
      parse(request("INVITE sip:user@company.com SIP/2.0", "CSeq: 59 INVITE\nCall-ID: other\n", "8 INVITE"))
          .error()
          .fault,
      ParseFault::kBadValue);
}

TEST(Torture, mcl01) {
  EXPECT_EQ(parse(request("OPTIONS sip:user@example.com SIP/2.0", "Content-Length: 13\n")).error().fault,
            ParseFault::kBadContentLength);
}

TEST(Torture, regaut01AndZeromf) {
  EXPECT_TRUE(parse(request("REGISTER sip:example.com SIP/2.0",
                            "Authorization: NoOneKnowsThisScheme opaque=here\n", "9338 REGISTER")));
  std::string text = request("OPTIONS sip:user@example.com SIP/2.0");
  text.replace(text.find("Max-Forwards: 70"), 16, "Max-Forwards: 0");
  EXPECT_TRUE(parse(text));
}

TEST(Torture, cparam) {
  // cparam01: a header parameter; cparam02: a URI parameter; regescrt: escaped headers in a contact.
  EXPECT_EQ(NameAddr::parse("sip:+19725552222@gw1.example.net;unknownparam")->parameters.get("unknownparam"),
            "");
  EXPECT_TRUE(
      NameAddr::parse("<sip:+19725552222@gw1.example.net;unknownparam>")->uri.parameters.has("unknownparam"));
  EXPECT_EQ(NameAddr::parse("<sip:user@example.com?Route=%3Csip:sip.example.com%3E>")->uri.headers,
            "Route=%3Csip:sip.example.com%3E");
}

TEST(Torture, unksm2) {
  EXPECT_EQ(NameAddr::parse("isbn:2983792873")->uri.scheme, "isbn");
  EXPECT_EQ(NameAddr::parse("<name:John_Smith>")->uri.opaque, "John_Smith");
}

/// Those that need a whole user agent.
class TortureAgentTest : public testing::Test {
 protected:
  TortureAgentTest() : agent(world.add("192.0.2.1:5060")) {
    source.remote = *base::Endpoint::parse("192.0.2.95:5060");
  }
  Message answer_to(const std::string& bytes) {
    agent.sent.clear();
    agent.agent().receive(world.now, bytes, source);
    return agent.sent.empty() ? Message{} : *parse(agent.sent.back());
  }
  World world;
  World::Party& agent;
  Source source;
};

TEST_F(TortureAgentTest, badbranch) {
  // A branch that is only the magic cookie identifies nothing; the transaction is found as RFC 2543 did.
  std::string text = request("OPTIONS sip:user@example.com SIP/2.0");
  text.replace(text.find("z9hG4bKkdjuw"), 12, "z9hG4bK");
  EXPECT_EQ(answer_to(text).status, 200);
}

TEST_F(TortureAgentTest, bcast) {
  EXPECT_EQ(
      answer_to(
          wire("SIP/2.0 200 OK\nVia: SIP/2.0/UDP 192.0.2.198;branch=z9hG4bK1324923\n"
               "Via: SIP/2.0/UDP 255.255.255.255;branch=z9hG4bK1saber23\nCall-ID: bcast.0384840201234ksd\n"
               "CSeq: 35 INVITE\nFrom: <sip:user@example.com>;tag=11141343\n"
               "To: <sip:user@example.edu>;tag=2229\nContent-Length: 0\n\n"))
          .status,
      0);
}

TEST_F(TortureAgentTest, inv2543) {
  const std::string invite = wire(R"(INVITE sip:UserB@example.com SIP/2.0
Via: SIP/2.0/UDP iftgw.example.com
From: <sip:+13035551111@ift.client.example.net;user=phone>
Record-Route: <sip:UserB@example.com;maddr=ss1.example.com>
To: sip:+16505552222@ss1.example.net;user=phone
Call-ID: inv2543.1717@ift.client.example.com
CSeq: 56 INVITE
Contact: <sip:gw@192.0.2.95>

v=0
o=mhandley 29739 7272939 IN IP4 192.0.2.5
s=-
c=IN IP4 192.0.2.5
t=0 0
m=audio 49217 RTP/AVP 0
)");
  EXPECT_EQ(answer_to(invite).status, 100);
  const auto incoming = take<IncomingInvite>(agent.agent());
  ASSERT_TRUE(incoming);
  EXPECT_FALSE(incoming->sdp.empty());
  EXPECT_EQ(answer_to(invite).status, 100);  // recognised as a retransmission without a branch
  EXPECT_FALSE(agent.agent().next_event());
  agent.sent.clear();
  EXPECT_TRUE(agent.agent().reject(world.now, incoming->session, 486).ok());
  const auto refusal = parse(agent.sent.back());
  const std::size_t repeated = agent.agent().statistics().retransmissions;
  std::string ack = wire(
      "ACK sip:UserB@example.com SIP/2.0\nVia: SIP/2.0/UDP iftgw.example.com\n"
      "From: <sip:+13035551111@ift.client.example.net;user=phone>\nTo: " +
      std::string(*refusal->headers.get("To")) +
      "\nCall-ID: inv2543.1717@ift.client.example.com\nCSeq: 56 ACK\n\n");
  EXPECT_EQ(answer_to(ack).status, 0);
  world.run(std::chrono::seconds(60));
  EXPECT_EQ(agent.agent().statistics().retransmissions, repeated);  // the ACK was recognised
}

TEST(Parser, WhatIsWrittenParsesAgain) {
  const Message first = parsed(kShortTortuous);
  const auto second = parse(write(first));
  ASSERT_TRUE(second);
  EXPECT_EQ(second->headers.size(), first.headers.size());
  EXPECT_EQ(second->body, first.body);
  EXPECT_EQ(write(*second), write(first));
}

TEST(Parser, EveryTruncationAndEveryChangedByteIsSurvived) {
  const std::string bytes = wire(kShortTortuous);
  for (std::size_t length = 0; length < bytes.size(); ++length)
    (void)parse(std::string_view(bytes).substr(0, length));
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (const char c : {'\0', '\n', '\r', '"', '<', '>', ';', ',', ':', '\xff'}) {
      std::string changed = bytes;
      changed[i] = c;
      (void)parse(changed);
    }
  }
}

TEST(Parser, BoundsTheNumberOfHeaders) {
  std::string many;
  for (std::size_t i = 0; i < kMaxHeaders; ++i) many += "X: y\n";
  EXPECT_EQ(parse(request("OPTIONS sip:u@h SIP/2.0", many)).error().fault, ParseFault::kTooLarge);
}

}  // namespace
}  // namespace ringback::sip
