#include "net/exchange.hpp"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

#include <unistd.h>

#include "base/guarded.hpp"
#include "base/secret.hpp"
#include "net/cloexec.hpp"
#include "net/easy.hpp"
#include "net/sockets.hpp"

namespace tenure::net {

namespace {

constexpr long status_ok = 200;

// Both bound what one call into curl may take of the loop's turn. A larger body is sent in pieces
// of this size, one a call; curl allows no smaller ones. While there is more to read, curl 7.88
// fills its buffer up to a hundred times in one call: with 16 KiB a megabyte took 2 ms.
constexpr long send_piece = 16384;
constexpr long stream_buffer = 1024;
constexpr long call_buffer = 4096;

}  // namespace

struct exchange::trampoline {
  static std::size_t write(char* bytes, std::size_t, std::size_t count, void* context) noexcept {
    auto* self = static_cast<exchange*>(context);
    std::size_t taken = 0;
    self->starved_ = !has_memory_for([&] { taken = self->take({bytes, count}); });
    if (self->request_.secret) wipe(bytes, count);  // in curl's buffer
    return self->starved_ ? 0 : taken;
  }

  static std::size_t header(char* line, std::size_t, std::size_t count, void* context) noexcept {
    auto* self = static_cast<exchange*>(context);
    bool fits = false;
    self->headers_.forget_token();
    self->starved_ = !has_memory_for([&] { fits = self->besides_.take_line({line, count}); });
    return fits ? count : 0;
  }

  static std::size_t read(char* to, std::size_t size, std::size_t count, void* context) noexcept {
    return static_cast<exchange*>(context)->upload_.read(to, size * count);
  }

  // curl rewinds before it sends a request again. If we refuse that, it sends nothing again until
  // the handle's next request. Newer versions read a piece of the body before they write a byte.
  static int rewind(void* context, curl_off_t, int) noexcept {
    auto* self = static_cast<exchange*>(context);
    return !self->has_written() && self->upload_.rewind() ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL;
  }

  // curl is about to send. If a reused connection turns out dead, curl silently sends the same
  // request again on another one (curl PR#18417). Whether to send again is not decided here: so it
  // may go on only if not a byte was written. And what is written into a connection that has ended
  // is lost: 8.20 looks for an end once a second at the most, 7.88 does not look for a reset.
  static int before_sending(void* context, char*, char*, int remote_port, int local_port) noexcept {
    auto* self = static_cast<exchange*>(context);
    if (self->has_written()) return CURL_PREREQFUNC_ABORT;
    if (!self->new_connection_ && !self->reuses_well(local_port, remote_port)) {
      self->found_dead_ = true;
      return CURL_PREREQFUNC_ABORT;
    }
    if (self->new_connection_ && self->to_->tls &&
        !certificate_holds(self->easy_, self->tls_, self->request_.endpoint)) {
      self->found_ended_ = true;
      return CURL_PREREQFUNC_ABORT;
    }
    self->sent_ = true;
    self->written_before_ = self->written();
    return CURL_PREREQFUNC_OK;
  }

  static curl_socket_t open_socket(void* context, curlsocktype, curl_sockaddr* address) noexcept {
    auto* self = static_cast<exchange*>(context);
    if (self->has_written()) return CURL_SOCKET_BAD;  // it would be for that repetition
    self->sent_ = false;
    self->new_connection_ = true;
    const curl_socket_t fd = open_socket_close_on_exec(*address);
    self->no_socket_ = fd == CURL_SOCKET_BAD ? errno : 0;  // libcurl does not keep it
    if (fd == CURL_SOCKET_BAD ||
        has_memory_for([&] { self->driver_.socket_opened(self->easy_, fd, self->to_->socket); }))
      return fd;
    close(fd);
    return CURL_SOCKET_BAD;
  }

  // A connection outlives the exchange that opened it.
  static int close_socket(void* context, curl_socket_t fd) noexcept {
    static_cast<multi*>(context)->socket_closed(fd);
    return close(fd);
  }
};

exchange::exchange(exchange_kind kind, const transport_config& config, tls_state& tls,
                   multi& driver, arrivals& sink)
    : kind_(kind),
      config_(config),
      tls_(tls),
      tls_use_{&tls.newest, &tls.rules, nullptr},
      driver_(driver),
      arrivals_(sink),
      easy_(make_easy(config, tls_use_)),
      headers_(kind == exchange_kind::two_way) {
  if (easy_ == nullptr || set_options()) return;
  driver_.clean_up(easy_);
  easy_ = nullptr;
}

exchange::~exchange() {
  stop();
  arrivals_.forget(*this);
  if (easy_ != nullptr) driver_.clean_up(easy_);
}

bool exchange::set_options() {
  bool ok = true;
  const auto set = [&](CURLoption option, auto value) {
    ok = ok && curl_easy_setopt(easy_, option, value) == CURLE_OK;
  };
  set(CURLOPT_ERRORBUFFER, &detail_[0]);
  set(CURLOPT_WRITEFUNCTION, &trampoline::write);
  set(CURLOPT_WRITEDATA, this);
  set(CURLOPT_HEADERFUNCTION, &trampoline::header);
  set(CURLOPT_HEADERDATA, this);
  set(CURLOPT_PREREQFUNCTION, &trampoline::before_sending);
  set(CURLOPT_PREREQDATA, this);
  set(CURLOPT_OPENSOCKETFUNCTION, &trampoline::open_socket);
  set(CURLOPT_OPENSOCKETDATA, this);
  set(CURLOPT_CLOSESOCKETFUNCTION, &trampoline::close_socket);
  set(CURLOPT_CLOSESOCKETDATA, &driver_);
  if (kind_ == exchange_kind::call) {
    set(CURLOPT_BUFFERSIZE, call_buffer);
    // Ends an announced giant at its headers; the others are ended in take().
    set(CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(config_.max_answer));
  } else {
    // A keepalive must never wait behind a stream, nor inherit its connection.
    set(CURLOPT_FRESH_CONNECT, 1L);
    set(CURLOPT_FORBID_REUSE, 1L);
    set(CURLOPT_BUFFERSIZE, stream_buffer);
  }
  set(CURLOPT_READFUNCTION, &trampoline::read);
  set(CURLOPT_READDATA, this);
  set(CURLOPT_SEEKFUNCTION, &trampoline::rewind);
  set(CURLOPT_SEEKDATA, this);
  set(CURLOPT_UPLOAD_BUFFERSIZE, send_piece);
  return ok;
}

void exchange::prepare(exchange_request&& request, const endpoint_url& to) {
  stop();
  request_ = std::move(request);
  to_ = tls_use_.to = &to;
  path_ = request_.path;
  request_.path = {};
  fresh_.clear();
  answer_.clear();
  failure_.clear();
  besides_ = {};
  status_ = 0;
  no_socket_ = 0;
  result_ = CURLE_OK;
  starved_ = over_ = sent_ = found_dead_ = found_ended_ = new_connection_ = too_large_ = false;
  detail_[0] = '\0';
  if (kind_ == exchange_kind::call) curl_easy_setopt(easy_, CURLOPT_FRESH_CONNECT, 0L);

  curl_slist* headers = nullptr;
  if (!header_list::carries(request_.token)) {
    fail("the token has a character that no header can carry");
  } else {
    headers = headers_.get(request_.token, request_.grpc_timeout);
  }
  request_.token = {};
  bool ok = easy_ != nullptr && headers != nullptr &&
            curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, headers) == CURLE_OK;
  if (kind_ == exchange_kind::two_way) {
    upload_.reset(std::move(request_.body));
  } else {
    const auto size = static_cast<curl_off_t>(request_.body.size());
    const bool at_once = size <= send_piece;  // with the headers, in one segment or a few
    ok = ok && curl_easy_setopt(easy_, CURLOPT_POSTFIELDSIZE_LARGE, size) == CURLE_OK &&
         curl_easy_setopt(easy_, CURLOPT_POSTFIELDS, at_once ? request_.body.c_str() : nullptr) ==
             CURLE_OK;
    if (!at_once) {
      upload_.reset(std::move(request_.body));
      upload_.end();
    }
  }
  if (!ok && !over_) fail("no memory for the request");
}

void exchange::start(const string_list& connect_to) {
  connect_to_ = connect_to;  // curl reads the list later
  CURLMcode added = CURLM_OUT_OF_MEMORY;
  driver_.share_sessions(easy_, sessions_);
  url_.assign(request_base(*to_)).append(path_);
  const char* const socket = to_->socket.empty() ? nullptr : to_->socket.c_str();
  if (curl_easy_setopt(easy_, CURLOPT_URL, url_.c_str()) == CURLE_OK &&
      curl_easy_setopt(easy_, CURLOPT_UNIX_SOCKET_PATH, socket) == CURLE_OK &&
      curl_easy_setopt(easy_, CURLOPT_CONNECT_TO, connect_to_.get()) == CURLE_OK)
    added = driver_.add(easy_, *this);
  in_multi_ = added == CURLM_OK;
  if (!in_multi_)
    fail(std::string("libcurl did not take the request: ") + curl_multi_strerror(added));
}

void exchange::stop() {
  if (in_multi_) driver_.remove(easy_);
  in_multi_ = false;
}

void exchange::rest() {
  stop();
  arrivals_.forget(*this);
  headers_.forget_token();
  for (std::string* each : {&request_.body, &answer_}) {
    if (request_.secret) wipe(*each);
    std::string().swap(*each);  // assigning nothing would keep the memory
  }
  upload_.reset({});
  connect_to_.reset();
}

void exchange::aim(std::shared_ptr<const endpoint_url> to) {
  aimed_ = std::move(to);
  to_ = tls_use_.to = aimed_.get();
}

void exchange::fail(std::string why) {
  failure_ = std::move(why);
  over_ = true;
  arrivals_.add(*this);
}

void exchange::ended(CURLcode result) {
  in_multi_ = false;
  if (std::exchange(found_dead_, false)) return again();
  if (std::exchange(found_ended_, false)) {
    // The server may have a new one, which it shows where no session is resumed.
    if (sessions_ == driver_.sessions()) driver_.forget_sessions();
    return again();
  }
  over_ = true;
  result_ = result;
  arrivals_.add(*this);
}

// Nothing was sent.
void exchange::again() {
  detail_[0] = '\0';
  curl_easy_setopt(easy_, CURLOPT_FRESH_CONNECT, 1L);
  start(connect_to_);
}

// The answer is whole. But curl 7.88 still waits for a paused upload, and without a socket to watch
// it would wait for ever. So the upload ends, and with it the transfer.
void exchange::no_longer_watched() {
  if (!in_multi_ || kind_ != exchange_kind::two_way || !upload_.take_pause()) return;
  upload_.end();
  driver_.resume(easy_);
}

void exchange::read_more(int fd) {
  const std::optional<std::uint64_t> bytes = bytes_read(fd);
  if (!in_multi_ || !bytes || besides_.take_reading(*bytes)) return;
  stop();
  over_ = true;
  result_ = CURLE_WRITE_ERROR;
  arrivals_.add(*this);
}

bool exchange::write(std::string_view bytes) {
  if (over_ || kind_ != exchange_kind::two_way) return true;
  if (upload_.size() + bytes.size() > config_.max_answer) return false;
  upload_.append(bytes);
  if (in_multi_ && upload_.take_pause()) driver_.resume(easy_);
  return true;
}

std::size_t exchange::take(std::string_view bytes) {
  if (status_ == 0) curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status_);
  besides_.take_body(bytes.size());
  if (kind_ != exchange_kind::call && status_ == status_ok) {
    // Bounded: it is taken after each call into curl, which reads a hundred buffers at most.
    fresh_.append(bytes);
    arrivals_.add(*this);
    return bytes.size();
  }
  if (bytes.size() > config_.max_answer - answer_.size()) {
    too_large_ = true;
    return 0;
  }
  answer_.append(bytes);
  return bytes.size();
}

}  // namespace tenure::net
