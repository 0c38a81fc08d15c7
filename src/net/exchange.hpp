// One HTTP exchange on a curl handle: a call with its answer, or a stream.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <curl/curl.h>

#include "net/besides.hpp"
#include "net/headers.hpp"
#include "net/multi.hpp"
#include "net/places.hpp"
#include "net/tls.hpp"
#include "net/transport.hpp"
#include "net/upload.hpp"

namespace tenure::net {

enum class exchange_kind : std::uint8_t { call, stream, two_way };

struct exchange_request {
  std::uint64_t number;
  std::size_t place;
  std::string_view path;
  std::string body;
  std::string_view token;
  std::chrono::milliseconds grpc_timeout{0};
  std::size_t endpoint = 0;  // whose place it is
  bool secret = false;       // what is sent and answered is overwritten when it is over
};

class exchange;

// The exchanges that have something to tell, in order. They are added inside curl's callbacks and
// told of later, one by one. What is told may end others: those leave a null.
class arrivals {
 public:
  void add(exchange& x);
  void forget(exchange& x);
  [[nodiscard]] bool empty() const { return list_.empty(); }
  [[nodiscard]] std::size_t size() const { return list_.size(); }
  [[nodiscard]] exchange* at(std::size_t i) const { return list_[i]; }
  void drop_first(std::size_t count);

 private:
  std::vector<exchange*> list_;
};

// Collects what curl's callbacks bring. It tells nobody: the callbacks come from inside curl.
class exchange final : public transfer {
 public:
  // The references must outlive it. Without memory for curl, all that it is asked to do fails.
  exchange(exchange_kind kind, const transport_config& config, tls_state& tls, multi& driver,
           arrivals& sink);
  ~exchange();
  exchange(const exchange&) = delete;
  exchange& operator=(const exchange&) = delete;

  // Takes a new request; an exchange that is over can be used again.
  void prepare(exchange_request&& request, const endpoint_url& to);
  // Another one of the same endpoint's; before `start`.
  void aim(std::shared_ptr<const endpoint_url> to);
  // Hands it to curl, if it is not over() already. `connect_to`: the place's.
  void start(const string_list& connect_to);
  void rest();  // takes it back from curl, whatever its state, and frees what the request needed

  void fail(std::string why);  // over before curl had it
  void ended(CURLcode result) override;
  void no_longer_watched() override;
  void read_more(int fd) override;

  // For a two-way stream: more to send. False if the other side has not read too much already.
  [[nodiscard]] bool write(std::string_view bytes);

  [[nodiscard]] bool usable() const { return easy_ != nullptr; }  // there was memory for it
  [[nodiscard]] bool over() const { return over_; }
  // The address did what is expected of etcd's, as far as can be seen from here. Not: no connection
  // came up, or has not yet; a call has no answer, or another one than 200.
  [[nodiscard]] bool served() const;
  [[nodiscard]] exchange_kind kind() const { return kind_; }
  [[nodiscard]] std::uint64_t number() const { return request_.number; }
  [[nodiscard]] std::size_t place() const { return request_.place; }

  // Bytes of a stream that have not been taken yet. Swapping gives back the buffer of last time.
  [[nodiscard]] bool has_fresh() const { return !fresh_.empty(); }
  void take_fresh(std::string& out) { out.swap(fresh_); }
  // After over(): what became of it. Once.
  [[nodiscard]] reply result();

 private:
  friend class arrivals;
  struct trampoline;
  void stop();
  [[nodiscard]] bool set_options();
  [[nodiscard]] long written() const;  // bytes of requests, by curl's count
  [[nodiscard]] bool has_written() const;
  // Whether the connection that curl took from its pool can take a request.
  [[nodiscard]] bool reuses_well(int local_port, int remote_port) const {
    return to_->socket.empty() ? driver_.quiet(local_port, remote_port)
                               : driver_.quiet(to_->socket);
  }
  [[nodiscard]] std::size_t take(std::string_view bytes);
  void again();

  exchange_kind kind_;
  const transport_config& config_;
  tls_state& tls_;
  tls_use tls_use_;
  multi& driver_;
  arrivals& arrivals_;
  std::shared_ptr<CURLSH> sessions_;  // those that the handle has
  CURL* easy_;
  header_list headers_;
  exchange_request request_{};
  const endpoint_url* to_ = nullptr;
  std::shared_ptr<const endpoint_url> aimed_;
  std::string path_;
  std::string url_;
  string_list connect_to_;
  upload upload_;
  std::string answer_;
  std::string fresh_;
  besides besides_;
  std::string failure_;  // why curl never had it
  long status_ = 0;
  int no_socket_ = 0;  // why the system gave none
  long written_before_ = 0;
  CURLcode result_ = CURLE_OK;
  bool in_arrivals_ = false;
  bool in_multi_ = false;
  bool over_ = false;
  bool sent_ = false;         // a connection stood, and curl began to send
  bool found_dead_ = false;   // the connection that curl chose for it
  bool found_ended_ = false;  // the certificate of a session that was resumed
  bool new_connection_ = false;
  bool too_large_ = false;
  bool starved_ = false;  // there was no memory for what came
  char detail_[CURL_ERROR_SIZE] = "";
};

}  // namespace tenure::net
