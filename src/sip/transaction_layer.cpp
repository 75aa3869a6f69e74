#include "sip/transaction_layer.h"

#include <utility>
#include <vector>

#include "sip/header_values.h"
#include "sip/writer.h"

namespace ringback::sip {
namespace {

/// RFC 3261 18.1.1: above it, UDP would be cut into fragments on an Ethernet path of unknown MTU.
constexpr std::size_t kMaxUdpRequest = 1300;
constexpr std::string_view kMagicCookie = "z9hG4bK";
constexpr std::uint16_t kDefaultPort = 5060;

std::string client_key(const std::string& branch, std::string_view method) {
  return branch + '|' + std::string(method);
}

/// RFC 3261 17.2.3. ACK belongs to its INVITE. Requests of RFC 2543 have no unique branch: there the whole
/// call identifies the transaction, and the To tag is left out because an ACK has one where its INVITE had
/// none.
std::string server_key(const Message& request, const Via& via, std::string_view method) {
  const std::string sent_by = via.host + ':' + std::to_string(via.port == 0 ? kDefaultPort : via.port);
  const std::string branch = via.branch();
  if (branch.size() > kMagicCookie.size() && branch.starts_with(kMagicCookie)) {
    return branch + '|' + sent_by + '|' + std::string(method);
  }
  const auto from = from_of(request);
  const auto cseq = cseq_of(request);
  return request.request_uri + '|' + std::string(call_id_of(request)) + '|' +
         (from ? from->tag() : std::string()) + '|' + std::to_string(cseq ? cseq->number : 0) + '|' + branch +
         '|' + sent_by + '|' + std::string(method);
}

/// RFC 3261 18.2.1 and RFC 3581 4: note in the top Via where the request really came from.
void note_source(Message& request, Via& via, const Source& source) {
  const std::string address = source.remote.address.to_string();
  const std::string host =
      !via.host.empty() && via.host.front() == '[' ? via.host.substr(1, via.host.size() - 2) : via.host;
  const bool asked = via.parameters.has("rport");
  if (asked) via.parameters.set("rport", std::to_string(source.remote.port));
  if (asked || host != address) via.parameters.set("received", address);
  // The first Via header may hold several values; only its first one changes.
  for (Header& header : request.headers) {
    if (!equal_ignoring_case(header.name, "Via")) continue;
    const auto pieces = split(header.value, ',');
    std::string value = via.to_string();
    for (std::size_t i = 1; i < pieces.size(); ++i) value += ", " + std::string(pieces[i]);
    header.value = std::move(value);
    return;
  }
}

/// RFC 3261 18.2.2 and RFC 3581 4. `maddr` is ignored on purpose: a stranger must not choose where we send
/// to.
Destination response_destination(const Via& via, const Source& source) {
  Destination to;
  to.transport = source.transport;
  to.endpoint = source.remote;
  to.flow = source.flow;
  if (!is_reliable(source.transport) && !via.parameters.has("rport")) {
    to.endpoint.port = via.port == 0 ? kDefaultPort : via.port;
  }
  return to;
}

}  // namespace

TransactionLayer::TransactionLayer(const Timers& timers, LocalAddress local_address, TokenMinter& minter,
                                   Sink& sink, TransactionUser& user)
    : timers_(timers), local_address_(std::move(local_address)), minter_(minter), sink_(sink), user_(user) {}

void TransactionLayer::receive(base::TimePoint now, Message message, const Source& source) {
  if (message.is_response()) {
    receive_response(now, message, source);
  } else {
    receive_request(now, std::move(message), source);
  }
}

void TransactionLayer::receive_response(base::TimePoint now, const Message& response, const Source& source) {
  const auto via = top_via(response);
  const auto cseq = cseq_of(response);
  // RFC 3261 8.1.3.3: a second Via means that the response went astray.
  if (!via || !cseq || response.headers.elements("Via").size() != 1) {
    ++dropped_;
    return;
  }
  const auto key = client_keys_.find(client_key(via->branch(), cseq->method));
  if (key == client_keys_.end()) {
    ++dropped_;
    return;
  }
  const TransactionId id = key->second;
  ClientTransaction& transaction = clients_.at(id);
  const SessionId owner = transaction.owner();
  const bool news = transaction.receive(now, response, sink_);
  deadlines_.update(id, transaction);
  if (news) user_.on_response(now, owner, id, response, source);
}

void TransactionLayer::receive_request(base::TimePoint now, Message request, const Source& source) {
  auto via = top_via(request);
  if (!via) {
    ++dropped_;
    return;
  }
  const bool is_ack = request.method == "ACK";
  const std::string key = server_key(request, *via, is_ack ? std::string_view("INVITE") : request.method);
  if (const auto known = server_keys_.find(key); known != server_keys_.end()) {
    ServerTransaction& transaction = servers_.at(known->second);
    if (!is_ack) {
      transaction.receive_again(sink_);
      retransmissions_ += transaction.take_retransmissions();
      return;
    }
    transaction.receive_ack(now);
    deadlines_.update(known->second, transaction);
    // The ACK of a 2xx in the style of RFC 2543 shares the key; the session has to see it.
    const bool of_old_peer = !via->branch().starts_with(kMagicCookie);
    if (!of_old_peer) return;
  }
  note_source(request, *via, source);
  if (is_ack) {
    user_.on_ack(now, request, source);
    return;
  }

  const TransactionId id = new_id();
  const auto entry =
      servers_.emplace(id, ServerTransaction(request, response_destination(*via, source), timers_)).first;
  server_keys_.emplace(key, id);
  deadlines_.update(id, entry->second);
  if (request.method != "CANCEL") {
    user_.on_request(now, id, request, source);
    return;
  }
  const auto cancelled = server_keys_.find(server_key(request, *via, "INVITE"));
  const bool found = cancelled != server_keys_.end();
  const TransactionId invite = found ? cancelled->second : TransactionId::kNone;
  respond(now, id, make_response(request, found ? 200 : 481, {}, minter_.tag()));
  if (found) user_.on_cancel(now, invite, request);
}

void TransactionLayer::advance(base::TimePoint now) {
  TransactionId id{};
  while (deadlines_.pop_due(now, id)) {
    if (clients_.contains(id)) {
      advance_client(now, id);
    } else if (servers_.contains(id)) {
      advance_server(now, id);
    }
  }
}

void TransactionLayer::advance_client(base::TimePoint now, TransactionId id) {
  ClientTransaction& transaction = clients_.at(id);
  transaction.scheduled = base::kNever;
  const SessionId owner = transaction.owner();
  auto outcome = ClientTransaction::Outcome::kNothing;
  if (transaction.next_deadline() <= now) outcome = transaction.advance(now, sink_);
  retransmissions_ += transaction.take_retransmissions();
  const bool over = transaction.is_terminated();
  deadlines_.update(id, transaction);
  if (outcome == ClientTransaction::Outcome::kTimedOut) user_.on_timeout(now, owner, id);
  if (over) forget_client(now, id);
}

void TransactionLayer::advance_server(base::TimePoint now, TransactionId id) {
  ServerTransaction& transaction = servers_.at(id);
  transaction.scheduled = base::kNever;
  if (transaction.next_deadline() <= now) {
    // A refusal that nobody acknowledges needs no reaction: the session it belonged to is over already.
    [[maybe_unused]] const auto outcome = transaction.advance(now, sink_);
  }
  retransmissions_ += transaction.take_retransmissions();
  if (!transaction.is_terminated()) {
    deadlines_.update(id, transaction);
    return;
  }
  if (const auto via = top_via(transaction.request())) {
    server_keys_.erase(server_key(transaction.request(), *via, transaction.request().method));
  }
  servers_.erase(id);
}

void TransactionLayer::forget_client(base::TimePoint now, TransactionId id) {
  const auto found = clients_.find(id);
  if (found == clients_.end()) return;
  const SessionId owner = found->second.owner();
  const Message& request = found->second.request();
  if (const auto via = top_via(request)) client_keys_.erase(client_key(via->branch(), request.method));
  clients_.erase(found);
  user_.on_client_gone(now, owner, id);
}

void TransactionLayer::transport_failed(base::TimePoint now, const Destination& to, std::string_view why) {
  std::vector<TransactionId> affected;
  for (const auto& [id, transaction] : clients_) {
    if (transaction.has_final_response()) continue;
    const Destination& used = transaction.destination();
    const bool same =
        to.flow != 0 ? used.flow == to.flow : used.transport == to.transport && used.endpoint == to.endpoint;
    if (same) affected.push_back(id);
  }
  for (const TransactionId id : affected) {
    const auto found = clients_.find(id);
    if (found == clients_.end() || found->second.has_final_response()) continue;
    ClientTransaction& transaction = found->second;
    const SessionId owner = transaction.owner();
    if (transaction.moved_to_tcp && transaction.state() != ClientTransaction::State::kProceeding) {
      // RFC 3261 18.1.1: large requests try TCP first, and UDP when TCP does not work.
      Message request = transaction.request();
      Destination udp = transaction.destination();
      udp.transport = Transport::kUdp;
      udp.flow = 0;
      udp.tcp_allowed = false;
      if (const auto via = top_via(request)) client_keys_.erase(client_key(via->branch(), request.method));
      clients_.erase(found);
      request.headers.remove("Via");
      launch(now, id, std::move(request), std::move(udp), owner);
      continue;
    }
    transaction.terminate();
    user_.on_transport_failure(now, owner, id, why);
    forget_client(now, id);
  }
}

void TransactionLayer::add_via(Message& request, const Destination& to) {
  const base::Endpoint local = local_address_(to.transport, to.endpoint);
  Via via;
  via.transport = via_name(to.transport);
  via.host = local.address.is_v6() ? '[' + local.address.to_string() + ']' : local.address.to_string();
  via.port = local.port;
  via.parameters.set("branch", minter_.branch());
  via.parameters.set("rport", std::nullopt);
  request.headers.prepend("Via", via.to_string());
}

TransactionId TransactionLayer::start(base::TimePoint now, Message request, Destination to, SessionId owner) {
  user_.on_client_started(owner);
  return launch(now, new_id(), std::move(request), std::move(to), owner);
}

TransactionId TransactionLayer::launch(base::TimePoint now, TransactionId id, Message request, Destination to,
                                       SessionId owner) {
  bool moved = false;
  add_via(request, to);
  if (to.transport == Transport::kUdp && write(request).size() > kMaxUdpRequest) {
    ++oversized_;
    if (to.tcp_allowed) {
      moved = true;
      to.transport = Transport::kTcp;
      to.flow = 0;
      request.headers.remove("Via");
      add_via(request, to);
    } else {
      to.oversized = true;
    }
  }
  const std::string key = client_key(top_via(request)->branch(), request.method);
  const auto entry =
      clients_.emplace(id, ClientTransaction(now, std::move(request), std::move(to), owner, timers_, sink_))
          .first;
  entry->second.moved_to_tcp = moved;
  client_keys_.emplace(key, id);
  deadlines_.update(id, entry->second);
  return id;
}

TransactionId TransactionLayer::start_cancel(base::TimePoint now, TransactionId invite,
                                             const HeaderList& headers) {
  const auto found = clients_.find(invite);
  if (found == clients_.end() || found->second.has_final_response()) return TransactionId::kNone;
  Message request = found->second.make_cancel();
  for (const Header& header : headers) request.headers.add(header.name, header.value);
  const Destination to = found->second.destination();
  const SessionId owner = found->second.owner();
  const std::string key = client_key(top_via(request)->branch(), request.method);
  const TransactionId id = new_id();
  user_.on_client_started(owner);
  const auto entry =
      clients_.emplace(id, ClientTransaction(now, std::move(request), to, owner, timers_, sink_)).first;
  client_keys_.emplace(key, id);
  deadlines_.update(id, entry->second);
  return id;
}

void TransactionLayer::stop_retransmitting(TransactionId id) {
  const auto found = clients_.find(id);
  if (found != clients_.end()) found->second.stop_retransmitting();
}

void TransactionLayer::terminate(base::TimePoint now, TransactionId id) {
  forget_client(now, id);
}

std::string TransactionLayer::send_ack(Message ack, const Destination& to) {
  add_via(ack, to);
  std::string bytes = write(ack);
  sink_.send(bytes, to);
  return bytes;
}

bool TransactionLayer::respond(base::TimePoint now, TransactionId id, const Message& response) {
  const auto found = servers_.find(id);
  if (found == servers_.end()) return false;
  found->second.respond(now, response, sink_);
  deadlines_.update(id, found->second);
  return true;
}

void TransactionLayer::respond_statelessly(const Message& request, const Message& response,
                                           const Source& source) {
  const auto via = top_via(request);
  if (via) sink_.send(write(response), response_destination(*via, source));
}

const Message* TransactionLayer::server_request(TransactionId id) const {
  const auto found = servers_.find(id);
  return found == servers_.end() ? nullptr : &found->second.request();
}

bool TransactionLayer::has_final_response(TransactionId id) const {
  const auto found = servers_.find(id);
  return found == servers_.end() || found->second.has_final_response();
}

const ClientTransaction* TransactionLayer::client(TransactionId id) const {
  const auto found = clients_.find(id);
  return found == clients_.end() ? nullptr : &found->second;
}

}  // namespace ringback::sip
