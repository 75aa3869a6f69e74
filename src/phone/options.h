#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "base/endpoint.h"
#include "base/time.h"

namespace CLI {
class App;
}

namespace ringback::phone {

/// Settings of the phone; the defaults suit a demonstration on one machine.
struct PhoneOptions {
  base::Endpoint listen{base::IpAddress::v4({127, 0, 0, 1}),
                        5070};  ///< UDP and TCP; port 0: chosen by the kernel
  std::uint16_t rtp_low = 20000;
  std::uint16_t rtp_high = 20999;

  /// When set, callers must authenticate (digest).
  struct Credentials {
    std::string user;
    std::string password;
  };
  std::optional<Credentials> credentials;

  base::Duration answer_after = std::chrono::milliseconds(1500);
  base::Duration hang_up_after = std::chrono::seconds(5);  ///< for numbers that hang up
  base::Duration echo_delay = std::chrono::milliseconds(200);
  int tone_hz = 0;       ///< every call that is answered plays this tone instead of its own sound; 0: none
  bool alaw = false;     ///< prefer PCMA to PCMU
  bool measure = false;  ///< report tone and level of the received audio once a second
  std::string record;    ///< WAV file for the received audio of each call; empty: none
  bool json = false;     ///< events as JSON lines (implies measure)
};

/// Declares the command line of `ringback phone`. `options` must outlive the parse.
void add_options(CLI::App& app, PhoneOptions& options);

}  // namespace ringback::phone
