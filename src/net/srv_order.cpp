#include "net/srv_order.h"

#include <algorithm>
#include <cstdint>

namespace ringback::net {

std::vector<SrvRecord> order_srv(std::vector<SrvRecord> records, std::mt19937& random) {
  // Records of weight 0 first within their priority, as the RFC wants it: they are then drawn with a small
  // chance.
  std::stable_sort(records.begin(), records.end(), [](const SrvRecord& a, const SrvRecord& b) {
    if (a.priority != b.priority) return a.priority < b.priority;
    return a.weight == 0 && b.weight != 0;
  });
  for (auto first = records.begin(); first != records.end(); ++first) {
    const auto last = std::find_if(
        first, records.end(), [&](const SrvRecord& record) { return record.priority != first->priority; });
    std::uint32_t total = 0;
    std::for_each(first, last, [&](const SrvRecord& record) { total += record.weight; });
    const std::uint32_t drawn = std::uniform_int_distribution<std::uint32_t>(0, total)(random);
    std::uint32_t sum = 0;
    const auto chosen = std::find_if(first, last, [&](const SrvRecord& record) {
      sum += record.weight;
      return sum >= drawn;
    });
    std::rotate(first, chosen, chosen + 1);  // keeps the order of the others
  }
  return records;
}

}  // namespace ringback::net
