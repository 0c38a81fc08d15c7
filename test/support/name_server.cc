#include "test/support/name_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstring>
#include <utility>

#include "base/testing.hpp"
#include "test/support/wait.hpp"

namespace tenure::test {

namespace {

constexpr std::size_t header_size = 12;
constexpr int type_a = 1;
constexpr int type_aaaa = 28;
constexpr int type_srv = 33;
constexpr std::size_t most_over_udp = 512;

struct asked_for {
  std::string name;  // in lower case
  int type = 0;
  std::size_t end = 0;  // of the question
};

int byte(const std::string& bytes, std::size_t at) {
  return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0;
}

asked_for parse(const std::string& bytes) {
  asked_for q;
  std::size_t at = header_size;
  while (const auto length = static_cast<std::size_t>(byte(bytes, at))) {
    if (!q.name.empty()) q.name += '.';
    q.name += bytes.substr(std::min(at + 1, bytes.size()), length);
    at += 1 + length;
  }
  std::transform(q.name.begin(), q.name.end(), q.name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  q.type = byte(bytes, at + 1) * 256 + byte(bytes, at + 2);
  q.end = at + 5;
  return q;
}

void put16(std::string& out, unsigned value) {
  out += static_cast<char>(value >> 8);
  out += static_cast<char>(value & 0xff);
}

std::string in_labels(const std::string& name) {
  std::string out;
  for (std::size_t at = 0; at < name.size();) {
    const std::size_t dot = std::min(name.find('.', at), name.size());
    out += static_cast<char>(dot - at);
    out += name.substr(at, dot - at);
    at = dot + 1;
  }
  return out + '\0';
}

// Two sockets at one free port. False: another test has taken it for one of them.
bool open_both(int& udp, int& tcp, sockaddr_in& at) {
  uv_ip4_addr("127.0.0.1", 0, &at);
  auto* address = reinterpret_cast<sockaddr*>(&at);
  socklen_t size = sizeof at;
  udp = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  tcp = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (bind(tcp, address, size) == 0 && getsockname(tcp, address, &size) == 0 &&
      bind(udp, address, size) == 0)
    return true;
  close(udp);
  close(tcp);
  return false;
}

std::string lower(std::string name) {
  if (!name.empty() && name.back() == '.') name.pop_back();
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return name;
}

}  // namespace

struct name_server::state {
  uv_udp_t socket;
  name_server* owner;
  char buffer[2048];

  static void room(uv_handle_t* handle, std::size_t, uv_buf_t* out) {
    auto* self = static_cast<state*>(handle->data);
    *out = uv_buf_init(self->buffer, sizeof self->buffer);
  }
  static void came(uv_udp_t* handle, ssize_t count, const uv_buf_t* bytes, const sockaddr* from,
                   unsigned) {
    auto* self = static_cast<state*>(handle->data);
    if (count <= 0 || from == nullptr || self->owner == nullptr) return;
    question q{std::string(bytes->base, static_cast<std::size_t>(count)), {}};
    std::memcpy(&q.from, from, sizeof(sockaddr_in));
    self->owner->heard(q);
  }
  static void closed(uv_handle_t* handle) {
    auto* self = static_cast<state*>(handle->data);
    if (--self->open == 0) delete self;
  }

  uv_tcp_t listener;
  int open = 2;

  struct connection {
    uv_tcp_t tcp;
    name_server::state* of;
    std::string received;
    char buffer[2048];
    static void closed(uv_handle_t* handle) { delete static_cast<connection*>(handle->data); }
  };
  static void connected(uv_stream_t* on, int status) {
    auto* self = static_cast<state*>(on->data);
    if (status != 0) return;
    auto* made = new connection{{}, self, {}, {}};
    uv_tcp_init(on->loop, &made->tcp);
    made->tcp.data = made;
    auto* stream = reinterpret_cast<uv_stream_t*>(&made->tcp);
    if (uv_accept(on, stream) == 0) uv_read_start(stream, &tcp_room, &tcp_came);
  }
  static void tcp_room(uv_handle_t* handle, std::size_t, uv_buf_t* out) {
    auto* self = static_cast<connection*>(handle->data);
    *out = uv_buf_init(self->buffer, sizeof self->buffer);
  }
  // Closed by the other side, who has his answer, or by its end.
  static void tcp_came(uv_stream_t* on, ssize_t count, const uv_buf_t* bytes) {
    auto* self = static_cast<connection*>(on->data);
    if (count < 0) {
      uv_close(reinterpret_cast<uv_handle_t*>(on), &connection::closed);
      return;
    }
    self->received.append(bytes->base, static_cast<std::size_t>(count));
    const auto size =
        static_cast<std::size_t>(byte(self->received, 0) * 256 + byte(self->received, 1));
    if (self->received.size() < 2 + size || self->of->owner == nullptr) return;
    self->of->owner->heard_over_tcp(on, self->received.substr(2, size));
    self->received.erase(0, 2 + size);
  }
};

name_server::name_server(uv_loop_t* loop) : state_(new state{{}, this, {}, {}}) {
  sockaddr_in at{};
  int udp = -1;
  int tcp = -1;
  for (int tries = 0; !open_both(udp, tcp, at); ++tries) {
    if (tries == 50) give_up("no port that is free for UDP and TCP");
  }
  uv_udp_init(loop, &state_->socket);
  uv_tcp_init(loop, &state_->listener);
  state_->socket.data = state_->listener.data = state_;
  if (uv_udp_open(&state_->socket, udp) != 0 || uv_tcp_open(&state_->listener, tcp) != 0 ||
      uv_listen(reinterpret_cast<uv_stream_t*>(&state_->listener), 16, &state::connected) != 0)
    give_up("no name server");
  uv_udp_recv_start(&state_->socket, &state::room, &state::came);
  address_ = "127.0.0.1:" + std::to_string(ntohs(at.sin_port));
  detail::switches().name_servers = address_.c_str();
}

name_server::~name_server() {
  detail::switches().name_servers = nullptr;
  state_->owner = nullptr;
  uv_close(reinterpret_cast<uv_handle_t*>(&state_->socket), &state::closed);
  uv_close(reinterpret_cast<uv_handle_t*>(&state_->listener), &state::closed);
}

void name_server::set_services(const std::string& name, std::vector<service> services) {
  entry& e = names_[lower(name)];
  e.services = std::move(services);
  e.how = how::answers;
}

void name_server::heard_over_tcp(uv_stream_t* from, const std::string& bytes) {
  ++asked_over_tcp_;
  const std::string out = answer_to(bytes);
  std::string framed;
  put16(framed, static_cast<unsigned>(out.size()));
  framed += out;
  const uv_buf_t all = uv_buf_init(framed.data(), static_cast<unsigned>(framed.size()));
  uv_try_write(from, &all, 1);
}

void name_server::set(const std::string& name, std::vector<std::string> addresses) {
  entry& e = names_[lower(name)];
  e.addresses = std::move(addresses);
  e.how = how::answers;
}

void name_server::fail(const std::string& name) { names_[lower(name)].how = how::fails; }

void name_server::hang(const std::string& name) { names_[lower(name)].how = how::hangs; }

void name_server::go_on() {
  hanging_ = false;
  for (auto& [name, e] : names_) {
    if (e.how == how::hangs) e.how = how::answers;
  }
  for (const question& q : std::exchange(held_, {})) answer(q);
}

int name_server::asked(const std::string& name) const {
  const auto found = names_.find(lower(name));
  return found != names_.end() ? found->second.asked : 0;
}

void name_server::heard(const question& q) {
  const asked_for wanted = parse(q.bytes);
  entry& e = names_[wanted.name];
  if (wanted.type == type_a || wanted.type == type_srv) ++e.asked;
  if (hanging_ || e.how == how::hangs) {
    held_.push_back(q);
  } else {
    answer(q);
  }
}

void name_server::answer(const question& q) {
  std::string out = answer_to(q.bytes);
  if (out.size() > most_over_udp) {
    out.resize(parse(q.bytes).end);
    out[2] = static_cast<char>(out[2] | 2);  // truncated
    out[7] = 0;
  }
  const uv_buf_t bytes = uv_buf_init(out.data(), static_cast<unsigned>(out.size()));
  uv_udp_try_send(&state_->socket, &bytes, 1, reinterpret_cast<const sockaddr*>(&q.from));
}

std::string name_server::answer_to(const std::string& bytes) const {
  const asked_for wanted = parse(bytes);
  const auto known = names_.find(wanted.name);
  const entry e = known != names_.end() ? known->second : entry();
  std::string records;
  unsigned count = 0;
  for (const std::string& each : e.addresses) {
    const int family = each.find(':') != std::string::npos ? AF_INET6 : AF_INET;
    if (wanted.type != (family == AF_INET ? type_a : type_aaaa)) continue;
    char address[16];
    if (inet_pton(family, each.c_str(), address) != 1) give_up("no address: " + each);
    const unsigned size = family == AF_INET ? 4 : 16;
    put16(records, 0xc000 | header_size);  // the name of the question
    put16(records, static_cast<unsigned>(wanted.type));
    put16(records, 1);              // IN
    records.append("\0\0\0\0", 4);  // a TTL of 0
    put16(records, size);
    records.append(address, size);
    ++count;
  }
  for (const service& each : e.services) {
    if (wanted.type != type_srv) break;
    std::string data;
    for (const int number : {each.priority, each.weight, each.port})
      put16(data, static_cast<unsigned>(number));
    data += in_labels(each.host);
    put16(records, 0xc000 | header_size);
    put16(records, type_srv);
    put16(records, 1);
    records.append("\0\0\0\0", 4);
    put16(records, static_cast<unsigned>(data.size()));
    records += data;
    ++count;
  }
  constexpr unsigned response = 0x8180;
  constexpr unsigned server_failure = 2;
  constexpr unsigned no_such_name = 3;
  std::string out = bytes.substr(0, 2);
  put16(out, response | (e.how == how::fails                         ? server_failure
                         : e.addresses.empty() && e.services.empty() ? no_such_name
                                                                     : 0));
  put16(out, 1);
  put16(out, count);
  put16(out, 0);
  put16(out, 0);
  return out + bytes.substr(header_size, wanted.end - header_size) + records;
}

}  // namespace tenure::test
