#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "client/signal_link.h"

namespace ringback::client {

/// Which of a room server's addresses a connection goes to. The first try goes to the address of the
/// settings; LiveKit Cloud leads it to the nearest region. When that fails, the server's regions are tried in
/// turn: those of its last Leave, else those that Cloud lists at /settings/regions. Other servers have one
/// address only.
///
/// Front thread, except for its construction. What was looked up is kept for a while.
class RegionBook : public std::enable_shared_from_this<RegionBook> {
 public:
  /// GETs a URL with a bearer token; nullopt: no answer of status 200.
  using Answer = std::function<void(std::optional<std::string> body)>;
  using Fetch = std::function<void(const std::string& url, const std::string& token, Answer answer)>;
  using Clock = std::function<base::TimePoint()>;
  using Found = std::function<void(std::string url)>;

  RegionBook(std::string url, Fetch fetch, Clock clock);

  /// Where the connection goes: at once, or when Cloud has answered.
  void find(const SignalRoute& route, Found found);

 private:
  struct Waiting {
    unsigned failures;
    Found found;
  };
  [[nodiscard]] std::string choose(const std::vector<std::string>& regions, unsigned failures) const;
  void on_answer(const std::optional<std::string>& body);

  const std::string url_;
  std::string settings_url_;  ///< empty: not Cloud's
  const Fetch fetch_;
  const Clock clock_;
  std::vector<std::string> regions_;
  base::TimePoint fresh_until_{};
  std::vector<Waiting> waiting_;  ///< for the answer that is under way
};

}  // namespace ringback::client
