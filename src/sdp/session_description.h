#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/endpoint.h"

namespace ringback::sdp {

/// One `a=` line. A property attribute (`a=sendrecv`) has an empty value.
struct Attribute {
  std::string name;
  std::string value;

  bool operator==(const Attribute&) const = default;
};

/// The `a=` lines of one section in their order on the wire; names may repeat. Names are case-sensitive (RFC
/// 8866 9).
class AttributeList {
 public:
  void add(std::string name, std::string value = {}) {
    items_.push_back({std::move(name), std::move(value)});
  }
  /// Replaces the value of the first attribute of that name, or appends one.
  void set(std::string_view name, std::string value);
  /// Removes every attribute of that name.
  void remove(std::string_view name);
  [[nodiscard]] bool has(std::string_view name) const { return find(name).has_value(); }
  /// Value of the first attribute of that name; "" for a property attribute.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
  /// Values of all attributes of that name, in order.
  [[nodiscard]] std::vector<std::string_view> all(std::string_view name) const;

  [[nodiscard]] auto begin() const { return items_.begin(); }
  [[nodiscard]] auto end() const { return items_.end(); }
  [[nodiscard]] std::size_t size() const { return items_.size(); }
  [[nodiscard]] bool empty() const { return items_.empty(); }
  bool operator==(const AttributeList&) const = default;

 private:
  std::vector<Attribute> items_;
};

/// Who sends media, as seen by the side that wrote the description (RFC 8866 6.7).
enum class Direction : std::uint8_t { kSendRecv, kSendOnly, kRecvOnly, kInactive };

[[nodiscard]] std::string_view to_string(Direction direction);
[[nodiscard]] std::optional<Direction> parse_direction(std::string_view name);
/// The same stream seen from the other end: sendonly <-> recvonly.
[[nodiscard]] Direction reversed(Direction direction);
/// What both sides allow; both values from the same point of view.
[[nodiscard]] Direction intersect(Direction a, Direction b);
[[nodiscard]] bool sends(Direction direction);
[[nodiscard]] bool receives(Direction direction);

/// `c=`: where media goes. The address may be a host name, so the text is kept beside the parsed address.
struct Connection {
  std::string address_type = "IP4";  ///< "IP4" or "IP6"
  std::string host;                  ///< without the /ttl or /count of multicast
  std::string suffix;                ///< "/127" of "224.2.1.1/127", else empty

  static Connection of(const base::IpAddress& address);
  /// Empty when the host is a name.
  [[nodiscard]] std::optional<base::IpAddress> address() const { return base::IpAddress::parse(host); }
  bool operator==(const Connection&) const = default;
};

/// `o=`: numbers are kept as text because peers use more than 64 bits.
struct Origin {
  std::string username = "-";
  std::string session_id = "0";
  std::string session_version = "0";
  std::string network_type = "IN";
  std::string address_type = "IP4";
  std::string host = "0.0.0.0";

  bool operator==(const Origin&) const = default;
};

/// `b=AS:64`; the unit depends on the type (AS: kbit/s, TIAS: bit/s).
struct Bandwidth {
  std::string type;
  std::uint64_t value = 0;

  bool operator==(const Bandwidth&) const = default;
};

/// `a=rtpmap:<payload type> <encoding>/<clock rate>[/<channels>]`.
struct RtpMap {
  std::uint8_t payload_type = 0;
  std::string encoding;  ///< as written; compare with same_encoding()
  std::uint32_t clock_rate = 0;
  std::uint32_t channels = 1;

  /// Parses the attribute's value.
  static std::optional<RtpMap> parse(std::string_view value);
  /// The attribute's value; channels only when not 1.
  [[nodiscard]] std::string to_string() const;
  /// Encoding names compare without case (RFC 4855).
  [[nodiscard]] bool same_encoding(std::string_view name) const;
  bool operator==(const RtpMap&) const = default;
};

/// One `m=` section.
struct Media {
  std::string kind;        ///< "audio", "video", "application", "image", ...
  std::uint16_t port = 0;  ///< 0: rejected (or, with WebRTC's bundle-only, see RFC 8843)
  std::uint16_t port_count = 1;
  std::string protocol;  ///< "RTP/AVP", "RTP/SAVP", "UDP/TLS/RTP/SAVPF", ...
  std::vector<std::string>
      formats;              ///< payload types as text for RTP; "webrtc-datachannel" and the like otherwise
  std::string information;  ///< i=
  std::optional<Connection> connection;
  std::vector<Bandwidth> bandwidths;
  AttributeList attributes;

  /// The direction attribute of this section, if it has one; SessionDescription::direction_of() adds the
  /// defaults.
  [[nodiscard]] std::optional<Direction> direction() const;
  /// Replaces whatever direction attribute there is.
  void set_direction(Direction direction);

  /// Formats that are payload types (0-127), in order of preference.
  [[nodiscard]] std::vector<std::uint8_t> payload_types() const;
  /// All valid rtpmap attributes, in order of the attributes.
  [[nodiscard]] std::vector<RtpMap> rtpmaps() const;
  /// The rtpmap of one payload type: from the attributes, else the static audio types of RFC 3551.
  [[nodiscard]] std::optional<RtpMap> rtpmap(std::uint8_t payload_type) const;
  /// The format parameters ("minptime=10;useinbandfec=1") of `a=fmtp:<payload type> ...`.
  [[nodiscard]] std::optional<std::string_view> fmtp(std::uint8_t payload_type) const;
  /// Appends a payload type to the formats with its rtpmap and, when not empty, fmtp attributes.
  void add_codec(const RtpMap& map, std::string_view fmtp = {});
  /// Whether the protocol demands encryption: RTP/SAVP(F), UDP/TLS/RTP/SAVP(F).
  [[nodiscard]] bool is_secure() const;
  /// Whether the protocol carries RTP at all.
  [[nodiscard]] bool is_rtp() const;

  bool operator==(const Media&) const = default;
};

/// A session description (RFC 8866) as plain values; says nothing of what the values mean together. Made by
/// sdp::parse() or by hand, turned into text by sdp::write(). Both dialects (SIP, WebRTC) build on it.
struct SessionDescription {
  Origin origin;
  std::string name = "-";   ///< s=
  std::string information;  ///< i=
  std::optional<Connection> connection;
  std::vector<Bandwidth> bandwidths;
  std::vector<std::string> times = {"0 0"};  ///< values of the t= lines
  AttributeList attributes;
  std::vector<Media> media;

  /// Direction of a section: its own attribute, else the session's, else sendrecv.
  [[nodiscard]] Direction direction_of(const Media& section) const;
  /// Connection of a section: its own, else the session's, else none.
  [[nodiscard]] const Connection* connection_of(const Media& section) const;
  /// An attribute of the section, else of the session (for ice-ufrag, fingerprint, setup, ...).
  [[nodiscard]] std::optional<std::string_view> attribute_of(const Media& section,
                                                             std::string_view attribute) const;
  /// The first section of that kind ("audio"), rejected or not.
  [[nodiscard]] const Media* first(std::string_view kind) const;

  bool operator==(const SessionDescription&) const = default;
};

/// One parameter of an fmtp value: fmtp_parameter("minptime=10;useinbandfec=1", "useinbandfec") is "1".
[[nodiscard]] std::optional<std::string_view> fmtp_parameter(std::string_view fmtp, std::string_view name);

}  // namespace ringback::sdp
