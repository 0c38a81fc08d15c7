#include "test/support/name_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

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
  static void closed(uv_handle_t* handle) { delete static_cast<state*>(handle->data); }
};

name_server::name_server(uv_loop_t* loop) : state_(new state{{}, this, {}}) {
  uv_udp_init(loop, &state_->socket);
  state_->socket.data = state_;
  sockaddr_in at{};
  uv_ip4_addr("127.0.0.1", 0, &at);
  uv_udp_bind(&state_->socket, reinterpret_cast<sockaddr*>(&at), 0);
  int size = sizeof at;
  uv_udp_getsockname(&state_->socket, reinterpret_cast<sockaddr*>(&at), &size);
  uv_udp_recv_start(&state_->socket, &state::room, &state::came);
  address_ = "127.0.0.1:" + std::to_string(ntohs(at.sin_port));
  detail::switches().name_servers = address_.c_str();
}

name_server::~name_server() {
  detail::switches().name_servers = nullptr;
  state_->owner = nullptr;
  uv_close(reinterpret_cast<uv_handle_t*>(&state_->socket), &state::closed);
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
  if (wanted.type == type_a) ++e.asked;
  if (hanging_ || e.how == how::hangs) {
    held_.push_back(q);
  } else {
    answer(q);
  }
}

void name_server::answer(const question& q) {
  const asked_for wanted = parse(q.bytes);
  const entry& e = names_[wanted.name];
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
  constexpr unsigned response = 0x8180;
  constexpr unsigned server_failure = 2;
  constexpr unsigned no_such_name = 3;
  std::string out = q.bytes.substr(0, 2);
  put16(out, response | (e.how == how::fails   ? server_failure
                         : e.addresses.empty() ? no_such_name
                                               : 0));
  put16(out, 1);
  put16(out, count);
  put16(out, 0);
  put16(out, 0);
  out += q.bytes.substr(header_size, wanted.end - header_size) + records;
  const uv_buf_t bytes = uv_buf_init(out.data(), static_cast<unsigned>(out.size()));
  uv_udp_try_send(&state_->socket, &bytes, 1, reinterpret_cast<const sockaddr*>(&q.from));
}

}  // namespace tenure::test
