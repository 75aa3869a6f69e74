#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/time.h"
#include "livekit/access_token.h"
#include "livekit/model.h"
#include "livekit/webhook.h"
#include "room/sid.h"

namespace ringback::room {

/// What an operator decides about rooms. Immutable once the server runs: every thread reads the same
/// snapshot.
struct RoomSettings {
  std::vector<livekit::ApiKey> api_keys;
  std::string server_version =
      "1.9.12";  ///< LiveKit version whose behaviour we offer: clients gate features by it
  std::string node_id = make_sid("ND_");
  std::string region;

  bool single_connection = true;      ///< serve /rtc/v1; without it clients fall back to two peer connections
  bool auto_create = true;            ///< joining an unknown room creates it
  std::uint32_t empty_timeout = 300;  ///< seconds until a room that nobody joined closes
  std::uint32_t departure_timeout = 20;  ///< seconds from the last departure until the room closes
  std::uint32_t max_participants = 0;    ///< per room; 0: no limit
  bool remote_unmute = false;            ///< administrators may unmute a participant's track
  std::vector<livekit::Codec> enabled_codecs = default_codecs();
  std::vector<std::string> stun_urls;  ///< told to clients; none is needed when our addresses are reachable

  std::size_t max_metadata_size = 512 * 1024;
  std::size_t max_attributes_size = 64 * 1024;  ///< keys and values together
  std::size_t max_name_size = 256;              ///< of rooms, identities and display names

  base::Duration join_timeout = std::chrono::seconds(60);  ///< joined but no media connection
  base::Duration resume_grace =
      std::chrono::seconds(5);  ///< transports failed, before the participant is removed

  /// Told of what happens in rooms, in order for each room, on the room's worker: must not block. Empty:
  /// nobody wants to know.
  std::function<void(livekit::WebhookEvent)> on_event;

  static std::vector<livekit::Codec> default_codecs() {
    return {{"video/VP8", ""},  {"video/H264", ""}, {"video/VP9", ""}, {"video/AV1", ""},
            {"audio/opus", ""}, {"audio/PCMU", ""}, {"audio/PCMA", ""}};
  }
};

}  // namespace ringback::room
