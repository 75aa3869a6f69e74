#include "base/deadline_table.h"

#include <functional>
#include <map>
#include <memory>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace ringback::base {
namespace {

constexpr TimePoint kStart{1'000'000us};

class Probe final : public DeadlineTable::Entry {
 public:
  using Entry::Entry;
  std::vector<TimePoint> told;
  std::function<void(TimePoint)> reaction;

 protected:
  void on_deadline(TimePoint now) override {
    told.push_back(now);
    if (reaction) reaction(now);
  }
};

TEST(DeadlineTable, TellsAtTheDeadlineAndNotBefore) {
  DeadlineTable table;
  Probe probe(table);
  probe.set_deadline(kStart + 20ms);
  EXPECT_EQ(table.earliest(), kStart + 20ms);
  table.expire(kStart + 20ms - 1us);
  EXPECT_TRUE(probe.told.empty());
  table.expire(kStart + 20ms);
  EXPECT_EQ(probe.told, std::vector{kStart + 20ms});
  EXPECT_EQ(probe.deadline(), kNever);
  EXPECT_EQ(table.earliest(), kNever);
  table.expire(kStart + 1h);
  EXPECT_EQ(probe.told.size(), 1U);
}

TEST(DeadlineTable, ADeadlineThatIsPutOffIsNotTold) {
  DeadlineTable table;
  Probe probe(table);
  for (int packet = 0; packet < 100; ++packet) {
    const TimePoint now = kStart + packet * 20ms;
    table.expire(now);
    probe.set_deadline(now + 30ms);
  }
  EXPECT_TRUE(probe.told.empty());
  table.expire(kStart + 99 * 20ms + 30ms);
  EXPECT_EQ(probe.told.size(), 1U);
}

TEST(DeadlineTable, AnEntryThatAsksForNowIsToldNextTime) {
  DeadlineTable table;
  Probe probe(table);
  probe.reaction = [&](TimePoint now) { probe.set_deadline(now); };
  probe.set_deadline(kStart);
  table.expire(kStart);
  EXPECT_EQ(probe.told.size(), 1U);
  EXPECT_EQ(table.earliest(), kStart);
  table.expire(kStart);
  EXPECT_EQ(probe.told.size(), 2U);
}

TEST(DeadlineTable, EntriesMayDestroyThemselvesAndOthersAndMakeNewOnes) {
  DeadlineTable table;
  auto first = std::make_unique<Probe>(table);
  auto second = std::make_unique<Probe>(table);
  auto third = std::make_unique<Probe>(table);
  std::unique_ptr<Probe> made;
  for (Probe* probe : {first.get(), second.get(), third.get()}) probe->set_deadline(kStart);
  third->reaction = [&](TimePoint now) {
    made = std::make_unique<Probe>(table);
    made->set_deadline(now + 5ms);
    first.reset();
    third.reset();
  };
  table.expire(kStart);
  EXPECT_EQ(second->told.size(), 1U);
  EXPECT_EQ(table.size(), 2U);
  table.expire(kStart + 5ms);
  EXPECT_EQ(made->told, std::vector{kStart + 5ms});
  EXPECT_EQ(second->told.size(), 1U);
}

TEST(DeadlineTable, AgreesWithAModelUnderRandomUse) {
  std::mt19937 random(7);
  DeadlineTable table;
  std::vector<std::unique_ptr<Probe>> probes;
  std::map<Probe*, TimePoint> model;
  TimePoint now = kStart;
  for (int step = 0; step < 20'000; ++step) {
    switch (random() % 4) {
      case 0:
        probes.push_back(std::make_unique<Probe>(table));
        break;
      case 1:
        if (probes.empty()) break;
        std::swap(probes[random() % probes.size()], probes.back());
        model.erase(probes.back().get());
        probes.pop_back();
        break;
      default:
        if (probes.empty()) break;
        Probe* const probe = probes[random() % probes.size()].get();
        model[probe] = now + Duration(static_cast<Duration::rep>(random() % 50'000));
        probe->set_deadline(model[probe]);
        break;
    }
    now += Duration(static_cast<Duration::rep>(random() % 3'000));
    for (const auto& probe : probes) probe->told.clear();
    table.expire(now);
    for (const auto& probe : probes) {
      const auto found = model.find(probe.get());
      const bool due = found != model.end() && found->second <= now;
      ASSERT_EQ(probe->told.size(), due ? 1U : 0U);
      if (due) model.erase(found);
    }
    for (const auto& [probe, deadline] : model) ASSERT_LE(table.earliest(), deadline);
  }
}

}  // namespace
}  // namespace ringback::base
