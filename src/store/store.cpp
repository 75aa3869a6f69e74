#include "store/store.h"

#include <chrono>
#include <future>
#include <thread>
#include <utility>

#include "base/log.h"
#include "store/database.h"
#include "store/store_thread.h"

namespace ringback::store {
namespace {

constexpr auto kPauseAtStart = std::chrono::milliseconds(500);

base::WallMillis system_wall_clock() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

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

/// Tries until the database answers or `patience` is over.
Outcome<std::unique_ptr<Database>> open_patiently(const DatabaseUrl& url, const Store::Options& options,
                                                  const std::shared_ptr<Lifeline>& lifeline) {
  const auto deadline = std::chrono::steady_clock::now() + options.patience;
  for (bool told = false;; told = true) {
    auto database = Database::open(url, options.node, lifeline);
    if (database || !database.error().transient || std::chrono::steady_clock::now() >= deadline)
      return database;
    if (!told) base::log(base::LogLevel::kWarn, "store", "", "{}; trying again", database.error().message);
    std::this_thread::sleep_for(kPauseAtStart);
  }
}

}  // namespace

class Store::Impl : public StoreThread {
 public:
  using StoreThread::StoreThread;

  template <class T, class Run>
  bool read(Run run, base::Executor& executor, std::function<void(base::ErrorOr<T>)> done) {
    return push(Read{
        .run = [run = std::move(run), &executor, done](
                   Database& database, Heartbeat&) { answer(executor, done, to_error_or<T>(run(database))); },
        .give_up =
            [&executor, done](const std::string& why) {
              answer(executor, done, base::ErrorOr<T>(base::fail(why)));
            }});
  }

  /// Runs on the store's thread and waits for it.
  template <class T, class Run>
  base::ErrorOr<T> read_now(Run run, bool after_spool = false) {
    const auto promise = std::make_shared<std::promise<base::ErrorOr<T>>>();
    auto result = promise->get_future();
    const bool queued = push(Read{
        .run = [run = std::move(run), promise](
                   Database& database,
                   Heartbeat& heartbeat) { promise->set_value(to_error_or<T>(run(database, heartbeat))); },
        .give_up =
            [promise](const std::string& why) { promise->set_value(base::ErrorOr<T>(base::fail(why))); },
        .after_spool = after_spool});
    if (!queued) return base::fail("the store's queue is full");
    return result.get();
  }
};

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::~Store() = default;

base::ErrorOr<std::unique_ptr<Store>> Store::open(const std::string& text, Options options) {
  auto url = parse_database_url(text);
  if (!url) return base::Failure{url.error()};
  Spool spool;
  if (!options.spool_path.empty()) {
    auto opened = Spool::open(options.spool_path);
    if (!opened) return base::Failure{opened.error()};
    spool = std::move(*opened);
  }
  auto lifeline = std::make_shared<Lifeline>();
  auto database = open_patiently(*url, options, lifeline);
  if (!database) return base::fail(database.error().message);
  if (!options.wall_clock) options.wall_clock = system_wall_clock;
  auto impl = std::make_unique<Impl>(
      StoreThread::Parts{std::move(*url), std::move(*database), std::move(lifeline), std::move(spool)},
      std::move(options));
  return std::unique_ptr<Store>(new Store(std::move(impl)));
}

bool Store::shared() const {
  return impl_->shared();
}

bool Store::ask_hang_up(CallId minted_id, std::string node, base::Executor& executor,
                        std::function<void(base::ErrorOr<bool>)> done) {
  return impl_->read<bool>([minted_id = std::move(minted_id), node = std::move(node)](
                               Database& database) { return database.ask_hang_up(minted_id, node); },
                           executor, std::move(done));
}

bool Store::take_hang_ups(base::Executor& executor,
                          std::function<void(base::ErrorOr<std::vector<CallId>>)> done) {
  return impl_->read<std::vector<CallId>>([](Database& database) { return database.take_hang_ups(); },
                                          executor, std::move(done));
}

// The times of a row are those of the posts, not of the moment when the database is back.
bool Store::insert_call(CallRow row) {
  return impl_->push(Write{impl_->now(), InsertCall{std::move(row)}});
}

bool Store::update_call(CallId id, CallChange change) {
  return impl_->push(Write{impl_->now(), UpdateCall{std::move(id), std::move(change)}});
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
      [impl = impl_.get()](Database& database, Heartbeat& heartbeat) {
        return heartbeat.begin(database, impl->now());
      },
      true);
}

bool Store::upsert_trunk(TrunkRow row) {
  return impl_->push(Write{impl_->now(), std::move(row)});
}

bool Store::list_trunks(base::Executor& executor,
                        std::function<void(base::ErrorOr<std::vector<TrunkRow>>)> done) {
  return impl_->read<std::vector<TrunkRow>>([](Database& database) { return database.list_trunks(); },
                                            executor, std::move(done));
}

bool Store::put_sip_object(SipObject object) {
  return impl_->push(Write{impl_->now(), std::move(object)});
}

bool Store::delete_sip_object(std::string id) {
  return impl_->push(Write{impl_->now(), DeleteSipObject{std::move(id)}});
}

base::ErrorOr<std::vector<SipObject>> Store::load_sip_objects() {
  return impl_->read_now<std::vector<SipObject>>(
      [](Database& database, Heartbeat&) { return database.load_sip_objects(); });
}

bool Store::flush(base::Duration timeout) {
  return impl_->flush(timeout);
}

StoreHealth Store::health() const {
  return impl_->health();
}

}  // namespace ringback::store
