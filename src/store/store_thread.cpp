#include "store/store_thread.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "store/statement.h"

namespace ringback::store {
namespace {

using base::LogLevel;
using namespace std::chrono_literals;

constexpr auto kRetryAfter = 1s;
constexpr auto kFirstPause = 500ms;
constexpr auto kLongestPause = 5s;
constexpr auto kShutdownLimit = 5s;
constexpr auto kStatementLimit = 30s;
constexpr auto kLate = 10s;
constexpr unsigned kFailuresPerComplaint = 30;
constexpr std::size_t kBatch = 64;
constexpr std::size_t kSpillBatch = 1024;

base::TimePoint to_time_point(std::chrono::steady_clock::time_point time) {
  return base::TimePoint(std::chrono::duration_cast<base::Duration>(time.time_since_epoch()));
}

}  // namespace

StoreThread::StoreThread(Parts parts, Store::Options options)
    : options_(std::move(options)),
      url_(std::move(parts.url)),
      lifeline_(std::move(parts.lifeline)),
      database_(std::move(parts.database)),
      spool_(std::move(parts.spool)),
      heartbeat_(options_.node, options_.beat_interval),
      next_beat_(Clock::now() + options_.beat_interval) {
  health_.spooled = spool_.size();
  if (!spool_.empty()) {
    spooled_since_ = Clock::now();
    base::log(LogLevel::kInfo, "store", "", "writing {} changes that waited for the database", spool_.size());
  }
  thread_ = std::thread([this] { loop(); });
}

StoreThread::~StoreThread() {
  {
    Lock lock(mutex_);
    stopping_at_ = Clock::now() + kShutdownLimit;
    wake_.notify_all();
    // A statement that never ends must not keep the program from ending.
    if (!idle_.wait_for(lock, kShutdownLimit, [this] { return ended_; })) lifeline_->cut();
  }
  thread_.join();
}

bool StoreThread::push(Write write) {
  return push(Entry{std::move(write)});
}

bool StoreThread::push(Read read) {
  return push(Entry{std::nullopt, std::move(read)});
}

bool StoreThread::push(Entry entry) {
  {
    const std::lock_guard lock(mutex_);
    cut_when_hung();
    if (queue_.size() >= options_.queue_capacity) {
      if (entry.write) refuse_write();
      return false;
    }
    entry.since = Clock::now();
    queue_.push_back(std::move(entry));
    ++accepted_;
  }
  wake_.notify_one();
  return true;
}

void StoreThread::refuse_write() {
  if (health_.writes_refused++ % 1000 != 0) return;
  base::log(LogLevel::kError, "store", "", "the queue of {} writes is full ({}); call records are being lost",
            options_.queue_capacity,
            health_.last_error.empty() ? "the database is too slow" : health_.last_error);
}

// The store's thread cannot watch itself while it waits for a server that is frozen.
void StoreThread::cut_when_hung() const {
  if (busy_since_ && Clock::now() - *busy_since_ > kStatementLimit) lifeline_->cut();
}

bool StoreThread::flush(base::Duration timeout) {
  Lock lock(mutex_);
  const std::uint64_t target = accepted_;
  return idle_.wait_for(lock, timeout, [&] { return finished_ >= target && health_.spooled == 0; });
}

StoreHealth StoreThread::health() const {
  const std::lock_guard lock(mutex_);
  cut_when_hung();
  StoreHealth health = health_;
  health.queue_depth = queue_.size();
  health.behind = std::chrono::duration_cast<std::chrono::milliseconds>(behind());
  return health;
}

StoreThread::Clock::duration StoreThread::behind() const {
  const auto now = Clock::now();
  Clock::duration longest{};
  if (!queue_.empty()) longest = now - queue_.front().since;
  if (spooled_since_) longest = std::max(longest, now - *spooled_since_);
  return longest;
}

template <class Work>
auto StoreThread::unlocked(Lock& lock, Work work) {
  busy_since_ = Clock::now();
  lock.unlock();
  auto result = work();
  lock.lock();
  busy_since_.reset();
  return result;
}

void StoreThread::loop() {
  pthread_setname_np(pthread_self(), "store");
  Lock lock(mutex_);
  for (;;) {
    wake_.wait_until(lock, next_wake(), [this] { return has_work() || should_stop(); });
    if (should_stop()) break;
    if (!database_ && Clock::now() >= retry_at_ && !stopping_at_) reconnect(lock);
    if (database_ && Clock::now() >= next_beat_) beat(lock);
    if (!database_) give_up_reads(lock, "it is away: " + health_.last_error);
    if (must_spill()) spill(lock);
    if (!database_) continue;
    if (Entry* const read = next_read()) {
      run_read(*read, lock);
    } else if (waiting()) {
      continue;
    } else if (!spool_.empty()) {
      write_spool(lock);
    } else {
      write_queue(lock);
    }
    complain_when_behind();
  }
  finish(lock);
}

StoreThread::Clock::time_point StoreThread::next_wake() const {
  Clock::time_point at = Clock::time_point::max();
  if (database_) at = health_.stuck ? std::min(next_beat_, retry_at_) : next_beat_;
  if (!database_ && !stopping_at_) at = retry_at_;
  if (spill_at_ > Clock::now()) at = std::min(at, spill_at_);
  if (stopping_at_) at = std::min(at, *stopping_at_);
  return at;
}

bool StoreThread::has_work() {
  if (must_spill()) return true;
  if (!database_) {
    return (!stopping_at_ && Clock::now() >= retry_at_) ||
           std::any_of(queue_.begin(), queue_.end(), [](const Entry& entry) { return !entry.write; });
  }
  return next_read() != nullptr || (!waiting() && (!spool_.empty() || !queue_.empty()));
}

bool StoreThread::must_spill() const {
  if (Clock::now() < spill_at_ || next_writes(1, true).empty()) return false;
  if (!database_ || !spool_.empty()) return true;
  return health_.stuck && (stopping_at_ || queue_.size() >= options_.queue_capacity / 2);
}

bool StoreThread::should_stop() const {
  return stopping_at_ && (queue_.empty() || Clock::now() >= *stopping_at_);
}

/// The first read that may run now: one with no write before it, unless the writes are held up.
StoreThread::Entry* StoreThread::next_read() {
  const bool passing = health_.stuck || !spool_.empty();
  for (Entry& entry : queue_) {
    if (!entry.write && (!entry.read.after_spool || spool_.empty())) return &entry;
    if (entry.write && !passing) return nullptr;
  }
  return nullptr;
}

std::vector<const Write*> StoreThread::next_writes(std::size_t most, bool across_reads) const {
  std::vector<const Write*> writes;
  for (const Entry& entry : queue_) {
    if (writes.size() == most || (!entry.write && !across_reads)) break;
    if (entry.write) writes.push_back(&*entry.write);
  }
  return writes;
}

void StoreThread::reconnect(Lock& lock) {
  lifeline_->mend();
  auto opened = unlocked(lock, [this] { return Database::open(url_, options_.node, lifeline_); });
  if (opened) {
    base::log(LogLevel::kInfo, "store", "", "the database is back; {} writes wait",
              queue_.size() + spool_.size());
    database_ = std::move(*opened);
    health_.away = false;
    health_.stuck = false;
    failures_ = 0;
    return;
  }
  health_.last_error = opened.error().message;
  if (++failures_ % kFailuresPerComplaint == 0) {
    base::log(LogLevel::kError, "store", "", "the database is still away: {}; {} writes wait",
              health_.last_error, queue_.size() + spool_.size());
  }
  pause_ = std::min<Clock::duration>(2 * pause_, kLongestPause);
  retry_at_ = Clock::now() + pause_;
}

void StoreThread::beat(Lock& lock) {
  next_beat_ = Clock::now() + options_.beat_interval;
  const auto beaten =
      unlocked(lock, [this] { return heartbeat_.beat(*database_, to_time_point(Clock::now()), now()); });
  // Other failures show at the next real write.
  if (!beaten && beaten.error().lost) note_failure(beaten.error(), lock);
}

void StoreThread::run_read(Entry& entry, Lock& lock) {
  unlocked(lock, [&] {
    entry.read.run(*database_, heartbeat_);
    return true;
  });
  const auto found =
      std::find_if(queue_.begin(), queue_.end(), [&](const Entry& other) { return &other == &entry; });
  queue_.erase(found);
  ++finished_;
  idle_.notify_all();
}

void StoreThread::give_up_reads(Lock& lock, const std::string& why) {
  std::vector<Read> reads;
  std::erase_if(queue_, [&](Entry& entry) {
    if (entry.write) return false;
    reads.push_back(std::move(entry.read));
    return true;
  });
  if (reads.empty()) return;
  finished_ += reads.size();
  idle_.notify_all();
  lock.unlock();  // the executors are strangers
  for (const Read& read : reads) read.give_up(why);
  lock.lock();
}

void StoreThread::write_queue(Lock& lock) {
  const auto writes = next_writes(kBatch, false);
  if (writes.empty()) {
    health_.stuck = false;
    return;
  }
  const bool again = failures_ > 0;
  const auto result = unlocked(lock, [&] { return run_batch(writes, again); });
  drop_writes(result.done);
  note_result(result, lock);
}

void StoreThread::write_spool(Lock& lock) {
  std::vector<Write> writes;
  const auto result = unlocked(lock, [&] {
    writes = spool_.front(kBatch);
    std::vector<const Write*> pointers;
    for (const Write& write : writes) pointers.push_back(&write);
    return run_batch(pointers, true);
  });
  spool_.pop(result.done);
  health_.spooled = spool_.size();
  if (spool_.empty()) {
    spooled_since_.reset();
    idle_.notify_all();
    if (spool_.unreadable() > 0) {
      base::log(LogLevel::kError, "store", "", "{} lines of {} could not be read", spool_.unreadable(),
                options_.spool_path);
    }
  } else if (writes.empty()) {
    return note_failure({.transient = true, .message = options_.spool_path + " cannot be read"}, lock);
  }
  note_result(result, lock);
}

/// Moves writes from the queue to the end of the spool. False when the file does not take them.
bool StoreThread::spill(Lock& lock) {
  const auto writes = next_writes(kSpillBatch, true);
  if (writes.empty()) return true;
  const bool spooled = unlocked(lock, [&] {
    std::string lines;
    for (const Write* write : writes) lines += encode(*write) + '\n';
    return spool_.append(lines, writes.size());
  });
  if (!spooled) {
    spill_at_ = Clock::now() + kRetryAfter;
    return false;
  }
  if (!spooled_since_) spooled_since_ = Clock::now();
  health_.spooled = spool_.size();
  drop_writes(writes.size());
  return true;
}

/// Takes the first `count` writes out of the queue.
void StoreThread::drop_writes(std::size_t count) {
  finished_ += count;
  for (auto entry = queue_.begin(); count > 0 && entry != queue_.end();) {
    if (!entry->write) {
      ++entry;
      continue;
    }
    entry = queue_.erase(entry);
    --count;
  }
  idle_.notify_all();
}

StoreThread::BatchResult StoreThread::run_batch(const std::vector<const Write*>& writes, bool again) {
  if (writes.size() < 2) return run_one_by_one(writes, again);
  // One transaction is one wait for the disk. What may be wrong with one of them must not stop the others, so
  // at the first trouble each goes alone.
  std::vector<WrittenCall> calls;
  Outcome<> outcome = database_->begin();
  for (const Write* write : writes) {
    if (!outcome) break;
    const auto written = perform(*write, *database_, again);
    if (!written) outcome = pass_on(written);
    if (written && *written) calls.push_back(**written);
  }
  if (outcome) outcome = database_->commit();
  if (!outcome) {
    if (outcome.error().lost) return {.error = outcome.error()};
    database_->rollback();
    return run_one_by_one(writes, true);
  }
  for (const WrittenCall& call : calls) heartbeat_.follow(call);
  return {.done = writes.size()};
}

StoreThread::BatchResult StoreThread::run_one_by_one(const std::vector<const Write*>& writes, bool again) {
  BatchResult result;
  for (const Write* write : writes) {
    const auto written = perform(*write, *database_, again);
    if (!written && written.error().transient) {
      result.error = written.error();
      break;
    }
    ++result.done;
    if (!written) {
      ++result.lost;
      base::log(LogLevel::kError, "store", "", "a write is lost: {}", written.error().message);
    } else if (*written) {
      heartbeat_.follow(**written);
    }
  }
  return result;
}

void StoreThread::note_result(const BatchResult& result, Lock& lock) {
  health_.writes_done += result.done - result.lost;
  health_.writes_lost += result.lost;
  if (result.error) return note_failure(*result.error, lock);
  if (health_.stuck) {
    base::log(LogLevel::kInfo, "store", "", "the database takes writes again; {} wait",
              queue_.size() + spool_.size());
  }
  health_.stuck = false;
  health_.last_error.clear();
  failures_ = 0;
}

void StoreThread::note_failure(const DatabaseError& error, Lock& lock) {
  health_.last_error = error.message;
  health_.stuck = true;
  if (failures_++ % kFailuresPerComplaint == 0) {
    base::log(LogLevel::kError, "store", "", "{}: {}; {} writes wait and are tried again",
              error.lost ? "the database is away" : "cannot write", error.message,
              queue_.size() + spool_.size());
  }
  retry_at_ = Clock::now() + kRetryAfter;
  if (!error.lost) return;
  health_.away = true;
  pause_ = kFirstPause;
  retry_at_ = Clock::now() + pause_;
  unlocked(lock, [this] { return database_.reset(), true; });
}

void StoreThread::complain_when_behind() {
  if (behind() < kLate) {
    told_behind_ = false;
  } else if (!std::exchange(told_behind_, true)) {
    base::log(LogLevel::kWarn, "store", "", "the database is slower than the calls: {} writes wait",
              queue_.size() + spool_.size());
  }
}

void StoreThread::finish(Lock& lock) {
  give_up_reads(lock, "the store is closing");
  spill_at_ = {};
  while (!queue_.empty() && spill(lock)) {
  }
  if (!queue_.empty())
    base::log(LogLevel::kError, "store", "", "closing with {} writes undone; they are lost", queue_.size());
  if (!spool_.empty()) {
    base::log(LogLevel::kWarn, "store", "", "{} writes wait in {} for the next start", spool_.size(),
              options_.spool_path);
  } else if (database_) {
    unlocked(lock, [this] { return heartbeat_.end(*database_), true; });
  }
  unlocked(lock, [this] { return database_.reset(), true; });
  ended_ = true;
  idle_.notify_all();
}

}  // namespace ringback::store
