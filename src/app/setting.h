#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace ringback::app {

/// Where the value of a setting came from. The order is the order of precedence, strongest first.
enum class SettingSource { kFlag, kEnvironment, kDotEnv, kYaml, kLiveKitSip, kGenerated, kDefault };

[[nodiscard]] std::string_view to_string(SettingSource source);

/// One setting of the product: the same thing as flag, environment variable, `.env` line and YAML key.
struct SettingSpec {
  const char* name;      ///< environment and `.env` name: "SIP_TRUNK_URI"
  const char* fallback;  ///< default as text; "" when there is none
  const char* help;      ///< one sentence; ends without a full stop
  bool secret = false;   ///< its value is never shown
};

/// Every setting, in the order `--help` shows them.
[[nodiscard]] std::span<const SettingSpec> setting_specs();

/// "SIP_TRUNK_URI" -> "--sip-trunk-uri"
[[nodiscard]] std::string flag_of(const SettingSpec& spec);
/// "SIP_TRUNK_URI" -> "sip_trunk_uri"
[[nodiscard]] std::string yaml_key_of(const SettingSpec& spec);

/// The known name nearest to a misspelt one, if it is near enough to be what was meant (edit distance <= 2).
[[nodiscard]] std::optional<std::string> nearest_name(std::string_view name,
                                                      std::span<const std::string> known);

/// What `.env` holds: KEY=VALUE lines, `export ` allowed, quotes removed, `#` comments.
/// Lines that are none of these are an error that names the line.
[[nodiscard]] base::ErrorOr<std::map<std::string, std::string>> parse_dot_env(std::string_view text);

/// One entry of the YAML block `sip_trunks`, as written.
struct TrunkEntry {
  std::map<std::string, std::string> fields;
  int line = 0;  ///< of the file, from 1
};

struct YamlSettings {
  std::map<std::string, std::string> values;  ///< by setting name ("SIP_TRUNK_URI")
  std::vector<TrunkEntry> trunks;
};

/// Reads the YAML form of the settings. An unknown key is an error that names its line and the nearest known
/// key.
[[nodiscard]] base::ErrorOr<YamlSettings> parse_yaml_settings(const std::string& text);

/// The value in force of every setting and where it came from.
class SettingValues {
 public:
  struct Entry {
    std::string value;
    SettingSource source = SettingSource::kDefault;
  };

  /// `flags` holds only flags that were given. `environment` is asked by name.
  SettingValues(const std::map<std::string, std::string>& flags,
                const std::map<std::string, std::string>& environment,
                const std::map<std::string, std::string>& dot_env,
                const std::map<std::string, std::string>& yaml,
                const std::map<std::string, std::string>& livekit_sip = {});

  [[nodiscard]] const Entry& entry(std::string_view name) const;
  [[nodiscard]] const std::string& text(std::string_view name) const { return entry(name).value; }
  [[nodiscard]] bool given(std::string_view name) const { return !text(name).empty(); }
  [[nodiscard]] bool is_default(std::string_view name) const {
    return entry(name).source == SettingSource::kDefault;
  }
  /// A whole number within [least, most]; otherwise an error that names setting, value and source.
  [[nodiscard]] base::ErrorOr<long> number(std::string_view name, long least, long most) const;

  void set(std::string_view name, std::string value, SettingSource source);

  /// The table that `serve --help` prints: name, value in force, source, help; secrets as "(set)".
  [[nodiscard]] std::string describe() const;

 private:
  std::map<std::string, Entry, std::less<>> entries_;
};

/// One warning for each `.env` name that is almost one of ours.
[[nodiscard]] std::vector<std::string> near_misses(const std::map<std::string, std::string>& dot_env);

}  // namespace ringback::app
