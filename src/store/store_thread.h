#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "store/heartbeat.h"
#include "store/lifeline.h"
#include "store/spool.h"
#include "store/store.h"
#include "store/write.h"

namespace ringback::store {

/// The thread behind Store: the queue, the connection and its loss, the spool file, the node's beat.
class StoreThread {
 public:
  struct Parts {
    DatabaseUrl url;
    std::unique_ptr<Database> database;
    std::shared_ptr<Lifeline> lifeline;
    Spool spool;
  };
  /// A read runs once, on the store's thread, or is given up.
  struct Read {
    std::function<void(Database&, Heartbeat&)> run = {};
    std::function<void(const std::string& why)> give_up = {};
    bool after_spool = false;  ///< not before the spool is empty
  };

  StoreThread(Parts parts, Store::Options options);
  /// See Store::~Store().
  ~StoreThread();

  /// False when the queue is full.
  bool push(Write write);
  bool push(Read read);
  bool flush(base::Duration timeout);
  [[nodiscard]] StoreHealth health() const;
  [[nodiscard]] bool shared() const { return url_.kind != DatabaseKind::kSqlite; }
  [[nodiscard]] base::WallMillis now() const { return options_.wall_clock(); }

 private:
  using Clock = std::chrono::steady_clock;
  using Lock = std::unique_lock<std::mutex>;
  struct Entry {
    std::optional<Write> write;
    Read read = {};
    Clock::time_point since = {};
  };
  struct BatchResult {
    std::size_t done = 0;  ///< from the first on; written or lost
    std::size_t lost = 0;
    std::optional<DatabaseError> error = {};  ///< of the first that is not done
  };

  bool push(Entry entry);
  void refuse_write();
  void cut_when_hung() const;

  void loop();
  [[nodiscard]] Clock::time_point next_wake() const;
  [[nodiscard]] bool has_work();
  [[nodiscard]] bool waiting() const { return health_.stuck && Clock::now() < retry_at_; }
  [[nodiscard]] bool must_spill() const;
  [[nodiscard]] bool should_stop() const;
  [[nodiscard]] Entry* next_read();
  [[nodiscard]] std::vector<const Write*> next_writes(std::size_t most, bool across_reads) const;
  /// Runs the work, which may take its time, outside of the lock.
  template <class Work>
  auto unlocked(Lock& lock, Work work);

  void reconnect(Lock& lock);
  void beat(Lock& lock);
  void run_read(Entry& entry, Lock& lock);
  void give_up_reads(Lock& lock, const std::string& why);
  void write_queue(Lock& lock);
  void write_spool(Lock& lock);
  bool spill(Lock& lock);
  BatchResult run_batch(const std::vector<const Write*>& writes, bool again);
  BatchResult run_one_by_one(const std::vector<const Write*>& writes, bool again);
  void note_result(const BatchResult& result, Lock& lock);
  void note_failure(const DatabaseError& error, Lock& lock);
  void complain_when_behind();
  [[nodiscard]] Clock::duration behind() const;
  void drop_writes(std::size_t count);
  void finish(Lock& lock);

  const Store::Options options_;
  const DatabaseUrl url_;
  const std::shared_ptr<Lifeline> lifeline_;

  // Store thread only.
  std::unique_ptr<Database> database_;  ///< absent: away
  Spool spool_;
  Heartbeat heartbeat_;
  Clock::time_point next_beat_;
  Clock::time_point retry_at_;
  Clock::time_point spill_at_;  ///< not before, after the file refused
  Clock::duration pause_{};     ///< before the next try to connect
  unsigned failures_ = 0;       ///< in a row
  bool told_behind_ = false;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable idle_;
  // Guarded by mutex_. Only the store's thread takes entries out, and new ones go to the end, so that it may
  // read an entry without the lock.
  std::deque<Entry> queue_;
  std::uint64_t accepted_ = 0;
  std::uint64_t finished_ = 0;  ///< run, given up, or in the spool
  StoreHealth health_;
  std::optional<Clock::time_point> spooled_since_;
  std::optional<Clock::time_point> busy_since_;  ///< the store's thread waits for the database
  std::optional<Clock::time_point> stopping_at_;
  bool ended_ = false;
  std::thread thread_;  // last: it uses the others
};

}  // namespace ringback::store
