#include "sdp/writer.h"

namespace ringback::sdp {
namespace {

constexpr std::string_view kEnd = "\r\n";

void line(std::string& out, char type, std::string_view value) {
  out += type;
  out += '=';
  out += value;
  out += kEnd;
}

void write_connection(std::string& out, const Connection& connection) {
  line(out, 'c', "IN " + connection.address_type + ' ' + connection.host + connection.suffix);
}

void write_common(std::string& out, const std::string& information,
                  const std::optional<Connection>& connection, const std::vector<Bandwidth>& bandwidths) {
  if (!information.empty()) line(out, 'i', information);
  if (connection) write_connection(out, *connection);
  for (const Bandwidth& bandwidth : bandwidths) {
    line(out, 'b', bandwidth.type + ':' + std::to_string(bandwidth.value));
  }
}

void write_attributes(std::string& out, const AttributeList& attributes) {
  for (const Attribute& attribute : attributes) {
    out += "a=";
    out += attribute.name;
    if (!attribute.value.empty()) {
      out += ':';
      out += attribute.value;
    }
    out += kEnd;
  }
}

void write_media(std::string& out, const Media& media) {
  out += "m=";
  out += media.kind;
  out += ' ';
  out += std::to_string(media.port);
  if (media.port_count != 1) out += '/' + std::to_string(media.port_count);
  out += ' ';
  out += media.protocol;
  for (const std::string& format : media.formats) {
    out += ' ';
    out += format;
  }
  out += kEnd;
  write_common(out, media.information, media.connection, media.bandwidths);
  write_attributes(out, media.attributes);
}

}  // namespace

std::string write(const SessionDescription& description) {
  std::string out;
  out.reserve(256 + description.media.size() * 1024);
  const Origin& origin = description.origin;
  line(out, 'v', "0");
  line(out, 'o',
       origin.username + ' ' + origin.session_id + ' ' + origin.session_version + ' ' + origin.network_type +
           ' ' + origin.address_type + ' ' + origin.host);
  line(out, 's', description.name.empty() ? "-" : description.name);
  write_common(out, description.information, description.connection, description.bandwidths);
  for (const std::string& time : description.times) line(out, 't', time);
  write_attributes(out, description.attributes);
  for (const Media& media : description.media) write_media(out, media);
  return out;
}

}  // namespace ringback::sdp
