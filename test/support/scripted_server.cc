#include "test/support/scripted_server.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace tenure::test {

namespace {

void must(bool ok, const char* what) {
  if (ok) return;
  std::fprintf(stderr, "scripted_server: %s failed\n", what);
  std::abort();
}

constexpr std::size_t flood_piece = 65536;

}  // namespace

std::string http_request::header(std::string_view name) const {
  std::size_t at = head.find("\r\n");
  while (at != std::string::npos) {
    const std::size_t line = at + 2;
    at = head.find("\r\n", line);
    const std::size_t colon = head.find(':', line);
    if (colon == std::string::npos || colon - line != name.size()) continue;
    if (strncasecmp(head.data() + line, name.data(), name.size()) != 0) continue;
    const std::size_t value = head.find_first_not_of(' ', colon + 1);
    return value == std::string::npos
               ? ""
               : head.substr(value, at == std::string::npos ? at : at - value);
  }
  return "";
}

bool http_request::has_header(std::string_view name) const { return !header(name).empty(); }

// The libuv side of a peer: freed by its close callback, whatever has become of the peer.
struct peer::connection {
  uv_tcp_t tcp{};
  uv_timer_t pace{};  // for write_slowly
  int handles = 2;
  peer* owner = nullptr;  // null once the peer is closed
  bool close_when_written = false;
  bool closing = false;
  std::uint64_t to_flood = 0;
  bool flooding = false;
  std::string slow;
  std::size_t slow_piece = 0;
  char buffer[65536];

  struct write_request {
    uv_write_t request{};
    std::string bytes;
    connection* on = nullptr;
  };

  uv_stream_t* stream() { return reinterpret_cast<uv_stream_t*>(&tcp); }

  void send(std::string bytes) {
    if (closing || bytes.empty()) return;
    auto* w = new write_request;
    w->bytes = std::move(bytes);
    w->on = this;
    w->request.data = w;
    const uv_buf_t buf = uv_buf_init(w->bytes.data(), static_cast<unsigned>(w->bytes.size()));
    if (uv_write(&w->request, stream(), &buf, 1, on_written) != 0) delete w;
  }

  void send_flood() {
    flooding = false;
    if (to_flood == 0 || closing) return;
    const std::size_t piece =
        static_cast<std::size_t>(std::min<std::uint64_t>(to_flood, flood_piece));
    to_flood -= piece;
    flooding = true;
    send(std::string(piece, 'x'));
  }

  void send_slow() {
    const std::size_t piece = std::min(slow_piece, slow.size());
    send(slow.substr(0, piece));
    slow.erase(0, piece);
    if (!slow.empty()) uv_timer_start(&pace, on_pace, 1, 0);
    finish_if_written();
  }

  void finish_if_written() {
    if (close_when_written && !closing && slow.empty() && to_flood == 0 &&
        stream()->write_queue_size == 0) {
      shut();
    }
  }

  void shut() {
    if (closing) return;
    closing = true;
    if (owner != nullptr) owner->state_ = nullptr;
    owner = nullptr;
    uv_close(reinterpret_cast<uv_handle_t*>(&tcp), on_closed);
    uv_close(reinterpret_cast<uv_handle_t*>(&pace), on_closed);
  }

  void reset() {
    if (closing) return;
    const linger at_once{1, 0};
    uv_os_fd_t fd = -1;
    if (uv_fileno(reinterpret_cast<uv_handle_t*>(&tcp), &fd) == 0) {
      setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }
    shut();
  }

  static void on_written(uv_write_t* request, int) {
    auto* w = static_cast<write_request*>(request->data);
    connection* c = w->on;
    delete w;
    if (c->closing) return;
    if (c->flooding) c->send_flood();
    c->finish_if_written();
  }

  static void on_pace(uv_timer_t* timer) { static_cast<connection*>(timer->data)->send_slow(); }

  static void on_closed(uv_handle_t* handle) {
    auto* c = static_cast<connection*>(handle->data);
    if (--c->handles == 0) delete c;
  }

  static void on_room(uv_handle_t* handle, std::size_t, uv_buf_t* buf) {
    auto* c = static_cast<connection*>(handle->data);
    *buf = uv_buf_init(c->buffer, sizeof c->buffer);
  }

  static void on_read(uv_stream_t* stream, ssize_t count, const uv_buf_t* buf) {
    auto* c = static_cast<connection*>(stream->data);
    if (count < 0) {
      c->shut();
    } else if (c->owner != nullptr && count > 0) {
      c->owner->arrived({buf->base, static_cast<std::size_t>(count)});
    }
  }
};

peer::~peer() {
  if (state_ != nullptr) state_->shut();
}

void peer::write(std::string_view bytes) {
  if (state_ != nullptr) state_->send(std::string(bytes));
}

void peer::write_slowly(std::string bytes, std::size_t piece) {
  if (state_ == nullptr) return;
  const bool idle = state_->slow.empty();
  state_->slow += bytes;
  state_->slow_piece = piece;
  if (idle) uv_timer_start(&state_->pace, connection::on_pace, 0, 0);
}

void peer::flood(std::uint64_t total) {
  if (state_ == nullptr) return;
  state_->to_flood += total;
  if (!state_->flooding) state_->send_flood();
}

void peer::answer(std::string_view body, int status, std::string_view headers) {
  std::string bytes =
      "HTTP/1.1 " + std::to_string(status) + " Status\r\nContent-Type: application/json\r\n";
  bytes.append(headers)
      .append("Content-Length: ")
      .append(std::to_string(body.size()))
      .append("\r\n\r\n");
  write(bytes.append(body));
}

void peer::begin_chunks(int status, std::string_view headers) {
  std::string bytes =
      "HTTP/1.1 " + std::to_string(status) + " Status\r\nContent-Type: application/json\r\n";
  write(bytes.append(headers).append("Transfer-Encoding: chunked\r\n\r\n"));
}

void peer::chunk(std::string_view bytes) {
  char size[32];
  std::snprintf(size, sizeof size, "%zx\r\n", bytes.size());
  write(std::string(size).append(bytes).append("\r\n"));
}

void peer::end_chunks() { write("0\r\n\r\n"); }

void peer::close() {
  if (state_ == nullptr) return;
  state_->close_when_written = true;
  state_->finish_if_written();
}

void peer::reset() {
  if (state_ != nullptr) state_->reset();
}

void peer::stop_reading() {
  if (state_ != nullptr) uv_read_stop(state_->stream());
}

void peer::arrived(std::string_view bytes) {
  received_.append(bytes);
  unparsed_.append(bytes);
  while (state_ != nullptr && parse_one()) {
  }
}

// Takes one request (or more of a chunked one) from the bytes that came. False if none is whole.
bool peer::parse_one() {
  if (in_chunks_) {
    parse_chunks();
    return !in_chunks_ && !unparsed_.empty();
  }
  const std::size_t end = unparsed_.find("\r\n\r\n");
  if (end == std::string::npos) return false;
  http_request r;
  r.peer = number_;
  r.head = unparsed_.substr(0, end);
  const std::size_t space = r.head.find(' ');
  const std::size_t next = r.head.find(' ', space + 1);
  if (space == std::string::npos || next == std::string::npos)
    return false;  // not HTTP; received() has it
  r.method = r.head.substr(0, space);
  r.path = r.head.substr(space + 1, next - space - 1);
  r.chunked = r.header("Transfer-Encoding") == "chunked";
  if (!r.chunked) {
    const std::size_t length = std::strtoul(r.header("Content-Length").c_str(), nullptr, 10);
    if (unparsed_.size() - end - 4 < length) return false;
    r.body = unparsed_.substr(end + 4, length);
    unparsed_.erase(0, end + 4 + length);
  } else {
    unparsed_.erase(0, end + 4);
    in_chunks_ = true;
    upload_.clear();
    const auto told = std::exchange(server_.on_upload, nullptr);
    parse_chunks();
    server_.on_upload = told;
    r.body = upload_;
  }
  server_.requests_.push_back(std::move(r));
  const http_request& kept = server_.requests_.back();
  const auto script = server_.on_request;  // it may be replaced from within
  if (script) script(*this, kept);
  return !unparsed_.empty();
}

void peer::parse_chunks() {
  for (;;) {
    const std::size_t line = unparsed_.find("\r\n");
    if (line == std::string::npos) return;
    const std::size_t size = std::strtoul(unparsed_.c_str(), nullptr, 16);
    if (unparsed_.size() < line + 2 + size + 2) return;
    const std::string bytes = unparsed_.substr(line + 2, size);
    unparsed_.erase(0, line + 2 + size + 2);
    if (size == 0) {
      in_chunks_ = false;
      return;
    }
    upload_ += bytes;
    const auto script = server_.on_upload;
    if (script) script(*this, bytes);
    if (state_ == nullptr) return;
  }
}

struct scripted_server::listener {
  uv_tcp_t tcp{};
  scripted_server* owner = nullptr;

  static void on_connection(uv_stream_t* stream, int status) {
    auto* l = static_cast<listener*>(stream->data);
    if (status != 0) return;
    scripted_server& server = *l->owner;
    auto* c = new peer::connection;
    uv_tcp_init(server.loop_, &c->tcp);
    uv_timer_init(server.loop_, &c->pace);
    c->tcp.data = c->pace.data = c;
    must(uv_accept(stream, c->stream()) == 0, "accept");
    uv_tcp_nodelay(&c->tcp, 1);
    server.peers_.emplace_back(new peer(server, server.peers_.size()));
    peer& p = *server.peers_.back();
    c->owner = &p;
    p.state_ = c;
    uv_read_start(c->stream(), peer::connection::on_room, peer::connection::on_read);
    const auto script = server.on_connect;
    if (script) script(p);
  }

  static void on_closed(uv_handle_t* handle) { delete static_cast<listener*>(handle->data); }
};

namespace {

// Bound to the path, in the place of what was there.
int unix_socket(const std::string& path) {
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  must(path.size() < sizeof at.sun_path, "a shorter path");
  path.copy(at.sun_path, path.size());
  unlink(path.c_str());
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  must(bind(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0, "bind");
  return fd;
}

}  // namespace

scripted_server::scripted_server(uv_loop_t* loop, const std::string& address, int port)
    : loop_(loop), address_(address), port_(port) {
  signal(SIGPIPE, SIG_IGN);
  listen();
}

scripted_server::~scripted_server() { must(listener_ == nullptr, "destroying before close()"); }

void scripted_server::listen() {
  listener_ = new listener;
  listener_->owner = this;
  must(uv_tcp_init(loop_, &listener_->tcp) == 0, "uv_tcp_init");
  listener_->tcp.data = listener_;
  auto* stream = reinterpret_cast<uv_stream_t*>(&listener_->tcp);
  if (address_.front() == '/') {
    must(uv_tcp_open(&listener_->tcp, unix_socket(address_)) == 0, "uv_tcp_open");
    must(uv_listen(stream, 512, listener::on_connection) == 0, "listen");
    return;
  }
  sockaddr_in to;
  must(uv_ip4_addr(address_.c_str(), port_, &to) == 0, "the address");
  must(uv_tcp_bind(&listener_->tcp, reinterpret_cast<const sockaddr*>(&to), 0) == 0, "bind");
  must(uv_listen(stream, 512, listener::on_connection) == 0, "listen");
  sockaddr_in bound;
  int size = sizeof bound;
  must(uv_tcp_getsockname(&listener_->tcp, reinterpret_cast<sockaddr*>(&bound), &size) == 0,
       "getsockname");
  port_ = ntohs(bound.sin_port);
}

void scripted_server::refuse() {
  if (listener_ == nullptr) return;
  uv_close(reinterpret_cast<uv_handle_t*>(&listener_->tcp), listener::on_closed);
  listener_ = nullptr;
  if (address_.front() == '/') return;
  reserved_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(reserved_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in to;
  uv_ip4_addr(address_.c_str(), port_, &to);
  must(::bind(reserved_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0,
       "keeping the port");
}

void scripted_server::listen_again() {
  if (listener_ != nullptr) return;
  if (reserved_ >= 0) ::close(reserved_);
  reserved_ = -1;
  listen();
}

void scripted_server::drop_all() {
  for (const auto& p : peers_) p->reset();
}

void scripted_server::close() {
  if (listener_ != nullptr)
    uv_close(reinterpret_cast<uv_handle_t*>(&listener_->tcp), listener::on_closed);
  listener_ = nullptr;
  if (reserved_ >= 0) ::close(reserved_);
  reserved_ = -1;
  for (const auto& p : peers_) {
    if (p->state_ != nullptr) p->state_->shut();
  }
}

std::string scripted_server::url(const std::string& host) const {
  if (address_.front() == '/') return "unix://" + address_;
  return "http://" + (host.empty() ? address_ : host) + ":" + std::to_string(port_);
}

std::size_t scripted_server::open_connections() const {
  return static_cast<std::size_t>(
      std::count_if(peers_.begin(), peers_.end(), [](const auto& p) { return p->open(); }));
}

std::size_t open_descriptors() {
  // libuv keeps two for the whole process, from its first loop on.
  static const int first_loop = [] {
    uv_loop_t loop;
    must(uv_loop_init(&loop) == 0, "uv_loop_init");
    return uv_loop_close(&loop);
  }();
  must(first_loop == 0, "uv_loop_close");
  std::size_t count = 0;
  DIR* dir = opendir("/proc/self/fd");
  must(dir != nullptr, "opening /proc/self/fd");
  while (const dirent* entry = readdir(dir)) count += entry->d_name[0] != '.' ? 1 : 0;
  closedir(dir);
  return count - 1;  // the directory's own
}

}  // namespace tenure::test
