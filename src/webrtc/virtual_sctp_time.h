#pragma once

#include <cstdint>

#include "webrtc/sctp_stack.h"

namespace ringback::webrtc {

/// For tests: lets `milliseconds` of virtual time pass for usrsctp. Its timers are told by SctpStack, but it
/// also compares send times by the system's clock before it retransmits, so the test program replaces that
/// clock for the library (virtual_sctp_time_test.cpp).
void pass_sctp_time(SctpStack& stack, std::uint32_t milliseconds);

}  // namespace ringback::webrtc
