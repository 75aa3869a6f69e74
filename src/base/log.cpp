#include "base/log.h"

#include "base/masked.h"
#include "base/utf8.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

namespace ringback::base {
namespace {

LogLevel g_least = LogLevel::kInfo;
LogFormat g_format = LogFormat::kText;

// The level as the setting LOG_LEVEL spells it, in a column of five. spdlog's own name "warning" does not
// fit.
class LevelColumn : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm& /*time*/,
              spdlog::memory_buf_t& out) override {
    std::string_view name = "error";
    if (message.level == spdlog::level::debug) name = "debug";
    if (message.level == spdlog::level::info) name = "info ";
    if (message.level == spdlog::level::warn) name = "warn ";
    out.append(name.data(), name.data() + name.size());
  }
  [[nodiscard]] std::unique_ptr<spdlog::custom_flag_formatter> clone() const override {
    return std::make_unique<LevelColumn>();
  }
};

void set_text_pattern(spdlog::logger& logger) {
  auto formatter = std::make_unique<spdlog::pattern_formatter>();
  formatter->add_flag<LevelColumn>('*').set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %^%*%$ %v");
  logger.set_formatter(std::move(formatter));
}

std::shared_ptr<spdlog::logger> make_logger() {
  auto logger =
      std::make_shared<spdlog::logger>("ringback", std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
  logger->set_level(spdlog::level::debug);
  logger->flush_on(spdlog::level::debug);
  set_text_pattern(*logger);
  return logger;
}

spdlog::logger& logger() {
  static const std::shared_ptr<spdlog::logger> instance = make_logger();
  return *instance;
}

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarn:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out += fmt::format("\\u{:04x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

}  // namespace

void configure_log(LogLevel least, LogFormat format) {
  g_least = least;
  g_format = format;
  if (format == LogFormat::kJson) {
    logger().set_pattern(R"({"time":"%Y-%m-%dT%H:%M:%S.%e%z","level":"%l",%v})");
  } else {
    set_text_pattern(logger());
  }
}

bool log_enabled(LogLevel level) {
  return level >= g_least;
}

void log_line(LogLevel level, std::string_view subject, std::string_view raw_id,
              std::string_view raw_message) {
  const std::string id = valid_utf8(mask_room_names(raw_id));
  const std::string message = valid_utf8(mask_room_names(raw_message));
  std::string line;
  if (g_format == LogFormat::kJson) {
    line += "\"subject\":";
    append_json_string(line, subject);
    if (!id.empty()) {
      line += ",\"id\":";
      append_json_string(line, id);
    }
    line += ",\"message\":";
    append_json_string(line, message);
  } else {
    line = id.empty() ? fmt::format("{:<6} ", subject) : fmt::format("{:<6} [{}] ", subject, id);
    // One event, one line: what a stranger sent may hold line breaks.
    for (const char c : message) line += (static_cast<unsigned char>(c) < 0x20 ? ' ' : c);
  }
  logger().log(to_spdlog(level), spdlog::string_view_t(line));
}

}  // namespace ringback::base
