#include "rtp/srtp.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "rtp/byte_order.h"
#include "rtp/packet.h"
#include "rtp/replay_window.h"
#include "rtp/srtp_transform.h"

namespace ringback::rtp {
namespace {

constexpr std::array<SrtpSuiteInfo, 4> kSuites = {{
    {"AES_CM_128_HMAC_SHA1_80", "SRTP_AES128_CM_SHA1_80", 0x0001, 16, 14, 10, 10},
    {"AES_CM_128_HMAC_SHA1_32", "SRTP_AES128_CM_SHA1_32", 0x0002, 16, 14, 4, 10},
    {"AEAD_AES_128_GCM", "SRTP_AEAD_AES_128_GCM", 0x0007, 16, 12, 16, 16},
    {"AEAD_AES_256_GCM", "SRTP_AEAD_AES_256_GCM", 0x0008, 32, 12, 16, 16},
}};

constexpr std::uint64_t kIndexLimit = std::uint64_t{1} << 48;
constexpr std::uint32_t kRtcpIndexLimit = std::uint32_t{1} << 31;
constexpr std::size_t kRtcpSsrcOffset = 4;

/// What is remembered of each SSRC. Sources are few and the same one comes many times in a row, so a flat
/// search with the last hit first beats a hash table.
template <class Source>
class SourceTable {
 public:
  explicit SourceTable(std::size_t limit) : limit_(limit) {}

  Source* find(std::uint32_t ssrc) {
    if (last_ < ssrcs_.size() && ssrcs_[last_] == ssrc) return &sources_[last_];
    const auto it = std::find(ssrcs_.begin(), ssrcs_.end(), ssrc);
    if (it == ssrcs_.end()) return nullptr;
    last_ = static_cast<std::size_t>(it - ssrcs_.begin());
    return &sources_[last_];
  }
  [[nodiscard]] bool full() const { return ssrcs_.size() >= limit_; }
  Source& add(std::uint32_t ssrc, const Source& source) {
    ssrcs_.push_back(ssrc);
    sources_.push_back(source);
    last_ = ssrcs_.size() - 1;
    return sources_.back();
  }
  void remove(std::uint32_t ssrc) {
    const auto it = std::find(ssrcs_.begin(), ssrcs_.end(), ssrc);
    if (it == ssrcs_.end()) return;
    sources_[static_cast<std::size_t>(it - ssrcs_.begin())] = sources_.back();
    *it = ssrcs_.back();
    ssrcs_.pop_back();
    sources_.pop_back();
  }

 private:
  std::size_t limit_;
  std::size_t last_ = 0;
  std::vector<std::uint32_t> ssrcs_;
  std::vector<Source> sources_;  ///< parallel to ssrcs_
};

/// The index nearest to `newest` whose low 16 bits are `sequence` (RFC 3711 section 3.3.1 and appendix A).
/// nullopt where it would lie before the first packet of all.
std::optional<std::uint64_t> estimate_index(std::uint64_t newest, std::uint16_t sequence) {
  const auto step = static_cast<std::int16_t>(static_cast<std::uint16_t>(sequence - newest));
  if (step < 0 && newest < static_cast<std::uint64_t>(-std::int64_t{step})) return std::nullopt;
  return newest + static_cast<std::uint64_t>(std::int64_t{step});
}

std::optional<SrtpError> replay_error(ReplayWindow::Verdict verdict) {
  switch (verdict) {
    case ReplayWindow::Verdict::kFresh:
      return std::nullopt;
    case ReplayWindow::Verdict::kSeen:
      return SrtpError::kReplayed;
    case ReplayWindow::Verdict::kTooOld:
      return SrtpError::kTooOld;
  }
  return SrtpError::kTooOld;
}

struct SendSource {
  std::optional<std::uint64_t> newest_rtp;
  std::uint32_t next_rtcp = 0;
};

struct ReceiveSource {
  ReplayWindow rtp;
  ReplayWindow rtcp;
};

bool is_rtcp(std::span<const std::uint8_t> packet) {
  return packet.size() >= kRtcpHeaderSize && classify(packet) == PacketKind::kRtcp;
}

}  // namespace

const SrtpSuiteInfo& suite_info(SrtpSuite suite) {
  return kSuites[static_cast<std::size_t>(suite)];
}

std::optional<SrtpSuite> suite_from_sdes_name(std::string_view name) {
  const auto it =
      std::find_if(kSuites.begin(), kSuites.end(), [&](const auto& s) { return s.sdes_name == name; });
  if (it == kSuites.end()) return std::nullopt;
  return static_cast<SrtpSuite>(it - kSuites.begin());
}

std::optional<SrtpSuite> suite_from_dtls_profile(std::uint16_t profile) {
  const auto it =
      std::find_if(kSuites.begin(), kSuites.end(), [&](const auto& s) { return s.dtls_profile == profile; });
  if (it == kSuites.end()) return std::nullopt;
  return static_cast<SrtpSuite>(it - kSuites.begin());
}

struct SrtpSession::State {
  State(SrtpSuite chosen, const SrtpKey& send, const SrtpKey& receive, std::size_t max_sources)
      : suite(chosen),
        info(suite_info(chosen)),
        sender(SrtpTransform::create(chosen, SrtpDirection::kSend, send)),
        receiver(SrtpTransform::create(chosen, SrtpDirection::kReceive, receive)),
        send_sources(max_sources),
        receive_sources(max_sources) {}

  SrtpSuite suite;
  const SrtpSuiteInfo& info;
  std::unique_ptr<SrtpTransform> sender;
  std::unique_ptr<SrtpTransform> receiver;
  SourceTable<SendSource> send_sources;
  SourceTable<ReceiveSource> receive_sources;
};

SrtpSession::SrtpSession(std::unique_ptr<State> state) : state_(std::move(state)) {}
SrtpSession::~SrtpSession() = default;
SrtpSession::SrtpSession(SrtpSession&&) noexcept = default;
SrtpSession& SrtpSession::operator=(SrtpSession&&) noexcept = default;

std::optional<SrtpSession> SrtpSession::create(SrtpSuite suite, const SrtpKey& send, const SrtpKey& receive,
                                               std::size_t max_sources) {
  const SrtpSuiteInfo& info = suite_info(suite);
  for (const SrtpKey* master : {&send, &receive}) {
    if (master->key.size() != info.key_size || master->salt.size() != info.salt_size) return std::nullopt;
  }
  return SrtpSession(std::make_unique<State>(suite, send, receive, max_sources));
}

base::Result<std::size_t, SrtpError> SrtpSession::protect_rtp(std::span<std::uint8_t> buffer,
                                                              std::size_t size) {
  if (size > buffer.size()) return base::Failure{SrtpError::kMalformed};
  const auto view = PacketView::parse_header(buffer.first(size));
  if (!view) return base::Failure{SrtpError::kMalformed};
  const std::size_t protected_size = size + state_->info.rtp_tag_size;
  if (protected_size > buffer.size()) return base::Failure{SrtpError::kNoRoom};

  const std::uint32_t ssrc = view->ssrc();
  SendSource* source = state_->send_sources.find(ssrc);
  if (source == nullptr) {
    if (state_->send_sources.full()) return base::Failure{SrtpError::kTooManySources};
    source = &state_->send_sources.add(ssrc, {});
  }
  const auto index = source->newest_rtp ? estimate_index(*source->newest_rtp, view->sequence())
                                        : std::uint64_t{view->sequence()};
  if (!index) return base::Failure{SrtpError::kTooOld};
  if (*index >= kIndexLimit) return base::Failure{SrtpError::kKeyExpired};
  state_->sender->seal_rtp(buffer.first(protected_size), view->header_size(), ssrc, *index);
  source->newest_rtp = std::max(source->newest_rtp.value_or(0), *index);
  return protected_size;
}

base::Result<std::size_t, SrtpError> SrtpSession::unprotect_rtp(std::span<std::uint8_t> packet) {
  const auto view = PacketView::parse_header(packet);
  const std::size_t tag_size = state_->info.rtp_tag_size;
  if (!view || packet.size() < view->header_size() + tag_size) return base::Failure{SrtpError::kMalformed};

  const std::uint32_t ssrc = view->ssrc();
  ReceiveSource* source = state_->receive_sources.find(ssrc);
  if (source == nullptr && state_->receive_sources.full()) return base::Failure{SrtpError::kTooManySources};
  std::optional<std::uint64_t> index = view->sequence();
  if (source != nullptr && !source->rtp.empty()) {
    index = estimate_index(source->rtp.newest(), view->sequence());
    if (!index) return base::Failure{SrtpError::kTooOld};
    if (const auto error = replay_error(source->rtp.check(*index))) return base::Failure{*error};
    if (*index >= kIndexLimit) return base::Failure{SrtpError::kKeyExpired};
  }
  if (!state_->receiver->open_rtp(packet, view->header_size(), ssrc, *index)) {
    return base::Failure{SrtpError::kAuthentication};
  }
  if (source == nullptr) source = &state_->receive_sources.add(ssrc, {});
  source->rtp.accept(*index);
  return packet.size() - tag_size;
}

base::Result<std::size_t, SrtpError> SrtpSession::protect_rtcp(std::span<std::uint8_t> buffer,
                                                               std::size_t size) {
  if (size > buffer.size() || !is_rtcp(buffer.first(size))) return base::Failure{SrtpError::kMalformed};
  const std::size_t protected_size = size + kRtcpIndexSize + state_->info.rtcp_tag_size;
  if (protected_size > buffer.size()) return base::Failure{SrtpError::kNoRoom};

  const std::uint32_t ssrc = read_u32(buffer.data() + kRtcpSsrcOffset);
  SendSource* source = state_->send_sources.find(ssrc);
  if (source == nullptr) {
    if (state_->send_sources.full()) return base::Failure{SrtpError::kTooManySources};
    source = &state_->send_sources.add(ssrc, {});
  }
  if (source->next_rtcp >= kRtcpIndexLimit) return base::Failure{SrtpError::kKeyExpired};
  state_->sender->seal_rtcp(buffer.first(protected_size), ssrc, source->next_rtcp++);
  return protected_size;
}

base::Result<std::size_t, SrtpError> SrtpSession::unprotect_rtcp(std::span<std::uint8_t> packet) {
  const std::size_t overhead = kRtcpIndexSize + state_->info.rtcp_tag_size;
  if (!is_rtcp(packet) || packet.size() < kRtcpHeaderSize + overhead)
    return base::Failure{SrtpError::kMalformed};

  const std::uint32_t ssrc = read_u32(packet.data() + kRtcpSsrcOffset);
  const std::uint32_t word = state_->receiver->rtcp_index_word(packet);
  const std::uint32_t index = word & ~kRtcpEncryptedFlag;
  ReceiveSource* source = state_->receive_sources.find(ssrc);
  if (source == nullptr && state_->receive_sources.full()) return base::Failure{SrtpError::kTooManySources};
  if (source != nullptr) {
    if (const auto error = replay_error(source->rtcp.check(index))) return base::Failure{*error};
  }
  if (!state_->receiver->open_rtcp(packet, ssrc, word)) return base::Failure{SrtpError::kAuthentication};
  if (source == nullptr) source = &state_->receive_sources.add(ssrc, {});
  source->rtcp.accept(index);
  return packet.size() - overhead;
}

void SrtpSession::forget_source(std::uint32_t ssrc) {
  state_->send_sources.remove(ssrc);
}

SrtpSuite SrtpSession::suite() const {
  return state_->suite;
}

}  // namespace ringback::rtp
