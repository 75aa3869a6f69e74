#include "phone/event.h"

#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace ringback::phone {
namespace {

std::string_view name_of(Event::Kind kind) {
  switch (kind) {
    case Event::Kind::kReady:
      return "ready";
    case Event::Kind::kIncoming:
      return "incoming";
    case Event::Kind::kRinging:
      return "ringing";
    case Event::Kind::kAnswered:
      return "answered";
    case Event::Kind::kRefused:
      return "refused";
    case Event::Kind::kDigit:
      return "dtmf";
    case Event::Kind::kAudio:
      return "audio";
    case Event::Kind::kHeld:
      return "held";
    case Event::Kind::kFailed:
      return "failed";
    case Event::Kind::kEnded:
      return "ended";
  }
  return {};
}

double tenths(double value) {
  return std::round(value * 10) / 10;
}

}  // namespace

std::string to_text(const Event& event) {
  switch (event.kind) {
    case Event::Kind::kReady:
      return fmt::format("phone is listening on {}", event.text);
    case Event::Kind::kIncoming:
      return fmt::format("call {}: {} calls {} ({})", event.call, event.from, event.number,
                         to_string(event.behaviour));
    case Event::Kind::kRinging:
      return fmt::format("call {}: {}", event.call, event.status == 183 ? "early media" : "ringing");
    case Event::Kind::kAnswered:
      return fmt::format("call {}: answered, {}", event.call, event.text);
    case Event::Kind::kRefused:
      return fmt::format("call {}: refused with {}", event.call, event.status);
    case Event::Kind::kDigit:
      return fmt::format("call {}: the caller pressed {}", event.call, event.digit);
    case Event::Kind::kAudio:
      return fmt::format(
          "call {}: hears {:.0f} Hz at {:.1f} dBm0 (all sound {:.1f} dBm0), {} packets, {} lost", event.call,
          event.tone.hz, event.tone.level_dbm0, event.level_dbm0, event.packets, event.lost);
    case Event::Kind::kHeld:
      return fmt::format("call {}: {}", event.call, event.text);
    case Event::Kind::kFailed:
      return fmt::format("call {}: failed: {}", event.call, event.text);
    case Event::Kind::kEnded:
      return fmt::format("call {}: ended by {}, {} packets heard, {} lost", event.call, event.text,
                         event.packets, event.lost);
  }
  return {};
}

std::string to_json(const Event& event) {
  nlohmann::ordered_json json{{"event", name_of(event.kind)}};
  if (event.call != 0) json["call"] = event.call;
  switch (event.kind) {
    case Event::Kind::kReady:
      json["sip"] = event.text;
      break;
    case Event::Kind::kIncoming:
      json["number"] = event.number;
      json["from"] = event.from;
      json["behaviour"] = to_string(event.behaviour);
      break;
    case Event::Kind::kRinging:
    case Event::Kind::kRefused:
      json["status"] = event.status;
      break;
    case Event::Kind::kAnswered:
      json["codec"] = event.text;
      break;
    case Event::Kind::kDigit:
      json["digit"] = std::string(1, event.digit);
      break;
    case Event::Kind::kAudio:
      json["hz"] = tenths(event.tone.hz);
      json["toneDbm0"] = tenths(event.tone.level_dbm0);
      json["noiseDbm0"] = tenths(event.tone.noise_dbm0);
      json["levelDbm0"] = tenths(event.level_dbm0);
      json["packets"] = event.packets;
      json["lost"] = event.lost;
      break;
    case Event::Kind::kHeld:
      json["state"] = event.text;
      break;
    case Event::Kind::kFailed:
      json["reason"] = event.text;
      break;
    case Event::Kind::kEnded:
      json["by"] = event.text;
      json["packets"] = event.packets;
      json["lost"] = event.lost;
      break;
  }
  // Header values come from the network and need not be UTF-8.
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace ringback::phone
