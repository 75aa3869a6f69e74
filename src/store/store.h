#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/executor.h"
#include "store/call_row.h"

namespace ringback::store {

/// What /readyz and the metrics show.
struct StoreHealth {
  std::size_t queue_depth = 0;         ///< writes and reads that wait in memory
  std::size_t spooled = 0;             ///< writes that wait in the spool file
  std::chrono::milliseconds behind{};  ///< since when the oldest write waits; 0 when none does
  std::uint64_t writes_done = 0;
  std::uint64_t writes_refused = 0;  ///< the queue was full
  std::uint64_t writes_lost = 0;     ///< the database refuses the statement itself; retrying would not help
  bool away = false;                 ///< no connection to the database
  bool stuck = false;      ///< away, or the last write failed and is being retried (disk full, locked)
  std::string last_error;  ///< empty when the last write succeeded
};

/// The database: one connection on a thread of its own, behind a bounded queue that keeps the order of all
/// posts.
///
/// Unless it says otherwise, a function returns at once, and it may be called from any thread. Results come
/// by a callback posted to the given executor, which must outlive the store; they see every write queued
/// before, unless the database is behind.
///
/// When the database is away, it is tried again with growing pauses of up to five seconds, and writes go from
/// the queue into a spool file, in order; reads fail. When it is back, the file is written first, oldest
/// first, and reads pass it. The file outlives the process: the next one writes it before all else. A write
/// that the database refuses for a while (disk full, locked) stays first in the queue and is tried again
/// every second; the queue goes to the file when it is half full, and at the end of the process. Only when
/// neither the file nor the queue takes any more, new writes are refused, loudly. A write that can never
/// succeed is dropped, loudly.
///
/// Several nodes may share a server's database. Each notes every few seconds that it lives; the rows of a
/// node that does not any more are closed by the others (see close_interrupted()). A node that was only out
/// of their sight takes that back.
///
/// Tables and columns are those of the product (calls, livekit_sip_trunks); an existing database with exactly
/// the product's columns is adopted: missing columns are added, nothing is removed or changed. The id of a
/// call:
///   - In tables made by us, `id` is text and holds the id that the caller minted.
///   - In an adopted table whose `id` is a number, the database chooses it, and the minted id stands in the
///     added column `call_id`. Every function takes either of both; rows come with the number.
class Store {
 public:
  struct Options {
    std::size_t queue_capacity = 10000;
    /// The time of day; the store has no clock of its own.
    std::function<base::WallMillis()> wall_clock = {};
    /// This node's name among those that share the database. Empty: it does not tell the others about itself.
    std::string node = {};
    /// Where writes wait while the database is away; empty: in the queue only.
    std::string spool_path = {};
    /// How long open() waits for a database that is away.
    base::Duration patience{};
    /// How often a node notes that it lives. After five times as long in silence the others close its rows.
    base::Duration beat_interval = std::chrono::seconds(3);
  };
  /// Opens and migrates the database. `url`: see parse_database_url(); the folder of an SQLite file must
  /// exist. Blocks; call at start. The error is for people and never holds a password.
  [[nodiscard]] static base::ErrorOr<std::unique_ptr<Store>> open(const std::string& url, Options options);
  /// Writes what is queued (within five seconds), else spools it, and closes.
  ~Store();

  /// Writes the row. False when the queue is full.
  bool insert_call(CallRow row);
  /// Changes the row by the rules of apply(). False when the queue is full.
  bool update_call(CallId id, CallChange change);
  bool get_call(CallId id, base::Executor& executor,
                std::function<void(base::ErrorOr<std::optional<CallRow>>)> done);
  /// A cursor that we did not make is an error.
  bool list_calls(CallFilter filter, base::Executor& executor,
                  std::function<void(base::ErrorOr<CallPage>)> done);

  /// True for a server that other nodes may use at the same time.
  [[nodiscard]] bool shared() const;
  /// Leaves word for another node to hang up a call, named by its minted id. False comes when no such node is
  /// there.
  bool ask_hang_up(CallId minted_id, std::string node, base::Executor& executor,
                   std::function<void(base::ErrorOr<bool>)> done);
  /// The calls (minted ids) that others have left word to hang up on this node, each once.
  bool take_hang_ups(base::Executor& executor, std::function<void(base::ErrorOr<std::vector<CallId>>)> done);

  /// For the start of the program, before the first insert_call(): writes what an earlier process spooled,
  /// then ends every row that it left in a live state, as `ended` when it was connected, as `failed`
  /// otherwise, with the reason `interrupted`. Its end is the last sign of life, the row's own or the node's.
  /// In SQLite these are all live rows; on a server the rows of this node, and rows without a node that
  /// nobody has touched for a day. Blocks.
  [[nodiscard]] base::ErrorOr<std::size_t> close_interrupted();

  /// Inserts, or changes the row with this sip_trunk_id.
  bool upsert_trunk(TrunkRow row);
  bool list_trunks(base::Executor& executor, std::function<void(base::ErrorOr<std::vector<TrunkRow>>)> done);

  bool put_sip_object(SipObject object);
  bool delete_sip_object(std::string id);
  /// All of them, by id. Blocks; for the start.
  [[nodiscard]] base::ErrorOr<std::vector<SipObject>> load_sip_objects();

  /// Waits until everything queued before has been written or given up. False when `timeout` passed first.
  bool flush(base::Duration timeout);

  [[nodiscard]] StoreHealth health() const;

 private:
  class Impl;
  explicit Store(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace ringback::store
