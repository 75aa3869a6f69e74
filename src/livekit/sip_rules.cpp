#include <algorithm>
#include <array>
#include <cctype>

#include "livekit/sip_api.h"

/// Which SIP API requests are valid, and the words in which the others are refused.
namespace ringback::livekit {
namespace {

base::Failure<TwirpError> refuse(std::string msg) {
  return {invalid_argument(std::move(msg))};
}

bool equal_without_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

/// RFC 3261 section 25.1: token.
bool is_token_character(unsigned char c) {
  return std::isalnum(c) != 0 ||
         std::string_view("-.!%*_+`'~").find(static_cast<char>(c)) != std::string_view::npos;
}

Verdict validate_header_name(std::string_view name) {
  constexpr std::size_t kMaxName = 255;
  if (name.empty()) return refuse("invalid header name: header name is empty");
  if (name.size() > kMaxName) return refuse("invalid header name: header name is too long");
  if (!std::all_of(name.begin(), name.end(),
                   [](char c) { return is_token_character(static_cast<unsigned char>(c)); }))
    return refuse("invalid header name: header name " + std::string(name) + " contains invalid characters");
  return {};
}

/// Headers that the SIP service writes itself.
bool is_reserved_header(std::string_view name) {
  static constexpr std::array<std::string_view, 29> kReserved{"accept",
                                                              "accept-encoding",
                                                              "accept-language",
                                                              "allow",
                                                              "allow-events",
                                                              "call-id",
                                                              "contact",
                                                              "content-encoding",
                                                              "content-length",
                                                              "content-type",
                                                              "cseq",
                                                              "event",
                                                              "expires",
                                                              "from",
                                                              "max-forwards",
                                                              "record-route",
                                                              "refer-to",
                                                              "reply-to",
                                                              "k",
                                                              "l",
                                                              "m",
                                                              "o",
                                                              "r",
                                                              "t",
                                                              "u",
                                                              "v"};
  return std::any_of(kReserved.begin(), kReserved.end(), [&](std::string_view reserved) {
    return !reserved.empty() && equal_without_case(reserved, name);
  });
}

Verdict validate_header_value(std::string_view name, std::string_view value) {
  constexpr std::size_t kMaxValue = 1024;
  if (value.size() > kMaxValue)
    return refuse("invalid header value: header " + std::string(name) + " is too long");
  const bool printable = std::all_of(value.begin(), value.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
  });
  if (!printable)
    return refuse("invalid header value: header " + std::string(name) + " contains invalid characters");
  return {};
}

/// A host without anything that belongs to a SIP URI. `what` is how the field is called in the refusal.
Verdict validate_host(std::string_view host, std::string_view what) {
  if (host.find("transport=") != std::string_view::npos)
    return refuse(std::string(what) + " should not contain transport parameter");
  if (host.find_first_of("@;") != std::string_view::npos || host.starts_with("sip:") ||
      host.starts_with("sips:"))
    return refuse(std::string(what) + " should be a hostname or IP, not SIP URI");
  return {};
}

/// Whether the text may stand between double quotes as it is (RFC 3261 section 25.1: quoted-string).
bool is_quoted_string_body(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c == '"' || (c < 0x20 && c != '\t') || c == 0x7f) return false;
    if (c == '\\' && ++i == text.size()) return false;
  }
  return true;
}

/// ISO 3166-1 alpha-2 codes that are assigned.
bool is_country(std::string_view code) {
  constexpr std::string_view kAssigned =
      "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV "
      "BW BY "
      "BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI "
      "FJ FK "
      "FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO "
      "IQ IR "
      "IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG "
      "MH MK "
      "ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK "
      "PL PM "
      "PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC "
      "TD TF "
      "TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW";
  return code.size() == 2 && std::isupper(static_cast<unsigned char>(code[0])) != 0 &&
         std::isupper(static_cast<unsigned char>(code[1])) != 0 &&
         kAssigned.find(code) != std::string_view::npos;
}

}  // namespace

Verdict validate_sip_headers(const StringMap& headers) {
  for (const auto& [name, value] : headers) {
    if (auto verdict = validate_header_name(name); !verdict) return verdict;
    if (is_reserved_header(name))
      return refuse("invalid header name: header name " + name + " not supported");
    if (auto verdict = validate_header_value(name, value); !verdict) return verdict;
  }
  return {};
}

Verdict validate_sip_header_mapping(const StringMap& mapping, bool keys_are_headers) {
  for (const auto& [key, value] : mapping)
    if (auto verdict = validate_header_name(keys_are_headers ? key : value); !verdict) return verdict;
  return {};
}

Verdict validate(const SipMediaConfig& media) {
  constexpr base::Duration kMaxTimeout = std::chrono::minutes(10);
  for (const SipCodec& codec : media.codecs) {
    if (codec.name.empty()) return refuse("missing codec name");
    if (codec.name.find_first_of(" \t\r\n") != std::string::npos) return refuse("invalid codec name");
    if (codec.name.find('/') != std::string::npos) return refuse("codec name must not contain '/'");
  }
  if (media.media_timeout && *media.media_timeout < base::Duration::zero())
    return refuse("media_timeout must not be negative");
  if (media.media_timeout && *media.media_timeout > kMaxTimeout)
    return refuse("media_timeout must not exceed 10m0s");
  return {};
}

Verdict validate(const SipOutboundTrunk& trunk) {
  if (trunk.numbers.empty()) return refuse("no trunk numbers specified");
  if (trunk.address.empty()) return refuse("no outbound address specified");
  if (auto verdict = validate_host(trunk.address, "trunk address"); !verdict) return verdict;
  if (auto verdict = validate_host(trunk.from_host, "trunk from_host"); !verdict) return verdict;
  if (auto verdict = validate_sip_headers(trunk.headers); !verdict) return verdict;
  if (auto verdict = validate_sip_header_mapping(trunk.headers_to_attributes, true); !verdict) return verdict;
  if (auto verdict = validate_sip_header_mapping(trunk.attributes_to_headers, false); !verdict)
    return verdict;
  return trunk.media ? validate(*trunk.media) : Verdict();
}

Verdict validate(const CreateSipOutboundTrunkRequest& request) {
  if (!request.trunk) return refuse("missing trunk");
  if (!request.trunk->sip_trunk_id.empty()) return refuse("trunk id must not be set");
  return validate(*request.trunk);
}

Verdict validate(const ListUpdate& update) {
  const bool changes = !update.add.empty() || !update.remove.empty();
  if (update.clear && (changes || !update.set.empty()))
    return refuse("cannot clear and change the list at the same time");
  if (!update.set.empty() && changes) return refuse("cannot set and change the list at the same time");
  if (!update.clear && !changes && update.set.empty()) return refuse("unsupported list update operation");
  for (const auto* list : {&update.set, &update.add, &update.remove})
    if (std::find(list->begin(), list->end(), "") != list->end()) return refuse("empty element in the list");
  return {};
}

Verdict validate(const UpdateSipOutboundTrunkRequest& request) {
  if (request.sip_trunk_id.empty()) return refuse("trunk id must be set");
  if (const auto* replace = std::get_if<SipOutboundTrunk>(&request.action)) {
    if (!replace->sip_trunk_id.empty() && replace->sip_trunk_id != request.sip_trunk_id)
      return refuse("trunk id in the info must be empty or match the id in the update");
    return validate(*replace);
  }
  if (const auto* update = std::get_if<SipOutboundTrunkUpdate>(&request.action)) {
    if (update->numbers)
      if (auto verdict = validate(*update->numbers); !verdict) return verdict;
    return update->media ? validate(*update->media) : Verdict();
  }
  return refuse("missing or unsupported update action");
}

Verdict validate(const SipDestination& destination) {
  if (!destination.city.empty() && destination.country.empty() && destination.region.empty())
    return refuse("if city is specified, country or region must also be specified");
  if (!destination.country.empty() && !is_country(destination.country))
    return refuse("country must be an ISO 3166-1 alpha-2 code (2-letter like 'US', 'IN', 'UK')");
  return {};
}

Verdict validate(const CreateSipParticipantRequest& request) {
  constexpr std::size_t kMaxDisplayName = 128;
  if (request.sip_trunk_id.empty() && !request.trunk && request.sip_number.empty())
    return refuse("missing sip trunk id and sip number");
  if (request.trunk) {
    if (request.trunk->hostname.empty()) return refuse("no outbound hostname specified");
    if (auto verdict = validate_host(request.trunk->hostname, "trunk hostname"); !verdict) return verdict;
    if (auto verdict = validate_host(request.trunk->from_host, "trunk from_host"); !verdict) return verdict;
    if (auto verdict = validate_sip_header_mapping(request.trunk->headers_to_attributes, true); !verdict)
      return verdict;
    if (auto verdict = validate_sip_header_mapping(request.trunk->attributes_to_headers, false); !verdict)
      return verdict;
  }
  if (request.sip_call_to.empty()) return refuse("missing sip callee number");
  if (request.sip_call_to.find('@') != std::string::npos)
    return refuse("SipCallTo should be a phone number or SIP user, not a full SIP URI");
  if (request.room_name.empty()) return refuse("missing room name");
  if (request.display_name) {
    if (request.display_name->size() > kMaxDisplayName)
      return refuse("DisplayName too long (max 128 characters)");
    if (!is_quoted_string_body(*request.display_name))
      return refuse("DisplayName must be a valid quoted string: quotes and backslashes need a backslash");
  }
  if (request.destination)
    if (auto verdict = validate(*request.destination); !verdict) return verdict;
  if (auto verdict = validate_sip_headers(request.headers); !verdict) return verdict;
  return request.media ? validate(*request.media) : Verdict();
}

Verdict validate(const TransferSipParticipantRequest& request) {
  if (request.room_name.empty()) return refuse("twirp error unknown: Missing room name");
  if (request.participant_identity.empty())
    return refuse("twirp error unknown: Missing participant identity");
  std::string_view target = request.transfer_to;
  if (target.empty()) return refuse("missing transfer to");
  if (target.starts_with('<') && target.ends_with('>')) target = target.substr(1, target.size() - 2);
  if (!target.starts_with("sip:") && !target.starts_with("sips:") && !target.starts_with("tel:"))
    return refuse("transfer_to must be a valid SIP(s) or TEL URI (sip:, sips: or tel:)");
  return validate_sip_headers(request.headers);
}

std::vector<std::string> apply(const ListUpdate& update, std::vector<std::string> list) {
  if (update.clear) return {};
  if (!update.set.empty()) return update.set;
  for (const std::string& element : update.remove)
    if (const auto found = std::find(list.begin(), list.end(), element); found != list.end())
      list.erase(found);
  for (const std::string& element : update.add)
    if (std::find(list.begin(), list.end(), element) == list.end()) list.push_back(element);
  return list;
}

TwirpResult<SipOutboundTrunk> apply(const UpdateSipOutboundTrunkRequest& request,
                                    const SipOutboundTrunk& stored) {
  if (auto verdict = validate(request); !verdict) return base::Failure{verdict.error()};
  SipOutboundTrunk trunk = stored;
  if (const auto* replace = std::get_if<SipOutboundTrunk>(&request.action)) {
    trunk = *replace;
  } else if (const auto* update = std::get_if<SipOutboundTrunkUpdate>(&request.action)) {
    const auto take = [](auto& field, const auto& value) {
      if (value) field = *value;
    };
    take(trunk.address, update->address);
    take(trunk.transport, update->transport);
    take(trunk.destination_country, update->destination_country);
    take(trunk.auth_username, update->auth_username);
    take(trunk.auth_password, update->auth_password);
    take(trunk.name, update->name);
    take(trunk.metadata, update->metadata);
    take(trunk.media_encryption, update->media_encryption);
    take(trunk.from_host, update->from_host);
    if (update->media) trunk.media = update->media;
    if (update->numbers) trunk.numbers = apply(*update->numbers, std::move(trunk.numbers));
    if (auto verdict = validate(trunk); !verdict)
      return base::Failure{TwirpError{.code = TwirpCode::kUnknown, .msg = verdict.error().msg, .meta = {}}};
  }
  trunk.sip_trunk_id = stored.sip_trunk_id;
  if (trunk.media && trunk.media->encryption) trunk.media_encryption = *trunk.media->encryption;
  return trunk;
}

bool matches(const ListSipTrunksRequest& filter, const SipOutboundTrunk& trunk) {
  const auto contains = [](const std::vector<std::string>& list, const std::string& value) {
    return std::find(list.begin(), list.end(), value) != list.end();
  };
  if (!filter.after_id.empty() && trunk.sip_trunk_id <= filter.after_id) return false;
  if (!filter.trunk_ids.empty() && !contains(filter.trunk_ids, trunk.sip_trunk_id)) return false;
  return filter.numbers.empty() ||
         std::any_of(trunk.numbers.begin(), trunk.numbers.end(),
                     [&](const std::string& number) { return contains(filter.numbers, number); });
}

SipMediaConfig merge(const SipMediaConfig& earlier, const SipMediaConfig& later) {
  SipMediaConfig merged = earlier;
  const bool demanded = earlier.encryption && *earlier.encryption != SipMediaEncryption::kDisable;
  if (later.encryption && !(demanded && *later.encryption == SipMediaEncryption::kDisable))
    merged.encryption = later.encryption;
  if (later.media_timeout) merged.media_timeout = later.media_timeout;
  if (!later.codecs.empty()) {
    merged.codecs = later.codecs;
    merged.only_listed_codecs = later.only_listed_codecs;
  }
  return merged;
}

std::string participant_identity_of(const CreateSipParticipantRequest& request) {
  return request.participant_identity.empty() ? "sip_" + request.sip_call_to : request.participant_identity;
}

TwirpError missing_sip_trunk_id() {
  return invalid_argument("trunk ID is required");
}

TwirpError sip_trunk_does_not_exist() {
  return not_found("requested sip trunk does not exist");
}

}  // namespace ringback::livekit
