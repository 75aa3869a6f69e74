#pragma once

#include <string_view>

#include "sip/event.h"
#include "sip/token.h"
#include "sip/transaction_layer.h"
#include "sip/user_agent.h"

namespace ringback::sip {

/// What a session needs from the UserAgent that owns it.
class SessionHost {
 public:
  virtual ~SessionHost() = default;
  [[nodiscard]] virtual const Config& config() const = 0;
  virtual TransactionLayer& transactions() = 0;
  virtual TokenMinter& minter() = 0;
  virtual void emit(Event event) = 0;
};

/// Methods that this user agent understands inside and outside of calls.
inline constexpr std::string_view kAllow = "INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE, INFO";
/// Extensions (RFC 3262, RFC 4028).
inline constexpr std::string_view kSupported = "100rel, timer";
inline constexpr std::string_view kSdpType = "application/sdp";

/// The headers that every message of ours which offers a session carries: Contact, Allow, Supported.
void add_capabilities(Message& message, const std::string& contact);
/// Sets the body and its type; nothing for an empty one.
void set_sdp(Message& message, std::string_view sdp);
/// Adds headers of the owner, except those that the protocol writes itself.
void add_extra_headers(Message& message, const HeaderList& headers);
/// "<sip:user@address;transport=tcp>" for a peer that is reached that way.
[[nodiscard]] std::string contact_for(const SessionHost& host, std::string_view user, Transport transport,
                                      const base::Endpoint& remote);

}  // namespace ringback::sip
