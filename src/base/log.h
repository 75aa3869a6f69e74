#pragma once

#include <string>
#include <string_view>

#include <fmt/core.h>

namespace ringback::base {

enum class LogLevel { kDebug, kInfo, kWarn, kError };
enum class LogFormat { kText, kJson };

/// Sets what is logged and how; call once before other threads start. Lines go to standard error.
void configure_log(LogLevel least, LogFormat format);
[[nodiscard]] bool log_enabled(LogLevel level);

/// Writes one line. Callable from any thread; never on the media path (it takes a lock).
/// `subject` is the part of the product that speaks ("call", "sip", "room", "http", "store", ...); `id` is
/// the call id, room name or other thread that a reader follows, or empty.
void log_line(LogLevel level, std::string_view subject, std::string_view id, std::string_view message);

/// A log line names the call, the stage and the decision. Wrap private values in base::Masked.
template <class... Args>
void log(LogLevel level, std::string_view subject, std::string_view id, fmt::format_string<Args...> format,
         Args&&... args) {
  if (!log_enabled(level)) return;
  log_line(level, subject, id, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace ringback::base
