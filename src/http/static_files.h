#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
#include "http/message.h"

namespace ringback::http {

/// A folder of files for browsers (the web page), read into memory once: no file access while serving, and
/// nothing outside the folder can be named. Immutable; any thread.
class StaticFiles {
 public:
  /// Total size that is still loaded; a page is far smaller, a wrong folder is not.
  static constexpr std::size_t kMaxBytes = 64 * 1024 * 1024;

  /// Hidden files are left out; symbolic links are followed only to files inside the folder.
  [[nodiscard]] static base::ErrorOr<StaticFiles> load(const std::string& folder);

  /// The answer to GET or HEAD, or nullopt when there is no such file. "/" is "/index.html". Has ETag, and
  /// answers If-None-Match with 304. Files below /assets/ (named by their content) may be cached for a year,
  /// others must be revalidated.
  [[nodiscard]] std::optional<Response> serve(const Request& request) const;

  [[nodiscard]] std::size_t size() const { return files_.size(); }

 private:
  struct File {
    std::shared_ptr<const std::string> content;
    std::string content_type;
    std::string etag;
    bool immutable = false;
  };
  std::map<std::string, File, std::less<>> files_;
};

/// Content type for a file name, by its extension; "application/octet-stream" when unknown.
[[nodiscard]] std::string_view content_type_of_file(std::string_view name);

}  // namespace ringback::http
