#pragma once

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
  std::size_t queue_depth = 0;  ///< writes and reads that wait
  std::uint64_t writes_done = 0;
  std::uint64_t writes_refused = 0;  ///< the queue was full
  std::uint64_t writes_lost = 0;     ///< the database refuses the statement itself; retrying would not help
  bool stuck = false;      ///< the last write failed and is being retried (disk full, database gone)
  std::string last_error;  ///< empty when the last write succeeded
};

/// The database: one connection on a thread of its own, behind a bounded queue that keeps the order of all
/// posts.
///
/// Unless it says otherwise, a function returns at once, and it may be called from any thread. Results come
/// by a callback posted to the given executor, which must outlive the store; they see every write queued
/// before. A write that the disk or the server refuses stays first in the queue and is tried again every
/// second, with an error in the log, while reads go on; when the queue is full, new writes are refused,
/// loudly. A clean shutdown writes what is queued.
///
/// Tables and columns are those of the product (calls, livekit_sip_trunks); an existing database with exactly
/// the product's columns is adopted: missing columns are added, nothing is removed. The id of a call:
///   - In tables made by us, `id` is text and holds the id that the caller minted.
///   - In an adopted table whose `id` is a number, the database chooses it, and the minted id stands in the
///   added
///     column `call_id`. insert_call() reports the number; every function takes either of both.
class Store {
 public:
  struct Options {
    std::size_t queue_capacity = 10000;
    /// The time of day; the store has no clock of its own.
    std::function<base::WallMillis()> wall_clock;
  };
  /// Opens and migrates the database. `url`: "sqlite:PATH"; the folder of PATH must exist. Blocks; call at
  /// start. The error is for people and never holds a password.
  [[nodiscard]] static base::ErrorOr<std::unique_ptr<Store>> open(const std::string& url, Options options);
  /// Writes what is queued (within five seconds) and closes.
  ~Store();

  /// Writes the row. False when the queue is full.
  bool insert_call(CallRow row);
  /// Same, and reports the row's id (see the class comment).
  bool insert_call(CallRow row, base::Executor& executor, std::function<void(base::ErrorOr<CallId>)> done);
  /// Changes the row by the rules of apply(). False when the queue is full.
  bool update_call(CallId id, CallChange change);
  bool get_call(CallId id, base::Executor& executor,
                std::function<void(base::ErrorOr<std::optional<CallRow>>)> done);
  /// A cursor that we did not make is an error.
  bool list_calls(CallFilter filter, base::Executor& executor,
                  std::function<void(base::ErrorOr<CallPage>)> done);

  /// For the start of the program, before the first insert_call(): ends every row that a killed process left
  /// in a live state, as `ended` when it was connected, as `failed` otherwise, with the reason `interrupted`.
  /// Its end is the last sign of life (the row's own or the program's, which the store notes every ten
  /// seconds). Blocks.
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
