#include "store/store.h"

#include <pthread.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <thread>
#include <unordered_set>
#include <utility>

#include "base/log.h"
#include "store/database.h"

namespace ringback::store {
namespace {

using base::LogLevel;
using Clock = std::chrono::steady_clock;

constexpr auto kRetryAfter = std::chrono::seconds(1);
constexpr auto kAlivePeriod = std::chrono::seconds(10);
constexpr auto kShutdownLimit = std::chrono::seconds(5);
constexpr unsigned kRetriesPerComplaint = 30;

base::WallMillis system_wall_clock() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

/// One entry of the queue. A write may run several times, until it succeeds or is given up; a read runs once.
struct Job {
  bool is_write = false;
  std::function<Outcome<>(Database&)> run;
  std::function<void(const std::string& why)> give_up;
};

template <class T>
base::ErrorOr<T> to_error_or(Outcome<T> outcome) {
  if (!outcome) return base::fail(outcome.error().message);
  return std::move(outcome).value();
}

/// Runs `done(result)` on the executor. A refused post means that nobody waits any more.
template <class Done, class Value>
void answer(base::Executor& executor, Done done, Value value) {
  [[maybe_unused]] const bool posted =
      executor.post([done = std::move(done), value = std::move(value)]() mutable { done(std::move(value)); });
}

}  // namespace

class Store::Impl {
 public:
  Impl(std::unique_ptr<Database> database, Options options)
      : options_(std::move(options)), database_(std::move(database)), thread_([this] { loop(); }) {}

  ~Impl() {
    {
      const std::lock_guard lock(mutex_);
      stopping_at_ = Clock::now() + kShutdownLimit;
    }
    wake_.notify_all();
    thread_.join();
  }

  bool write(std::function<Outcome<>(Database&)> run, std::function<void(const std::string&)> give_up = {}) {
    return push({true, std::move(run), std::move(give_up)});
  }

  template <class T>
  bool read(std::function<Outcome<T>(Database&)> run, base::Executor& executor,
            std::function<void(base::ErrorOr<T>)> done) {
    return push({false,
                 [run = std::move(run), &executor, done](Database& database) {
                   answer(executor, done, to_error_or(run(database)));
                   return Outcome<>();
                 },
                 [&executor, done](const std::string& why) {
                   answer(executor, done, base::ErrorOr<T>(base::fail(why)));
                 }});
  }

  /// Runs on the store's thread and waits for it.
  template <class T>
  base::ErrorOr<T> read_now(std::function<Outcome<T>(Database&)> run) {
    const auto promise = std::make_shared<std::promise<base::ErrorOr<T>>>();
    auto result = promise->get_future();
    const bool queued =
        push({false,
              [run = std::move(run), promise](Database& database) {
                promise->set_value(to_error_or(run(database)));
                return Outcome<>();
              },
              [promise](const std::string& why) { promise->set_value(base::ErrorOr<T>(base::fail(why))); }});
    if (!queued) return base::fail("the store's queue is full");
    return result.get();
  }

  bool flush(base::Duration timeout) {
    std::unique_lock lock(mutex_);
    const std::uint64_t target = accepted_;
    return idle_.wait_for(lock, timeout, [&] { return finished_ >= target; });
  }

  StoreHealth health() const {
    const std::lock_guard lock(mutex_);
    StoreHealth health = health_;
    health.queue_depth = queue_.size();
    return health;
  }

  [[nodiscard]] base::WallMillis now() const { return options_.wall_clock(); }

  /// Store thread: calls that this run has begun and not ended; while there are any, the program's life is
  /// noted.
  void follow(const CallId& id, CallStatus status) {
    if (is_final(status)) {
      live_calls_.erase(id.str());
    } else {
      live_calls_.insert(id.str());
    }
  }

 private:
  bool push(Job job) {
    {
      const std::lock_guard lock(mutex_);
      if (queue_.size() >= options_.queue_capacity) {
        if (job.is_write) refuse_write();
        return false;
      }
      queue_.push_back(std::move(job));
      ++accepted_;
    }
    wake_.notify_one();
    return true;
  }

  void refuse_write() {
    if (health_.writes_refused++ % 1000 != 0) return;
    base::log(LogLevel::kError, "store", "",
              "the queue of {} writes is full ({}); call records are being lost", options_.queue_capacity,
              health_.last_error.empty() ? "the database is too slow" : health_.last_error);
  }

  void loop() {
    pthread_setname_np(pthread_self(), "store");
    auto next_alive = Clock::now() + kAlivePeriod;
    std::unique_lock lock(mutex_);
    for (;;) {
      wake_.wait_until(lock, next_wake(next_alive),
                       [&] { return runnable() != queue_.end() || should_stop(); });
      if (Clock::now() >= next_alive) {
        next_alive = Clock::now() + kAlivePeriod;
        lock.unlock();
        note_alive();
        lock.lock();
      }
      if (const auto job = runnable(); job != queue_.end()) run(*job, lock);
      if (should_stop()) break;
    }
    give_up_rest(lock);
  }

  [[nodiscard]] Clock::time_point next_wake(Clock::time_point next_alive) const {
    Clock::time_point at = next_alive;
    if (health_.stuck) at = std::min(at, retry_at_);
    if (stopping_at_) at = std::min(at, *stopping_at_);
    return at;
  }

  [[nodiscard]] bool should_stop() const {
    return stopping_at_ && (queue_.empty() || Clock::now() >= *stopping_at_);
  }

  /// The first job, unless it is a write that waits for its next try: then the first read behind it.
  std::deque<Job>::iterator runnable() {
    auto job = queue_.begin();
    if (health_.stuck && Clock::now() < retry_at_) {
      while (job != queue_.end() && job->is_write) ++job;
    }
    return job;
  }

  /// Runs the job outside of the lock. It stays where it is meanwhile: only this thread takes jobs out, and
  /// adding others to the end does not move it.
  void run(Job& job, std::unique_lock<std::mutex>& lock) {
    lock.unlock();
    const auto outcome = job.run(*database_);
    lock.lock();
    if (!job.is_write) return finish(job);
    if (outcome) {
      if (health_.stuck) {
        base::log(LogLevel::kInfo, "store", "", "the database takes writes again; {} wait", queue_.size());
      }
      health_.stuck = false;
      health_.last_error.clear();
      ++health_.writes_done;
      retries_ = 0;
      return finish(job);
    }
    health_.last_error = outcome.error().message;
    if (outcome.error().transient) {
      if (retries_++ % kRetriesPerComplaint == 0) {
        base::log(LogLevel::kError, "store", "", "cannot write: {}; {} writes wait and are tried again",
                  health_.last_error, queue_.size());
      }
      health_.stuck = true;
      retry_at_ = Clock::now() + kRetryAfter;
      return;
    }
    ++health_.writes_lost;
    base::log(LogLevel::kError, "store", "", "a write is lost: {}", health_.last_error);
    health_.stuck = false;
    retries_ = 0;
    const auto give_up = std::move(job.give_up);
    const std::string why = health_.last_error;
    finish(job);
    lock.unlock();  // the executor is a stranger
    if (give_up) give_up(why);
    lock.lock();
  }

  void finish(const Job& job) {
    for (auto it = queue_.begin(); it != queue_.end(); ++it) {
      if (&*it != &job) continue;
      queue_.erase(it);
      break;
    }
    ++finished_;
    idle_.notify_all();
  }

  void give_up_rest(std::unique_lock<std::mutex>& lock) {
    const std::deque<Job> rest = std::exchange(queue_, {});
    const std::string why = "the store is closing";
    lock.unlock();
    if (!rest.empty())
      base::log(LogLevel::kError, "store", "", "closing with {} writes and reads undone", rest.size());
    for (const Job& job : rest) {
      if (job.give_up) job.give_up(why);
    }
  }

  void note_alive() {
    if (live_calls_.empty()) return;
    // A failure shows at the next real write; this one is only a hint.
    [[maybe_unused]] const auto outcome = database_->note_alive(now());
  }

  const Options options_;
  const std::unique_ptr<Database> database_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable idle_;
  std::deque<Job> queue_;
  std::uint64_t accepted_ = 0;
  std::uint64_t finished_ = 0;
  StoreHealth health_;
  unsigned retries_ = 0;
  Clock::time_point retry_at_;
  std::optional<Clock::time_point> stopping_at_;
  std::unordered_set<std::string> live_calls_;  // store thread only
  std::thread thread_;                          // last: it uses the others
};

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::~Store() = default;

base::ErrorOr<std::unique_ptr<Store>> Store::open(const std::string& url, Options options) {
  auto database = Database::open(url);
  if (!database) return base::fail(database.error().message);
  if (!options.wall_clock) options.wall_clock = system_wall_clock;
  auto impl = std::make_unique<Impl>(std::move(*database), std::move(options));
  return std::unique_ptr<Store>(new Store(std::move(impl)));
}

// The times of a row are those of the posts, not of the moment when the disk has space again.
bool Store::insert_call(CallRow row) {
  return impl_->write(
      [impl = impl_.get(), row = std::move(row), now = impl_->now()](Database& database) -> Outcome<> {
        const auto id = database.insert_call(row, now);
        if (!id) return base::Failure{id.error()};
        impl->follow(row.id, row.status);
        return {};
      });
}

bool Store::insert_call(CallRow row, base::Executor& executor,
                        std::function<void(base::ErrorOr<CallId>)> done) {
  return impl_->write(
      [impl = impl_.get(), row = std::move(row), &executor, done,
       now = impl_->now()](Database& database) -> Outcome<> {
        auto id = database.insert_call(row, now);
        if (!id) return base::Failure{id.error()};
        impl->follow(row.id, row.status);
        answer(executor, done, base::ErrorOr<CallId>(std::move(*id)));
        return {};
      },
      [&executor, done](const std::string& why) {
        answer(executor, done, base::ErrorOr<CallId>(base::fail(why)));
      });
}

bool Store::update_call(CallId id, CallChange change) {
  return impl_->write([impl = impl_.get(), id = std::move(id), change = std::move(change),
                       now = impl_->now()](Database& database) -> Outcome<> {
    const auto status = database.update_call(id, change, now);
    if (!status) return base::Failure{status.error()};
    impl->follow(id, *status);
    return {};
  });
}

bool Store::get_call(CallId id, base::Executor& executor,
                     std::function<void(base::ErrorOr<std::optional<CallRow>>)> done) {
  return impl_->read<std::optional<CallRow>>(
      [id = std::move(id)](Database& database) { return database.get_call(id); }, executor, std::move(done));
}

bool Store::list_calls(CallFilter filter, base::Executor& executor,
                       std::function<void(base::ErrorOr<CallPage>)> done) {
  return impl_->read<CallPage>(
      [filter = std::move(filter)](Database& database) { return database.list_calls(filter); }, executor,
      std::move(done));
}

base::ErrorOr<std::size_t> Store::close_interrupted() {
  return impl_->read_now<std::size_t>(
      [impl = impl_.get()](Database& database) { return database.close_interrupted(impl->now()); });
}

bool Store::upsert_trunk(TrunkRow row) {
  return impl_->write([impl = impl_.get(), row = std::move(row)](Database& database) {
    return database.upsert_trunk(row, impl->now());
  });
}

bool Store::list_trunks(base::Executor& executor,
                        std::function<void(base::ErrorOr<std::vector<TrunkRow>>)> done) {
  return impl_->read<std::vector<TrunkRow>>([](Database& database) { return database.list_trunks(); },
                                            executor, std::move(done));
}

bool Store::put_sip_object(SipObject object) {
  return impl_->write(
      [object = std::move(object)](Database& database) { return database.put_sip_object(object); });
}

bool Store::delete_sip_object(std::string id) {
  return impl_->write([id = std::move(id)](Database& database) { return database.delete_sip_object(id); });
}

base::ErrorOr<std::vector<SipObject>> Store::load_sip_objects() {
  return impl_->read_now<std::vector<SipObject>>(
      [](Database& database) { return database.load_sip_objects(); });
}

bool Store::flush(base::Duration timeout) {
  return impl_->flush(timeout);
}

StoreHealth Store::health() const {
  return impl_->health();
}

}  // namespace ringback::store
