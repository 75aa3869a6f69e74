#include "net/worker_stream.h"

#include <cctype>
#include <memory>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "net/front.h"
#include "net/listener.h"
#include "net/worker.h"

namespace ringback::net {
namespace {

using namespace std::chrono_literals;
using base::Endpoint;

const Endpoint kAnyPort = *Endpoint::parse("127.0.0.1:0");

/// A server on the front that sends back what it gets, in capitals.
class Echo final : public ListenerObserver, private StreamObserver {
 public:
  void on_accept(std::unique_ptr<Stream> accepted) override {
    stream = std::move(accepted);
    stream->start(*this);
  }
  std::unique_ptr<Stream> stream;
  bool closed = false;

 private:
  void on_data(std::span<const std::uint8_t> bytes) override {
    std::string answer(bytes.begin(), bytes.end());
    for (char& c : answer) c = static_cast<char>(std::toupper(c));
    stream->write(answer);
  }
  void on_closed(StreamError) override {
    closed = true;
    stream.reset();
  }
};

class WorkerStreamTest : public testing::Test, public WorkerStreamObserver {
 protected:
  void on_stream_data(std::span<const std::uint8_t> bytes) override {
    heard.append(bytes.begin(), bytes.end());
  }
  void on_stream_closed(std::string_view reason) override {
    over = reason;
    stream.reset();
  }
  /// Both loops on this thread.
  template <class Condition>
  void run_until(Condition done) {
    for (int i = 0; i < 1000 && !done(); ++i) {
      front.run_once(2ms);
      worker->run_once(2ms);
    }
    EXPECT_TRUE(done());
  }

  Front front;
  std::unique_ptr<Worker> worker = std::move(Worker::create({}).value());
  Echo echo;
  std::unique_ptr<Listener> listener = std::move(Listener::open(front, kAnyPort, {}, echo)).value();
  std::string heard;
  std::optional<std::string> over;
  std::unique_ptr<WorkerStream> stream;
};

TEST_F(WorkerStreamTest, CarriesBytesBothWays) {
  stream = std::make_unique<WorkerStream>(front, *worker, listener->local(), WorkerStream::Options{}, *this);
  stream->write("early ");
  run_until([&] { return heard == "EARLY "; });
  stream->write("and late");
  run_until([&] { return heard == "EARLY AND LATE"; });
  stream.reset();
  run_until([&] { return echo.closed; });
  EXPECT_FALSE(over) << "who lets go is told nothing more";
}

TEST_F(WorkerStreamTest, TellsTheWorkerWhyItEnded) {
  const Endpoint nobody = listener->local();
  listener.reset();
  stream = std::make_unique<WorkerStream>(front, *worker, nobody, WorkerStream::Options{}, *this);
  run_until([&] { return over.has_value(); });
  EXPECT_EQ(over, "connection refused");
}

TEST_F(WorkerStreamTest, NothingReachesAWorkerThatHasLetGo) {
  stream = std::make_unique<WorkerStream>(front, *worker, listener->local(), WorkerStream::Options{}, *this);
  stream->write("hello");
  // The front alone: the answer waits in the worker's mailbox.
  for (int i = 0; i < 50 || echo.stream == nullptr; ++i) front.run_once(2ms);
  stream.reset();
  for (int i = 0; i < 10; ++i) worker->run_once(2ms);
  EXPECT_TRUE(heard.empty());
}

TEST_F(WorkerStreamTest, WhatCannotLeaveInTimeIsDroppedWhole) {
  stream = std::make_unique<WorkerStream>(front, *worker, listener->local(),
                                          WorkerStream::Options{.lag_limit = 10}, *this);
  // While the connection is being made everything waits.
  for (int i = 0; i < 100; ++i) stream->write("12345678");
  run_until([&] { return !heard.empty(); });
  for (int i = 0; i < 20; ++i) {
    front.run_once(2ms);
    worker->run_once(2ms);
  }
  EXPECT_EQ(heard, "1234567812345678");
}

}  // namespace
}  // namespace ringback::net
