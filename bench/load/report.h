#pragma once

#include <string>
#include <vector>

#include "load/workload.h"

namespace ringback::bench {

/// One line of the table: what, the target, what was measured.
struct Row {
  std::string what;
  std::string target;
  std::string measured;
  bool reached = true;
};

/// The results as a Markdown table, with the machine it was measured on. Also collects whether all targets
/// are met.
class Report {
 public:
  void add(const SetupResult& result);
  void add(const TalkResult& result);

  [[nodiscard]] std::string to_markdown() const;
  [[nodiscard]] bool all_reached() const;

 private:
  std::vector<Row> rows_;
};

}  // namespace ringback::bench
