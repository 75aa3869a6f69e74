#include "bridge/trunk_book.h"

#include <fmt/format.h>

#include "base/log.h"
#include "crypto/random.h"
#include "store/store.h"

namespace ringback::bridge {
namespace {

constexpr std::string_view kOutboundTrunk = "outbound_trunk";

base::ErrorOr<TrunkTransport> transport_of(livekit::SipTransport transport) {
  switch (transport) {
    case livekit::SipTransport::kAuto:
      return TrunkTransport::kAuto;
    case livekit::SipTransport::kUdp:
      return TrunkTransport::kUdp;
    case livekit::SipTransport::kTcp:
      return TrunkTransport::kTcp;
    case livekit::SipTransport::kTls:
      break;
  }
  return base::fail(
      "SIP over TLS is not supported by this version; use SIP_TRANSPORT_TCP or SIP_TRANSPORT_UDP");
}

livekit::SipOutboundTrunk api_form(const Trunk& trunk) {
  livekit::SipOutboundTrunk form;
  form.sip_trunk_id = trunk.id;
  form.name = trunk.name;
  form.address = trunk.address();
  form.transport = trunk.transport == TrunkTransport::kTcp   ? livekit::SipTransport::kTcp
                   : trunk.transport == TrunkTransport::kUdp ? livekit::SipTransport::kUdp
                                                             : livekit::SipTransport::kAuto;
  form.numbers = trunk.numbers;
  form.auth_username = trunk.username;
  form.headers = trunk.headers;
  form.from_host = trunk.from_host;
  return form;
}

// Two providers' quirks that every call would otherwise trip over.
void apply_provider_rules(Trunk& trunk) {
  if (!trunk.host.ends_with("twilio.com")) return;
  for (auto& number : trunk.numbers) {
    if (!number.empty() && !number.starts_with('+')) number.insert(0, "+");
  }
}

}  // namespace

base::ErrorOr<Trunk> trunk_from_api(const livekit::SipOutboundTrunk& made) {
  Trunk trunk;
  if (auto address = set_trunk_address(trunk, made.address); !address) return base::Failure{address.error()};
  const auto transport = transport_of(made.transport);
  if (!transport) return base::Failure{transport.error()};
  trunk.id = made.sip_trunk_id;
  trunk.name = made.name;
  trunk.origin = TrunkOrigin::kApi;
  trunk.transport = *transport;
  trunk.numbers = made.numbers;
  trunk.username = made.auth_username;
  trunk.password = made.auth_password;
  trunk.from_host = made.from_host;
  trunk.headers = made.headers;
  apply_provider_rules(trunk);
  return trunk;
}

base::ErrorOr<Trunk> trunk_from_api(const livekit::SipOutboundConfig& inline_trunk) {
  livekit::SipOutboundTrunk made;
  made.address = inline_trunk.hostname;
  made.transport = inline_trunk.transport;
  made.auth_username = inline_trunk.auth_username;
  made.auth_password = inline_trunk.auth_password;
  made.from_host = inline_trunk.from_host;
  return trunk_from_api(made);
}

base::ErrorOr<TrunkBook> TrunkBook::open(std::vector<Trunk> configured, store::Store& store) {
  TrunkBook book(std::move(configured), store);
  for (auto& trunk : book.configured_) {
    apply_provider_rules(trunk);
    store::TrunkRow row;
    row.name = trunk.name;
    row.sip_trunk_id = trunk.id;
    row.provider = trunk.provider;
    store.upsert_trunk(std::move(row));
  }
  auto objects = store.load_sip_objects();
  if (!objects) return base::Failure{objects.error()};
  for (const auto& object : *objects) {
    if (object.kind != kOutboundTrunk) continue;
    const auto decoded = livekit::decode_create_sip_outbound_trunk(
        fmt::format(R"({{"trunk":{}}})", object.body), livekit::TwirpFormat::kJson);
    if (!decoded || !decoded->trunk) {
      return base::fail(fmt::format("the stored trunk {} cannot be read", object.id));
    }
    book.made_[object.id] = *decoded->trunk;
  }
  book.rebuild();
  return book;
}

std::vector<Trunk> TrunkBook::trunks() const {
  return table_.trunks;
}

const Trunk* TrunkBook::find(std::string_view id) const {
  return table_.find(id);
}

void TrunkBook::rebuild() {
  table_.trunks = configured_;
  for (const auto& [id, made] : made_) {
    auto trunk = trunk_from_api(made);
    if (trunk) {
      table_.trunks.push_back(std::move(*trunk));
    } else {
      base::log(base::LogLevel::kWarn, "trunk", id, "cannot be used: {}", trunk.error().message);
    }
  }
}

void TrunkBook::put(const livekit::SipOutboundTrunk& trunk) {
  made_[trunk.sip_trunk_id] = trunk;
  store_->put_sip_object({.id = trunk.sip_trunk_id,
                          .kind = std::string(kOutboundTrunk),
                          .body = encode(trunk, livekit::TwirpFormat::kJson)});
  store::TrunkRow row;
  row.name = trunk.name;
  row.sip_trunk_id = trunk.sip_trunk_id;
  store_->upsert_trunk(std::move(row));
  rebuild();
}

livekit::TwirpResult<livekit::SipOutboundTrunk> TrunkBook::create(
    const livekit::CreateSipOutboundTrunkRequest& request) {
  if (auto verdict = validate(request); !verdict) return base::Failure{verdict.error()};
  livekit::SipOutboundTrunk trunk = *request.trunk;
  if (auto usable = trunk_from_api(trunk); !usable) {
    return base::Failure{livekit::invalid_argument(usable.error().message)};
  }
  trunk.sip_trunk_id = "ST_" + crypto::random_token(12);
  put(trunk);
  return trunk;
}

livekit::TwirpResult<livekit::SipOutboundTrunk> TrunkBook::update(
    const livekit::UpdateSipOutboundTrunkRequest& request) {
  const auto stored = made_.find(request.sip_trunk_id);
  if (stored == made_.end()) {
    if (table_.find(request.sip_trunk_id) == nullptr)
      return base::Failure{livekit::sip_trunk_does_not_exist()};
    return base::Failure{
        livekit::invalid_argument("this trunk is configured by settings and cannot be changed here")};
  }
  auto changed = apply(request, stored->second);
  if (!changed) return base::Failure{changed.error()};
  put(*changed);
  return changed;
}

livekit::TwirpResult<livekit::SipOutboundTrunk> TrunkBook::get(const std::string& id) const {
  if (id.empty()) return base::Failure{livekit::missing_sip_trunk_id()};
  if (const auto made = made_.find(id); made != made_.end()) return made->second;
  const Trunk* configured = table_.find(id);
  if (configured == nullptr) return base::Failure{livekit::sip_trunk_does_not_exist()};
  return api_form(*configured);
}

std::vector<livekit::SipOutboundTrunk> TrunkBook::list(const livekit::ListSipTrunksRequest& filter) const {
  std::map<std::string, livekit::SipOutboundTrunk> sorted;
  for (const auto& trunk : configured_) sorted[trunk.id] = api_form(trunk);
  for (const auto& [id, made] : made_) sorted[id] = made;
  std::vector<livekit::SipOutboundTrunk> items;
  for (auto& [id, trunk] : sorted) {
    if (matches(filter, trunk)) items.push_back(std::move(trunk));
  }
  return items;
}

livekit::Verdict TrunkBook::remove(const std::string& id) {
  if (id.empty()) return base::Failure{livekit::missing_sip_trunk_id()};
  if (made_.erase(id) == 0) {
    // Deleting what does not exist succeeds, as with LiveKit; what the settings hold cannot be deleted.
    if (table_.find(id) == nullptr) return {};
    return base::Failure{
        livekit::invalid_argument("this trunk is configured by settings and cannot be deleted here")};
  }
  store_->delete_sip_object(id);
  rebuild();
  return {};
}

}  // namespace ringback::bridge
