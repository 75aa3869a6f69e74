#include "http/static_files.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <utility>

#include "crypto/digest.h"
#include "crypto/hex.h"

namespace ringback::http {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kAssetFolder = "/assets/";

base::ErrorOr<std::string> read_file(const fs::path& path, std::size_t limit) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return base::fail("cannot read " + path.string());
  std::string content;
  std::array<char, 65536> chunk;
  while (file.read(chunk.data(), chunk.size()) || file.gcount() > 0) {
    content.append(chunk.data(), static_cast<std::size_t>(file.gcount()));
    if (content.size() > limit) return base::fail(path.string() + " is too large for a web page");
  }
  return content;
}

/// Whether the entity tag is in an If-None-Match list (RFC 9110 section 13.1.2; weak comparison).
bool lists_tag(std::string_view list, std::string_view tag) {
  return list == "*" || list.find(tag) != std::string_view::npos;
}

}  // namespace

std::string_view content_type_of_file(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 18> kTypes{{
      {".html", "text/html; charset=utf-8"},
      {".js", "text/javascript; charset=utf-8"},
      {".mjs", "text/javascript; charset=utf-8"},
      {".css", "text/css; charset=utf-8"},
      {".json", "application/json"},
      {".map", "application/json"},
      {".svg", "image/svg+xml"},
      {".png", "image/png"},
      {".jpg", "image/jpeg"},
      {".webp", "image/webp"},
      {".ico", "image/x-icon"},
      {".wasm", "application/wasm"},
      {".woff2", "font/woff2"},
      {".txt", "text/plain; charset=utf-8"},
      {".wav", "audio/wav"},
      {".mp3", "audio/mpeg"},
      {".ogg", "audio/ogg"},
      {".webmanifest", "application/manifest+json"},
  }};
  const auto* found = std::find_if(kTypes.begin(), kTypes.end(),
                                   [&](const auto& type) { return name.ends_with(type.first); });
  return found == kTypes.end() ? "application/octet-stream" : found->second;
}

base::ErrorOr<StaticFiles> StaticFiles::load(const std::string& folder) {
  std::error_code error;
  const fs::path root = fs::canonical(folder, error);
  if (error || !fs::is_directory(root, error)) return base::fail(folder + " is not a folder");

  StaticFiles files;
  std::size_t total = 0;
  fs::recursive_directory_iterator entry(root, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    std::error_code entry_error;
    if (entry->path().filename().string().starts_with('.')) {
      if (entry->is_directory(entry_error)) entry.disable_recursion_pending();
      continue;
    }
    if (!entry->is_regular_file(entry_error)) continue;
    const fs::path real = fs::canonical(entry->path(), entry_error);
    if (entry_error || std::mismatch(root.begin(), root.end(), real.begin(), real.end()).first != root.end())
      continue;
    auto content = read_file(real, kMaxBytes - total);
    if (!content) return base::Failure{content.error()};
    total += content->size();

    const std::string name = "/" + entry->path().lexically_relative(root).generic_string();
    File file;
    file.content_type = content_type_of_file(name);
    file.etag = "\"" + crypto::to_hex(crypto::sha256(*content)).substr(0, 32) + "\"";
    file.immutable = name.starts_with(kAssetFolder);
    file.content = std::make_shared<const std::string>(std::move(*content));
    files.files_.emplace(name, std::move(file));
  }
  if (error) return base::fail("cannot read " + folder + ": " + error.message());
  return files;
}

std::optional<Response> StaticFiles::serve(const Request& request) const {
  if (request.method != "GET" && request.method != "HEAD") return std::nullopt;
  auto found = files_.find(request.path);
  if (found == files_.end() && request.path.ends_with('/')) found = files_.find(request.path + "index.html");
  if (found == files_.end()) return std::nullopt;
  const File& file = found->second;

  Response response;
  response.headers.add("ETag", file.etag);
  response.headers.add("Cache-Control", file.immutable ? "public, max-age=31536000, immutable" : "no-cache");
  response.headers.add("X-Content-Type-Options", "nosniff");
  if (const auto known = request.headers.get("If-None-Match"); known && lists_tag(*known, file.etag)) {
    response.status = 304;
    return response;
  }
  response.headers.add("Content-Type", file.content_type);
  response.shared_body = file.content;
  return response;
}

}  // namespace ringback::http
