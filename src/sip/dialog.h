#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sip/header_values.h"
#include "sip/message.h"
#include "sip/transport.h"

namespace ringback::sip {

/// The peer-to-peer relation that requests inside a call share (RFC 3261 12): identifiers, sequence numbers,
/// route set and remote target. A value; owned by the session.
class Dialog {
 public:
  /// Our INVITE and a response to it that has a To tag. Empty when the response lacks what a dialog needs; a
  /// missing Contact is forgiven before the 2xx, and then the Request-URI stands in.
  static std::optional<Dialog> of_client(const Message& invite, const Message& response,
                                         const Destination& sent_to, const Source& source);
  /// A peer's INVITE and the tag that we answer it with. Empty without a usable Contact.
  static std::optional<Dialog> of_server(const Message& invite, std::string local_tag, const Source& source);

  /// The response that confirms an early dialog sets the route set and the target anew (RFC 3261 13.2.2.4).
  void confirm(const Message& response, const Source& source);
  /// Contact of a re-INVITE, UPDATE, or a 2xx to one (RFC 3261 12.2).
  void refresh_target(const Message& message);
  /// Requests and responses inside the dialog show by which way the peer can be reached.
  void note_source(const Source& source);

  /// A request with everything but Via, Contact and body. Counts the CSeq on.
  [[nodiscard]] Message make_request(std::string_view method);
  /// The ACK of a 2xx to an INVITE with that CSeq number.
  [[nodiscard]] Message make_ack(std::uint32_t cseq) const;
  /// The CSeq of a request that comes in order; false for one that is older (RFC 3261 12.2.2).
  bool accept_cseq(std::uint32_t number);
  /// Where the next request goes: the first route or the remote target when it is an address that can be
  /// reached from here, else where the peer's last message came from (host names, private addresses behind a
  /// NAT).
  [[nodiscard]] Destination destination() const;

  [[nodiscard]] const std::string& call_id() const { return call_id_; }
  [[nodiscard]] const std::string& local_tag() const { return local_tag_; }
  [[nodiscard]] const std::string& remote_tag() const { return remote_tag_; }
  [[nodiscard]] bool we_called() const { return we_called_; }
  void set_local_cseq(std::uint32_t number) { local_cseq_ = number; }

 private:
  [[nodiscard]] Message request(std::string_view method, std::uint32_t cseq) const;

  std::string call_id_;
  std::string local_;   ///< our From value inside the dialog, with tag
  std::string remote_;  ///< our To value inside the dialog, with tag
  std::string local_tag_;
  std::string remote_tag_;
  std::uint32_t local_cseq_ = 0;
  std::optional<std::uint32_t> remote_cseq_;
  Uri remote_target_;
  std::vector<NameAddr> routes_;
  Destination peer_;  ///< where the peer's last message came from
  bool we_called_ = false;
};

}  // namespace ringback::sip
