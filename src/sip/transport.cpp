#include "sip/transport.h"

namespace ringback::sip {

std::string_view via_name(Transport transport) {
  switch (transport) {
    case Transport::kUdp:
      return "UDP";
    case Transport::kTcp:
      return "TCP";
    case Transport::kTls:
      return "TLS";
  }
  return "UDP";
}

}  // namespace ringback::sip
