// modules: livekit
//
// Stamping a data packet: what is accepted names its true sender afterwards, keeps its receivers and stays
// accepted.

#include "input.h"
#include "livekit/data_packet.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ringback;
  const auto packet = fuzz::as_text(data, size);
  const livekit::DataStamp stamp{.kind = livekit::DataPacketKind::kReliable,
                                 .participant_identity = "alice",
                                 .participant_sid = "PA_alice",
                                 .sequence = 7};
  const auto before = livekit::parse_data_envelope(packet);
  const auto stamped = livekit::stamp_data_packet(packet, stamp);
  if (!before || !stamped || stamped->size() > livekit::kMaxDataPacket) return 0;
  const auto after = livekit::parse_data_envelope(*stamped);
  fuzz::promise(after.ok());
  fuzz::promise(after->participant_identity == "alice" && after->participant_sid == "PA_alice");
  fuzz::promise(after->sequence == 7 && after->kind == livekit::DataPacketKind::kReliable);
  fuzz::promise(after->value == before->value);
  fuzz::promise(after->destination_identities == before->destination_identities);
  fuzz::promise(after->destination_sids == before->destination_sids);
  return 0;
}
