#include "room/limits.h"

#include "room/room_settings.h"

namespace ringback::room {

std::optional<std::string> excess_of(const RoomSettings& settings, std::string_view name,
                                     std::string_view metadata, const livekit::Attributes& attributes) {
  if (name.size() > settings.max_name_size) return "name exceeds limits";
  if (metadata.size() > settings.max_metadata_size) return "metadata size exceeds limits";
  std::size_t size = 0;
  for (const auto& [key, value] : attributes) size += key.size() + value.size();
  if (size > settings.max_attributes_size) return "attributes size exceeds limits";
  return std::nullopt;
}

}  // namespace ringback::room
