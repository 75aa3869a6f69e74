#include "audio/opus.h"

#include <opus/opus.h>

#include <algorithm>
#include <cassert>
#include <string>

namespace ringback::audio {

void OpusFrameEncoder::Deleter::operator()(OpusEncoder* encoder) const {
  opus_encoder_destroy(encoder);
}

base::ErrorOr<OpusFrameEncoder> OpusFrameEncoder::create(const OpusEncoderSettings& settings) {
  const int application =
      settings.mode == OpusMode::kLowDelay ? OPUS_APPLICATION_RESTRICTED_LOWDELAY : OPUS_APPLICATION_VOIP;
  int error = OPUS_OK;
  OpusEncoder* raw = opus_encoder_create(settings.rate, 1, application, &error);
  if (raw == nullptr) return base::fail(std::string("Opus encoder: ") + opus_strerror(error));
  OpusFrameEncoder encoder(raw);
  opus_encoder_ctl(raw, OPUS_SET_SIGNAL(OPUS_SIGNAL_VOICE));
  opus_encoder_ctl(raw, OPUS_SET_INBAND_FEC(settings.fec ? 1 : 0));
  opus_encoder_ctl(raw, OPUS_SET_DTX(settings.dtx ? 1 : 0));
  encoder.set_complexity(settings.complexity);
  encoder.set_bitrate(settings.bitrate);
  return encoder;
}

std::size_t OpusFrameEncoder::encode(std::span<const Sample> frame, std::span<std::uint8_t> packet) {
  const auto room = static_cast<opus_int32>(std::min(packet.size(), kMaxPacket));
  const opus_int32 length =
      opus_encode(encoder_.get(), frame.data(), static_cast<int>(frame.size()), packet.data(), room);
  // One byte means "DTX, send nothing" (opus_encode's documentation).
  return length <= 1 ? 0 : static_cast<std::size_t>(length);
}

void OpusFrameEncoder::set_expected_loss(int percent) {
  opus_encoder_ctl(encoder_.get(), OPUS_SET_PACKET_LOSS_PERC(std::clamp(percent, 0, 100)));
}

void OpusFrameEncoder::set_bitrate(int bits_per_second) {
  opus_encoder_ctl(encoder_.get(), OPUS_SET_BITRATE(std::clamp(bits_per_second, 6000, 510'000)));
}

void OpusFrameEncoder::set_complexity(int complexity) {
  opus_encoder_ctl(encoder_.get(), OPUS_SET_COMPLEXITY(std::clamp(complexity, 0, 10)));
}

void OpusFrameEncoder::reset() {
  opus_encoder_ctl(encoder_.get(), OPUS_RESET_STATE);
}

int OpusFrameEncoder::look_ahead() const {
  opus_int32 samples = 0;
  opus_encoder_ctl(encoder_.get(), OPUS_GET_LOOKAHEAD(&samples));
  return samples;
}

void OpusFrameDecoder::Deleter::operator()(OpusDecoder* decoder) const {
  opus_decoder_destroy(decoder);
}

base::ErrorOr<OpusFrameDecoder> OpusFrameDecoder::create(int rate) {
  int error = OPUS_OK;
  OpusDecoder* raw = opus_decoder_create(rate, 1, &error);
  if (raw == nullptr) return base::fail(std::string("Opus decoder: ") + opus_strerror(error));
  return OpusFrameDecoder(raw);
}

std::size_t OpusFrameDecoder::decode(std::span<const std::uint8_t> packet, std::span<Sample> out) {
  if (packet.empty()) return 0;  // a null packet would mean concealment to libopus
  const int samples = opus_decode(decoder_.get(), packet.data(), static_cast<opus_int32>(packet.size()),
                                  out.data(), static_cast<int>(out.size()), 0);
  return samples < 0 ? 0 : static_cast<std::size_t>(samples);
}

std::size_t OpusFrameDecoder::decode_fec(std::span<const std::uint8_t> next, std::span<Sample> out) {
  if (next.empty()) return conceal(out);
  const int samples = opus_decode(decoder_.get(), next.data(), static_cast<opus_int32>(next.size()),
                                  out.data(), static_cast<int>(out.size()), 1);
  return samples < 0 ? 0 : static_cast<std::size_t>(samples);
}

std::size_t OpusFrameDecoder::conceal(std::span<Sample> out) {
  const int samples = opus_decode(decoder_.get(), nullptr, 0, out.data(), static_cast<int>(out.size()), 0);
  return samples < 0 ? 0 : static_cast<std::size_t>(samples);
}

void OpusFrameDecoder::reset() {
  opus_decoder_ctl(decoder_.get(), OPUS_RESET_STATE);
}

std::optional<std::size_t> OpusFrameDecoder::packet_samples(std::span<const std::uint8_t> packet, int rate) {
  if (packet.empty()) return std::nullopt;
  const int samples = opus_packet_get_nb_samples(packet.data(), static_cast<opus_int32>(packet.size()), rate);
  if (samples <= 0) return std::nullopt;
  return static_cast<std::size_t>(samples);
}

}  // namespace ringback::audio
