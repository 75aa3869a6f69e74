#include "sip/dialog.h"

#include <algorithm>
#include <utility>

namespace ringback::sip {
namespace {

constexpr std::string_view kMaxForwards = "70";

std::optional<Transport> transport_named(const Uri& uri) {
  const std::string name = uri.transport();
  if (name == "udp") return Transport::kUdp;
  if (name == "tcp") return Transport::kTcp;
  if (name == "tls" || uri.is_secure()) return Transport::kTls;
  return std::nullopt;
}

}  // namespace

std::optional<Dialog> Dialog::of_client(const Message& invite, const Message& response,
                                        const Destination& sent_to, const Source& source) {
  const auto from = from_of(invite);
  const auto to = to_of(response);
  const auto cseq = cseq_of(invite);
  const auto target = Uri::parse(invite.request_uri);
  if (!from || !to || to->tag().empty() || !cseq || !target) return std::nullopt;
  Dialog dialog;
  dialog.we_called_ = true;
  dialog.call_id_ = call_id_of(invite);
  dialog.local_ = *invite.headers.get("From");
  dialog.remote_ = *response.headers.get("To");
  dialog.local_tag_ = from->tag();
  dialog.remote_tag_ = to->tag();
  dialog.local_cseq_ = cseq->number;
  dialog.remote_target_ = *target;
  dialog.peer_ = sent_to;
  dialog.confirm(response, source);
  return dialog;
}

std::optional<Dialog> Dialog::of_server(const Message& invite, std::string local_tag, const Source& source) {
  const auto from = from_of(invite);
  const auto to = to_of(invite);
  const auto cseq = cseq_of(invite);
  const auto contacts = contacts_of(invite);
  if (!from || !to || !cseq || contacts.empty()) return std::nullopt;
  Dialog dialog;
  dialog.call_id_ = call_id_of(invite);
  dialog.local_ = std::string(*invite.headers.get("To")) + ";tag=" + local_tag;
  dialog.remote_ = *invite.headers.get("From");
  dialog.local_tag_ = std::move(local_tag);
  dialog.remote_tag_ = from->tag();
  dialog.remote_cseq_ = cseq->number;
  dialog.remote_target_ = contacts.front().uri;
  dialog.routes_ = routes_of(invite, "Record-Route");
  dialog.note_source(source);
  return dialog;
}

void Dialog::confirm(const Message& response, const Source& source) {
  routes_ = routes_of(response, "Record-Route");
  std::ranges::reverse(routes_);
  refresh_target(response);
  note_source(source);
}

void Dialog::refresh_target(const Message& message) {
  const auto contacts = contacts_of(message);
  if (!contacts.empty()) remote_target_ = contacts.front().uri;
}

void Dialog::note_source(const Source& source) {
  peer_.transport = source.transport;
  peer_.endpoint = source.remote;
  peer_.flow = source.flow;
}

Message Dialog::request(std::string_view method, std::uint32_t cseq) const {
  Message message;
  message.method = method;
  Uri target = remote_target_;
  target.headers.clear();
  target.parameters.remove("method");
  message.request_uri = target.to_string();
  message.headers.add("Max-Forwards", std::string(kMaxForwards));
  if (!routes_.empty()) {
    const bool loose = routes_.front().uri.parameters.has("lr");
    for (std::size_t i = loose ? 0 : 1; i < routes_.size(); ++i) {
      message.headers.add("Route", routes_[i].to_string());
    }
    if (!loose) {
      // A strict router of RFC 2543 wants itself in the Request-URI and the target last (RFC 3261 12.2.1.1).
      message.headers.add("Route", '<' + message.request_uri + '>');
      message.request_uri = routes_.front().uri.to_string();
    }
  }
  message.headers.add("From", local_);
  message.headers.add("To", remote_);
  message.headers.add("Call-ID", call_id_);
  message.headers.add("CSeq", CSeq{cseq, std::string(method)}.to_string());
  return message;
}

Message Dialog::make_request(std::string_view method) {
  return request(method, ++local_cseq_);
}

Message Dialog::make_ack(std::uint32_t cseq) const {
  return request("ACK", cseq);
}

bool Dialog::accept_cseq(std::uint32_t number) {
  if (remote_cseq_ && number < *remote_cseq_) return false;
  remote_cseq_ = number;
  return true;
}

Destination Dialog::destination() const {
  const Uri& next = routes_.empty() ? remote_target_ : routes_.front().uri;
  const auto address = base::IpAddress::parse(next.host);
  const bool reachable =
      address && !address->is_unspecified() &&
      (!address->is_private() || peer_.endpoint.address.is_private() || peer_.endpoint.address.is_loopback());
  if (!reachable) return peer_;
  Destination to;
  to.transport = transport_named(next).value_or(peer_.transport);
  to.endpoint.address = *address;
  to.endpoint.port = next.port != 0 ? next.port : to.transport == Transport::kTls ? 5061 : 5060;
  to.tcp_allowed = peer_.tcp_allowed;
  to.server_name = peer_.server_name;
  // A connection that carried the call so far is better than a new one to the same machine: it passes NATs.
  if (is_reliable(to.transport) && to.transport == peer_.transport && *address == peer_.endpoint.address) {
    to.endpoint = peer_.endpoint;
    to.flow = peer_.flow;
  }
  return to;
}

}  // namespace ringback::sip
