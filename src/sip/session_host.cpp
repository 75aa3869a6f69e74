#include "sip/session_host.h"

#include <algorithm>
#include <array>

#include "sip/parameters.h"

namespace ringback::sip {

void add_capabilities(Message& message, const std::string& contact) {
  message.headers.set("Contact", contact);
  message.headers.set("Allow", std::string(kAllow));
  message.headers.set("Supported", std::string(kSupported));
}

void set_sdp(Message& message, std::string_view sdp) {
  if (sdp.empty()) return;
  message.headers.set("Content-Type", std::string(kSdpType));
  message.body = sdp;
}

void add_extra_headers(Message& message, const HeaderList& headers) {
  constexpr std::array<std::string_view, 17> kOurs = {"Via",
                                                      "From",
                                                      "To",
                                                      "Call-ID",
                                                      "CSeq",
                                                      "Contact",
                                                      "Route",
                                                      "Record-Route",
                                                      "Max-Forwards",
                                                      "Content-Length",
                                                      "Content-Type",
                                                      "RSeq",
                                                      "RAck",
                                                      "Authorization",
                                                      "Proxy-Authorization",
                                                      "Session-Expires",
                                                      "Min-SE"};
  for (const Header& header : headers) {
    const std::string_view name = long_name(header.name);
    if (!is_token(name)) continue;
    if (std::ranges::any_of(kOurs, [&](std::string_view own) { return equal_ignoring_case(own, name); }))
      continue;
    if (equal_ignoring_case(name, "User-Agent") || equal_ignoring_case(name, "Allow") ||
        equal_ignoring_case(name, "Supported")) {
      message.headers.set(name, header.value);
    } else {
      message.headers.add(name, header.value);
    }
  }
}

std::string contact_for(const SessionHost& host, std::string_view user, Transport transport,
                        const base::Endpoint& remote) {
  const base::Endpoint local = host.config().local_address(transport, remote);
  std::string contact = "<sip:" + std::string(user) + '@' + local.to_string();
  if (transport == Transport::kTcp) contact += ";transport=tcp";
  if (transport == Transport::kTls) contact += ";transport=tls";
  return contact + '>';
}

}  // namespace ringback::sip
