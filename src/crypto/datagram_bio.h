#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include <openssl/bio.h>
#include <sys/time.h>

namespace ringback::crypto {

/// What OpenSSL's DTLS uses in place of a socket: each write is one datagram, each read takes the one
/// datagram that receive() has at hand, and the retransmission timer is reported instead of run. Only for
/// sources inside crypto.
class DatagramBio {
 public:
  /// Implemented by the engine; called while OpenSSL runs.
  class Owner {
   public:
    virtual void on_bio_write(std::span<const std::uint8_t> datagram) = 0;
    /// OpenSSL set its retransmission timer (`running`) or stopped it.
    virtual void on_bio_timer(bool running) = 0;

   protected:
    ~Owner() = default;
  };

  DatagramBio(Owner& owner, std::size_t mtu) : owner_(owner), mtu_(mtu) {}
  DatagramBio(const DatagramBio&) = delete;
  DatagramBio& operator=(const DatagramBio&) = delete;

  /// A BIO that works on this object; the caller owns it and this object must outlive it. nullptr: out of
  /// memory.
  [[nodiscard]] BIO* make();

  /// The datagram that the next read returns; must stay valid until then or until clear().
  void offer(std::span<const std::uint8_t> datagram) { incoming_ = datagram; }
  void clear() { incoming_ = {}; }

  /// Makes OpenSSL's timer look expired, so that DTLSv1_handle_timeout() retransmits now, whatever the
  /// system's clock says.
  void expire_timer();

 private:
  struct Methods;

  Owner& owner_;
  std::size_t mtu_;
  std::span<const std::uint8_t> incoming_;
  timeval* timer_ = nullptr;  ///< OpenSSL's, lives as long as its SSL object
};

}  // namespace ringback::crypto
