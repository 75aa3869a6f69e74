#include "room/codec_match.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace ringback::room {
namespace {

std::string_view parameter(const sdp::WebRtcCodec& codec, std::string_view name, std::string_view otherwise) {
  return sdp::fmtp_parameter(codec.fmtp, name).value_or(otherwise);
}

bool same_parameters(const sdp::WebRtcCodec& a, const sdp::WebRtcCodec& b) {
  if (a.is("H264")) {
    // RFC 6184 section 8.1: the packetization must be equal; of the profile, the level may differ.
    return parameter(a, "packetization-mode", "0") == parameter(b, "packetization-mode", "0") &&
           parameter(a, "profile-level-id", "42e01f").substr(0, 4) ==
               parameter(b, "profile-level-id", "42e01f").substr(0, 4);
  }
  if (a.is("VP9")) return parameter(a, "profile-id", "0") == parameter(b, "profile-id", "0");
  return true;
}

}  // namespace

const sdp::WebRtcCodec* find_same_codec(const std::vector<sdp::WebRtcCodec>& offered,
                                        const sdp::WebRtcCodec& source) {
  const auto same_name = [&](const sdp::WebRtcCodec& codec) {
    return codec.is(source.name) && codec.clock_rate == source.clock_rate;
  };
  for (const auto& codec : offered) {
    if (same_name(codec) && same_parameters(codec, source)) return &codec;
  }
  // Decoders of a better H264 profile read the constrained ones; the packetization must still be right.
  if (!source.is("H264")) return nullptr;
  for (const auto& codec : offered) {
    if (same_name(codec) &&
        parameter(codec, "packetization-mode", "0") == parameter(source, "packetization-mode", "0")) {
      return &codec;
    }
  }
  return nullptr;
}

bool is_media_codec(const sdp::WebRtcCodec& codec) {
  constexpr std::array<std::string_view, 6> kHelpers = {"rtx",        "red", "ulpfec",
                                                        "flexfec-03", "CN",  "telephone-event"};
  return std::ranges::none_of(kHelpers, [&](std::string_view name) { return codec.is(name); });
}

std::string mime_type_of(sdp::SectionKind kind, const sdp::WebRtcCodec& codec) {
  return (kind == sdp::SectionKind::kVideo ? "video/" : "audio/") + codec.name;
}

}  // namespace ringback::room
