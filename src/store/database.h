#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "store/call_row.h"
#include "store/connection.h"
#include "store/schema.h"

namespace ringback::store {

/// The statements of the store, one blocking function each. Owner: the store's thread. The time is an
/// argument.
class Database {
 public:
  /// Opens and migrates.
  [[nodiscard]] static Outcome<std::unique_ptr<Database>> open(const std::string& url);

  /// Returns the row's id: the minted one, or the database's number in an adopted table.
  Outcome<CallId> insert_call(CallRow row, base::WallMillis now);
  /// A change to a row that does not exist is a permanent error.
  Outcome<CallStatus> update_call(const CallId& id, const CallChange& change, base::WallMillis now);
  Outcome<std::optional<CallRow>> get_call(const CallId& id);
  Outcome<CallPage> list_calls(const CallFilter& filter);
  /// See Store::close_interrupted().
  Outcome<std::size_t> close_interrupted(base::WallMillis now);
  /// Notes that the program lives, for close_interrupted() of a later run.
  Outcome<> note_alive(base::WallMillis now);

  Outcome<> upsert_trunk(const TrunkRow& row, base::WallMillis now);
  Outcome<std::vector<TrunkRow>> list_trunks();
  Outcome<> put_sip_object(const SipObject& object);
  Outcome<> delete_sip_object(const std::string& id);
  Outcome<std::vector<SipObject>> load_sip_objects();

 private:
  Database(std::unique_ptr<Connection> connection, const Schema& schema);
  [[nodiscard]] std::string call_key(const CallId& id) const;
  Outcome<std::optional<base::WallMillis>> last_alive();
  Outcome<> close_one(CallRow row, std::optional<base::WallMillis> alive, base::WallMillis now);
  Outcome<> write_changes(const CallRow& before, const CallRow& after);
  Outcome<> put_state(const std::string& name, const std::string& value);

  std::unique_ptr<Connection> connection_;
  Schema schema_;
};

}  // namespace ringback::store
