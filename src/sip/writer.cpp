#include "sip/writer.h"

#include <string_view>

namespace ringback::sip {
namespace {

void append_line(std::string& out, std::string_view text) {
  for (const char c : text) out += c == '\r' || c == '\n' || c == '\0' ? ' ' : c;
}

}  // namespace

std::string write(const Message& message) {
  std::size_t size = 64 + message.request_uri.size() + message.body.size();
  for (const Header& header : message.headers) size += header.name.size() + header.value.size() + 4;
  std::string out;
  out.reserve(size);
  if (message.is_request()) {
    append_line(out, message.method);
    out += ' ';
    append_line(out, message.request_uri);
    out += " SIP/2.0\r\n";
  } else {
    out += "SIP/2.0 ";
    out += std::to_string(message.status);
    out += ' ';
    append_line(out, message.reason);
    out += "\r\n";
  }
  for (const Header& header : message.headers) {
    append_line(out, header.name);
    out += ": ";
    append_line(out, header.value);
    out += "\r\n";
  }
  out += "Content-Length: ";
  out += std::to_string(message.body.size());
  out += "\r\n\r\n";
  out += message.body;
  return out;
}

}  // namespace ringback::sip
