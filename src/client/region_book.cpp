#include "client/region_book.h"

#include <algorithm>
#include <utility>

#include "http/url.h"
#include "livekit/signal_client.h"

namespace ringback::client {
namespace {

/// The list changes when regions are drained; all calls that a failure hits at once share it.
constexpr base::Duration kFresh = std::chrono::seconds(10);

/// "https://host/settings/regions" for a project of LiveKit Cloud; empty for any other server.
std::string settings_url_of(const std::string& url) {
  const auto parsed = http::parse_url(url);
  if (!parsed || !parsed->secure) return {};
  if (!parsed->host.ends_with(".livekit.cloud") && !parsed->host.ends_with(".livekit.run")) return {};
  return "https://" + parsed->authority() + "/settings/regions";
}

}  // namespace

RegionBook::RegionBook(std::string url, Fetch fetch, Clock clock)
    : url_(std::move(url)),
      settings_url_(settings_url_of(url_)),
      fetch_(std::move(fetch)),
      clock_(std::move(clock)) {}

void RegionBook::find(const SignalRoute& route, Found found) {
  if (route.failures == 0) return found(url_);
  if (!route.regions.empty()) return found(choose(route.regions, route.failures));
  if (settings_url_.empty()) return found(url_);
  if (clock_() < fresh_until_) return found(choose(regions_, route.failures));
  waiting_.push_back({route.failures, std::move(found)});
  if (waiting_.size() > 1) return;
  fetch_(settings_url_, route.token, [weak = weak_from_this()](const std::optional<std::string>& body) {
    if (const auto self = weak.lock()) self->on_answer(body);
  });
}

void RegionBook::on_answer(const std::optional<std::string>& body) {
  regions_ = body ? livekit::parse_region_urls(*body) : std::vector<std::string>{};
  fresh_until_ = clock_() + kFresh;
  for (const auto& waiting : std::exchange(waiting_, {})) waiting.found(choose(regions_, waiting.failures));
}

std::string RegionBook::choose(const std::vector<std::string>& regions, unsigned failures) const {
  // A token that came by TLS must not leave without.
  const auto own = http::parse_url(url_);
  std::vector<std::string> usable = {url_};
  std::ranges::copy_if(regions, std::back_inserter(usable), [&own](const std::string& region) {
    const auto parsed = http::parse_url(region);
    return parsed && (parsed->secure || (own && !own->secure));
  });
  return usable[failures % usable.size()];
}

}  // namespace ringback::client
