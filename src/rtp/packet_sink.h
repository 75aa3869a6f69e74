#pragma once

#include "base/time.h"

namespace ringback::rtp {

class PacketView;

/// Takes the packets of one stream, on the media path: no allocation, no lock, no log line. A packet is
/// passed by reference and gone after the call.
class PacketSink {
 public:
  virtual void on_packet(base::TimePoint now, const PacketView& packet) = 0;

 protected:
  ~PacketSink() = default;
};

}  // namespace ringback::rtp
