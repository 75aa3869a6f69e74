#include "room/sid.h"

#include "crypto/random.h"

namespace ringback::room {
namespace {

/// Without the characters that people confuse (0 O 1 I l).
constexpr std::string_view kAlphabet = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
constexpr int kLength = 12;

char source_letter(livekit::TrackSource source) {
  switch (source) {
    case livekit::TrackSource::kCamera:
      return 'C';
    case livekit::TrackSource::kMicrophone:
      return 'M';
    case livekit::TrackSource::kScreenShare:
      return 'S';
    case livekit::TrackSource::kScreenShareAudio:
      return 's';
    case livekit::TrackSource::kUnknown:
      break;
  }
  return 'U';
}

}  // namespace

std::string make_sid(std::string_view prefix) {
  std::string sid(prefix);
  for (int i = 0; i < kLength; ++i) {
    sid.push_back(kAlphabet[crypto::random_below(static_cast<std::uint32_t>(kAlphabet.size()))]);
  }
  return sid;
}

std::string make_track_sid(livekit::TrackType type, livekit::TrackSource source) {
  std::string prefix = "TR_";
  prefix.push_back(type == livekit::TrackType::kVideo ? 'V' : 'A');
  prefix.push_back(source_letter(source));
  return make_sid(prefix);
}

}  // namespace ringback::room
