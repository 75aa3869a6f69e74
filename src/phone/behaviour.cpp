#include "phone/behaviour.h"

#include <array>

#include <fmt/format.h>

namespace ringback::phone {
namespace {

struct Rule {
  std::string_view ending;  ///< last four digits of the number
  std::string_view name;
  Behaviour behaviour;
  std::uint16_t refusal;
  std::string_view description;
};

constexpr std::array kRules{
    Rule{"0000", "echo", Behaviour::kEcho, 0, "rings, answers, greets, then repeats what you say"},
    Rule{"0001", "busy", Behaviour::kBusy, 486, "is busy (486)"},
    Rule{"0002", "no-answer", Behaviour::kNoAnswer, 0, "rings and is never answered"},
    Rule{"0003", "decline", Behaviour::kDecline, 603, "rings, then declines (603)"},
    Rule{"0004", "early-media", Behaviour::kEarlyMedia, 0, "plays its own ringback tone (183), then answers"},
    Rule{"0005", "hang-up", Behaviour::kHangUp, 0, "answers and hangs up after 5 seconds"},
    Rule{"0006", "press-keys", Behaviour::kPressKeys, 0, "answers and presses 1 2 3 #"},
    Rule{"0007", "unavailable", Behaviour::kUnavailable, 480, "is temporarily unavailable (480)"},
    Rule{"0008", "not-found", Behaviour::kNotFound, 404, "does not exist (404)"},
    Rule{"0009", "server-error", Behaviour::kServerError, 503, "fails (503)"},
    Rule{"0010", "tone", Behaviour::kTone, 0, "answers and plays a steady tone (--tone, else 1000 Hz)"},
    Rule{"0011", "silent", Behaviour::kSilent, 0, "answers and says nothing"},
    Rule{"0012", "mute", Behaviour::kMute, 0, "answers and sends no audio packets at all"},
    Rule{"0013", "forbidden", Behaviour::kForbidden, 403, "is forbidden (403)"},
};

const Rule& rule_of(Behaviour behaviour) {
  for (const Rule& rule : kRules) {
    if (rule.behaviour == behaviour) return rule;
  }
  return kRules.front();
}

}  // namespace

Behaviour behaviour_for(std::string_view user) {
  for (const Rule& rule : kRules) {
    if (user == rule.name || user.ends_with(rule.ending)) return rule.behaviour;
  }
  return Behaviour::kEcho;
}

std::string_view to_string(Behaviour behaviour) {
  return rule_of(behaviour).name;
}

std::uint16_t refusal_status(Behaviour behaviour) {
  return rule_of(behaviour).refusal;
}

std::string behaviour_table() {
  std::string text = "Numbers choose what the phone does (or dial the name, as in sip:busy@...):\n";
  for (const Rule& rule : kRules) {
    text += fmt::format("  +1555123{}  {:<13} {}\n", rule.ending, rule.name, rule.description);
  }
  text += "Only the last four digits count; every other number is the echo.\n";
  return text;
}

}  // namespace ringback::phone
