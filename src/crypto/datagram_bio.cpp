#include "crypto/datagram_bio.h"

#include <algorithm>
#include <cstring>

#include <openssl/opensslv.h>

#include "crypto/certificate_native.h"

namespace ringback::crypto {

// Until 3.1, BIO_CTRL_DGRAM_SET_NEXT_TIMEOUT passes the address of the timer that OpenSSL itself compares
// with the system's clock, which is what expire_timer() writes to. From 3.2 on it passes a copy.
static_assert(OPENSSL_VERSION_NUMBER < 0x30200000L,
              "OpenSSL 3.2 hides the DTLS timer: expire_timer() needs another way to take it out of the "
              "system's clock");

struct DatagramBio::Methods {
  static DatagramBio& self(BIO* bio) { return *static_cast<DatagramBio*>(BIO_get_data(bio)); }

  static int write(BIO* bio, const char* data, int size) {
    BIO_clear_retry_flags(bio);
    if (data == nullptr || size <= 0) return 0;
    self(bio).owner_.on_bio_write(
        {reinterpret_cast<const std::uint8_t*>(data), static_cast<std::size_t>(size)});
    return size;
  }

  static int read(BIO* bio, char* out, int capacity) {
    BIO_clear_retry_flags(bio);
    DatagramBio& bytes = self(bio);
    if (bytes.incoming_.empty()) {
      BIO_set_retry_read(bio);
      return -1;
    }
    const std::size_t size =
        std::min(bytes.incoming_.size(), static_cast<std::size_t>(std::max(capacity, 0)));
    std::memcpy(out, bytes.incoming_.data(), size);
    bytes.incoming_ = {};
    return static_cast<int>(size);
  }

  static long control(BIO* bio, int command, long, void* argument) {
    DatagramBio& bytes = self(bio);
    switch (command) {
      case BIO_CTRL_FLUSH:
        return 1;
      case BIO_CTRL_DGRAM_QUERY_MTU:
      case BIO_CTRL_DGRAM_GET_MTU:
      case BIO_CTRL_DGRAM_GET_FALLBACK_MTU:
        return static_cast<long>(bytes.mtu_);
      case BIO_CTRL_DGRAM_SET_NEXT_TIMEOUT:
        bytes.timer_ = static_cast<timeval*>(argument);
        bytes.owner_.on_bio_timer(bytes.timer_->tv_sec != 0 || bytes.timer_->tv_usec != 0);
        return 1;
      default:
        return 0;
    }
  }

  static int create(BIO* bio) {
    BIO_set_init(bio, 1);
    return 1;
  }

  static const BIO_METHOD* get() {
    static const std::unique_ptr<BIO_METHOD, OpenSslDeleter<BIO_meth_free>> kMethod = [] {
      std::unique_ptr<BIO_METHOD, OpenSslDeleter<BIO_meth_free>> method(
          BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "datagram"));
      if (method) {
        BIO_meth_set_write(method.get(), &Methods::write);
        BIO_meth_set_read(method.get(), &Methods::read);
        BIO_meth_set_ctrl(method.get(), &Methods::control);
        BIO_meth_set_create(method.get(), &Methods::create);
      }
      return method;
    }();
    return kMethod.get();
  }
};

BIO* DatagramBio::make() {
  const BIO_METHOD* method = Methods::get();
  BIO* bio = method != nullptr ? BIO_new(method) : nullptr;
  if (bio != nullptr) BIO_set_data(bio, this);
  return bio;
}

void DatagramBio::expire_timer() {
  // One second after the epoch: past for every clock, and not the zero that means "not running".
  if (timer_ != nullptr) *timer_ = timeval{.tv_sec = 1, .tv_usec = 0};
}

}  // namespace ringback::crypto
