#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/time.h"
#include "sip/client_transaction.h"
#include "sip/deadline_queue.h"
#include "sip/event.h"
#include "sip/message.h"
#include "sip/server_transaction.h"
#include "sip/token.h"
#include "sip/transport.h"

namespace ringback::sip {

/// Names one client or server transaction of one layer; never used twice.
enum class TransactionId : std::uint64_t { kNone = 0 };

/// What the layer tells its user. Calls may start and answer transactions.
class TransactionUser {
 public:
  virtual ~TransactionUser() = default;
  virtual void on_response(base::TimePoint now, SessionId owner, TransactionId id, const Message& response,
                           const Source& source) = 0;
  /// Timer B or F: no final response.
  virtual void on_timeout(base::TimePoint now, SessionId owner, TransactionId id) = 0;
  virtual void on_transport_failure(base::TimePoint now, SessionId owner, TransactionId id,
                                    std::string_view why) = 0;
  /// A client transaction was started for that owner, with on_client_gone() to follow.
  virtual void on_client_started(SessionId owner) = 0;
  /// A client transaction has left the memory; the last word about it.
  virtual void on_client_gone(base::TimePoint now, SessionId owner, TransactionId id) = 0;
  /// A new request other than ACK and CANCEL.
  virtual void on_request(base::TimePoint now, TransactionId id, const Message& request,
                          const Source& source) = 0;
  /// A CANCEL for a request of ours to answer; the CANCEL itself has been answered with 200.
  virtual void on_cancel(base::TimePoint now, TransactionId cancelled, const Message& cancel) = 0;
  /// An ACK outside of any transaction: that of a 2xx.
  virtual void on_ack(base::TimePoint now, const Message& ack, const Source& source) = 0;
};

/// Keeps all transactions of a UserAgent, matches messages to them (RFC 3261 17.1.3, 17.2.3) and runs their
/// timers. Owns Via: writes ours, fills received and rport into the peers'. One thread, no clock.
class TransactionLayer {
 public:
  using LocalAddress = std::function<base::Endpoint(Transport transport, const base::Endpoint& remote)>;

  TransactionLayer(const Timers& timers, LocalAddress local_address, TokenMinter& minter, Sink& sink,
                   TransactionUser& user);

  void receive(base::TimePoint now, Message message, const Source& source);
  void advance(base::TimePoint now);
  [[nodiscard]] base::TimePoint next_deadline() const { return deadlines_.next(); }
  void transport_failed(base::TimePoint now, const Destination& to, std::string_view why);

  /// Starts a client transaction; the request gets its Via here.
  TransactionId start(base::TimePoint now, Message request, Destination to, SessionId owner);
  /// CANCEL of an INVITE that is still under way; kNone when it is not.
  TransactionId start_cancel(base::TimePoint now, TransactionId invite, const HeaderList& headers);
  /// The INVITE goes out no more, its responses are still taken.
  void stop_retransmitting(TransactionId id);
  /// Drops a client transaction; on_client_gone() follows from the next advance().
  void terminate(base::TimePoint now, TransactionId id);
  /// Sends a request that has no transaction: the ACK of a 2xx. The message gets its Via here; returns the
  /// bytes for repetition.
  std::string send_ack(Message ack, const Destination& to);
  void send_bytes(std::string_view bytes, const Destination& to) { sink_.send(bytes, to); }

  /// Answers; false when the transaction is gone.
  bool respond(base::TimePoint now, TransactionId id, const Message& response);
  /// Answers a request that could not be parsed but has the headers for it; no transaction is kept.
  void respond_statelessly(const Message& request, const Message& response, const Source& source);

  [[nodiscard]] const Message* server_request(TransactionId id) const;
  [[nodiscard]] bool has_final_response(TransactionId id) const;
  [[nodiscard]] const ClientTransaction* client(TransactionId id) const;
  [[nodiscard]] std::size_t size() const { return clients_.size() + servers_.size(); }
  [[nodiscard]] std::size_t retransmissions() const { return retransmissions_; }
  [[nodiscard]] std::size_t dropped() const { return dropped_; }
  [[nodiscard]] std::size_t oversized() const { return oversized_; }

 private:
  void receive_response(base::TimePoint now, const Message& response, const Source& source);
  void receive_request(base::TimePoint now, Message request, const Source& source);
  void advance_client(base::TimePoint now, TransactionId id);
  void advance_server(base::TimePoint now, TransactionId id);
  void forget_client(base::TimePoint now, TransactionId id);
  void add_via(Message& request, const Destination& to);
  TransactionId launch(base::TimePoint now, TransactionId id, Message request, Destination to,
                       SessionId owner);
  TransactionId new_id() { return static_cast<TransactionId>(++last_id_); }

  Timers timers_;
  LocalAddress local_address_;
  TokenMinter& minter_;
  Sink& sink_;
  TransactionUser& user_;

  std::uint64_t last_id_ = 0;
  std::unordered_map<TransactionId, ClientTransaction> clients_;
  std::unordered_map<TransactionId, ServerTransaction> servers_;
  std::unordered_map<std::string, TransactionId> client_keys_;
  std::unordered_map<std::string, TransactionId> server_keys_;
  DeadlineQueue<TransactionId> deadlines_;
  std::size_t retransmissions_ = 0;
  std::size_t dropped_ = 0;
  std::size_t oversized_ = 0;
};

}  // namespace ringback::sip
