#include "dialer/remote_trunk.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "crypto/hex.h"
#include "crypto/hmac.h"
#include "dialer/remote_failure.h"
#include "net/clock.h"
#include "net/front.h"
#include "store/store.h"

namespace ringback::dialer {
namespace {

using bridge::CallCause;

livekit::SipTransport transport_of(bridge::TrunkTransport transport) {
  switch (transport) {
    case bridge::TrunkTransport::kAuto:
      return livekit::SipTransport::kAuto;
    case bridge::TrunkTransport::kUdp:
      return livekit::SipTransport::kUdp;
    case bridge::TrunkTransport::kTcp:
      return livekit::SipTransport::kTcp;
  }
  return livekit::SipTransport::kAuto;
}

/// Rows of trunks that only our own SIP service knows: they were noted when it ran with this database.
bool is_own(const store::TrunkRow& row) {
  return !row.sip_trunk_id.starts_with("ST_") || row.sip_trunk_id == "ST_settings";
}

}  // namespace

RemoteTrunk::RemoteTrunk(net::Front& front, store::Store& store, ServerApiClient& api, Options options)
    : front_(front), store_(store), api_(api), options_(std::move(options)), known_(options_.id) {}

void RemoteTrunk::find(Callback callback) {
  if (!known_.empty()) return callback(known_);
  waiting_.push_back(std::move(callback));
  if (waiting_.size() == 1) look_up();
}

bool RemoteTrunk::forget(const std::string& id) {
  if (!options_.id.empty()) return false;
  if (id == known_) {
    known_.clear();  // the table may name another one by now
    forgotten_ = id;
  }
  return options_.account.has_value();
}

std::string RemoteTrunk::row_name() const {
  const bridge::Trunk& account = *options_.account;
  std::string text = api_.url();
  for (const std::string& part : {account.address(), account.caller(), account.username, account.password})
    text += '\0' + part;
  text += std::to_string(static_cast<int>(account.transport));
  return "ringback SIP_TRUNK_URI " + crypto::to_hex(crypto::hmac_sha256(options_.secret, text)).substr(0, 12);
}

void RemoteTrunk::look_up() {
  const bool queued = store_.list_trunks(front_, [this](base::ErrorOr<std::vector<store::TrunkRow>> rows) {
    if (!rows) return settle(base::Failure{make_failure(CallCause::kInternal, rows.error().message)});
    choose(*rows);
  });
  if (!queued) settle(base::Failure{make_failure(CallCause::kInternal, "the database's queue is full")});
}

void RemoteTrunk::choose(const std::vector<store::TrunkRow>& rows) {
  if (options_.account) {
    const auto made = std::find_if(rows.begin(), rows.end(), [name = row_name()](const store::TrunkRow& row) {
      return row.name == name;
    });
    if (made == rows.end() || made->sip_trunk_id == forgotten_) return create();
    return settle(made->sip_trunk_id);
  }
  const store::TrunkRow* newest = nullptr;
  for (const store::TrunkRow& row : rows) {
    if (is_own(row)) continue;
    if (newest == nullptr || row.created_at.value_or(0) >= newest->created_at.value_or(0)) newest = &row;
  }
  if (newest != nullptr) return settle(newest->sip_trunk_id);
  bridge::CallFailure failure = make_failure(CallCause::kNoTrunk);
  failure.action =
      "Set LIVEKIT_SIP_TRUNK_ID to an outbound trunk of the LiveKit project, or SIP_TRUNK_URI, "
      "SIP_TRUNK_NUMBER, "
      "SIP_TRUNK_USERNAME and SIP_TRUNK_PASSWORD to have one made.";
  settle(base::Failure{std::move(failure)});
}

void RemoteTrunk::create() {
  const bridge::Trunk& account = *options_.account;
  livekit::SipOutboundTrunk trunk;
  trunk.name = account.provider.empty() ? "ringback" : account.provider;
  trunk.address = account.address();
  trunk.transport = transport_of(account.transport);
  trunk.numbers = account.numbers.empty() ? std::vector{account.caller()} : account.numbers;
  trunk.auth_username = account.username;
  trunk.auth_password = account.password;
  creation_ = api_.create_sip_outbound_trunk(
      {std::move(trunk)}, [this](base::Result<livekit::SipOutboundTrunk, ServerApiError> made) {
        if (!made) return settle(base::Failure{failure_of_sip_api(made.error())});
        const bool noted = store_.upsert_trunk({.id = made->sip_trunk_id,
                                                .name = row_name(),
                                                .sip_trunk_id = made->sip_trunk_id,
                                                .provider = options_.account->provider,
                                                .created_at = net::wall_millis()});
        if (!noted) {
          base::log(base::LogLevel::kError, "store", made->sip_trunk_id,
                    "the new trunk is not noted: the database is too far behind; another one will be made");
        }
        base::log(base::LogLevel::kInfo, "trunk", made->sip_trunk_id, "made at {} out of SIP_TRUNK_URI",
                  api_.url());
        settle(made->sip_trunk_id);
      });
}

void RemoteTrunk::settle(base::Result<std::string, bridge::CallFailure> outcome) {
  if (outcome) known_ = *outcome;
  for (const Callback& callback : std::exchange(waiting_, {})) callback(outcome);
}

}  // namespace ringback::dialer
