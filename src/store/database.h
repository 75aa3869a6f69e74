#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "store/call_row.h"
#include "store/connection.h"
#include "store/schema.h"

namespace ringback::store {

/// The sign of life of a node that shares the database.
struct NodeBeat {
  std::string node;
  std::string incarnation;  ///< of the process: two that use one name are told apart
  std::int64_t beat = 0;    ///< grows while the process lives; compared, so that no two clocks must agree
  bool operator==(const NodeBeat&) const = default;
};

/// The statements of the store, one blocking function each. Owner: the store's thread. The time is an
/// argument.
class Database {
 public:
  /// Opens and migrates. Rows that are inserted carry the node's name.
  [[nodiscard]] static Outcome<std::unique_ptr<Database>> open(const DatabaseUrl& url, std::string node,
                                                               std::shared_ptr<Lifeline> lifeline = nullptr);

  /// True for a server that other nodes may use at the same time.
  [[nodiscard]] bool shared() const { return connection_->shared(); }

  Outcome<> begin() { return connection_->begin(); }
  Outcome<> commit() { return connection_->commit(); }
  void rollback() { connection_->rollback(); }

  /// With `again`, a row that is there already counts as inserted: the answer to the first try was lost.
  Outcome<> insert_call(CallRow row, base::WallMillis now, bool again = false);
  /// A change to a row that does not exist is a permanent error. The row's own node may change a row that
  /// others have closed as interrupted.
  Outcome<CallStatus> update_call(const CallId& id, const CallChange& change, base::WallMillis now);
  Outcome<std::optional<CallRow>> get_call(const CallId& id);
  Outcome<CallPage> list_calls(const CallFilter& filter);

  /// Ends the live rows that earlier processes of this node left; see Store::close_interrupted(). Returns how
  /// many.
  Outcome<std::size_t> close_own_rows(base::WallMillis now);
  /// Ends the live rows of another node, unless it has beaten since. Returns how many; nothing when it lives,
  /// or when somebody else was quicker.
  Outcome<std::optional<std::size_t>> close_rows_of(const NodeBeat& dead, base::WallMillis now);
  /// Takes back what others closed while this node was out of their sight.
  Outcome<> resume_call(const CallId& id, CallStatus status, base::WallMillis now);

  /// Begins to tell the others that this process lives.
  Outcome<> register_node(const std::string& incarnation, base::WallMillis now);
  /// False when the node's row is no longer this process's.
  Outcome<bool> beat(const std::string& incarnation, base::WallMillis now);
  Outcome<> forget_node(const std::string& incarnation);
  Outcome<std::vector<NodeBeat>> list_nodes();

  /// Leaves word for a node to hang up one of its calls. False: no such node is there.
  Outcome<bool> ask_hang_up(const CallId& minted_id, const std::string& node);
  /// What was left for this node; it is there no more afterwards.
  Outcome<std::vector<CallId>> take_hang_ups();

  Outcome<> upsert_trunk(const TrunkRow& row, base::WallMillis now);
  Outcome<std::vector<TrunkRow>> list_trunks();
  Outcome<> put_sip_object(const SipObject& object);
  Outcome<> delete_sip_object(const std::string& id);
  Outcome<std::vector<SipObject>> load_sip_objects();

 private:
  Database(std::unique_ptr<Connection> connection, Schema schema, std::string node);
  [[nodiscard]] std::string call_key(const CallId& id) const;
  /// The calls that the condition, SQL without values but those given, chooses.
  Outcome<std::vector<CallRow>> select_calls(const std::string& condition, const TextRow& values = {});
  Outcome<> write_changes(const CallRow& before, const CallRow& after);
  Outcome<bool> ask_hang_up_alone(const CallId& minted_id, const std::string& node);
  Outcome<> forget_hang_ups(const std::string& node);
  Outcome<std::optional<base::WallMillis>> last_alive(const std::string& node);
  Outcome<std::size_t> close_rows(const std::vector<CallRow>& rows, std::optional<base::WallMillis> alive,
                                  base::WallMillis now);
  Outcome<std::size_t> close_own_rows_alone(base::WallMillis now);
  Outcome<std::optional<std::size_t>> close_rows_of_alone(const NodeBeat& dead, base::WallMillis now);

  std::unique_ptr<Connection> connection_;
  Schema schema_;
  std::string node_;
};

}  // namespace ringback::store
