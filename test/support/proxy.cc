#include "test/support/proxy.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <csignal>

#include <cstdlib>
#include <set>
#include <utility>

#include "test/support/proxy_pump.hpp"
#include "test/support/wait.hpp"

namespace tenure::test {
namespace {

class connection;

}  // namespace

// Outlives the proxy until its last handle is closed.
struct proxy::state {
  uv_loop_t* loop = nullptr;
  uv_tcp_t listener{};
  sockaddr_in server{};
  traffic up;    // to the server
  traffic down;  // to the client
  std::set<connection*> open;
  std::size_t accepted = 0;
  std::size_t handles = 1;

  void release() {
    if (--handles == 0) delete this;
  }
  [[nodiscard]] bool swallows() const {
    return up.how == traffic::mode::drop || down.how == traffic::mode::drop;
  }
  [[nodiscard]] bool resets() const {
    return up.how == traffic::mode::reset || down.how == traffic::mode::reset;
  }
  void apply();
  void reset_all();
};

namespace {

class connection {
 public:
  explicit connection(proxy::state* of)
      : of_(of), up_(of->loop, of->up, told()), down_(of->loop, of->down, told()) {
    uv_tcp_init(of->loop, &client_);
    uv_tcp_init(of->loop, &server_);
    of->handles += handles_left_;
  }

  bool accept() { return uv_accept(stream_of(&of_->listener), stream_of(&client_)) == 0; }

  void update() {
    if (closing_) return;
    if (!asked_ && !of_->swallows()) connect();
    up_.update();
    down_.update();
  }

  void close(bool with_reset) {
    if (std::exchange(closing_, true)) return;
    of_->open.erase(this);
    for (uv_tcp_t* each : {&client_, &server_}) {
      if (with_reset) {
        // Not uv_tcp_close_reset: that refuses while a shutdown is on its way.
        const linger at_once{1, 0};
        uv_os_fd_t fd = -1;
        if (uv_fileno(handle_of(each), &fd) == 0)
          setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
      }
      each->data = this;
      uv_close(handle_of(each), on_closed);
    }
    up_.close(this, on_closed);
    down_.close(this, on_closed);
  }

  static void on_closed(uv_handle_t* handle) {
    auto* self = static_cast<connection*>(handle->data);
    proxy::state* const of = self->of_;
    if (--self->handles_left_ == 0) delete self;
    of->release();
  }

 private:
  pump::owner told() {
    const auto ended = [this] {
      if (++ends_ == 2) close(false);  // both directions have said their last
    };
    return {ended, [this] { close(true); }};
  }

  void connect() {
    asked_ = true;
    request_.data = this;
    const auto on_connected = [](uv_connect_t* request, int status) {
      auto* self = static_cast<connection*>(request->data);
      if (self->closing_) return;
      if (status != 0) return self->close(true);  // refused: the nearest that a proxy can say
      self->up_.connect(&self->client_, &self->server_);
      self->down_.connect(&self->server_, &self->client_);
    };
    if (uv_tcp_connect(&request_, &server_, reinterpret_cast<sockaddr*>(&of_->server),
                       on_connected) != 0)
      close(true);
  }

  proxy::state* of_;
  uv_tcp_t client_{};
  uv_tcp_t server_{};
  uv_connect_t request_{};
  pump up_;
  pump down_;
  std::size_t handles_left_ = 4;
  int ends_ = 0;
  bool asked_ = false;  // to connect to the server
  bool closing_ = false;
};

void on_connection(uv_stream_t* listener, int status) {
  auto* of = static_cast<proxy::state*>(listener->data);
  if (status != 0) return;
  auto* fresh = new connection(of);
  ++of->accepted;
  of->open.insert(fresh);
  if (!fresh->accept() || of->resets()) return fresh->close(true);
  fresh->update();
}

}  // namespace

void proxy::state::apply() {
  if (resets()) return reset_all();
  // A copy: a connection may close itself meanwhile.
  for (connection* each : std::set<connection*>(open)) each->update();
}

void proxy::state::reset_all() {
  for (connection* each : std::set<connection*>(open)) each->close(true);
}

proxy::proxy(uv_loop_t* loop, const std::string& server, const std::string& listen_on, int port)
    : state_(new state), listen_on_(listen_on) {
  std::signal(SIGPIPE, SIG_IGN);  // libuv's writes to clients that have gone raise it
  uv_tcp_init(loop, &state_->listener);
  state_->loop = loop;
  state_->listener.data = state_;
  sockaddr_in here{};
  lead_to(server);
  if (uv_ip4_addr(listen_on.c_str(), port, &here) != 0 ||
      uv_tcp_bind(&state_->listener, reinterpret_cast<sockaddr*>(&here), 0) != 0 ||
      uv_listen(stream_of(&state_->listener), 128, on_connection) != 0) {
    give_up("no proxy from " + listen_on + " to " + server);
  }
  int length = sizeof here;
  uv_tcp_getsockname(&state_->listener, reinterpret_cast<sockaddr*>(&here), &length);
  port_ = ntohs(here.sin_port);
}

proxy::~proxy() { close(); }

void proxy::close() {
  if (state_ == nullptr) return;
  state* const of = std::exchange(state_, nullptr);
  of->reset_all();
  uv_close(handle_of(&of->listener),
           [](uv_handle_t* handle) { static_cast<state*>(handle->data)->release(); });
}

void proxy::to_server(const traffic& behaviour) {
  state_->up = behaviour;
  state_->apply();
}

void proxy::to_client(const traffic& behaviour) {
  state_->down = behaviour;
  state_->apply();
}

void proxy::both(const traffic& behaviour) {
  state_->up = state_->down = behaviour;
  state_->apply();
}

void proxy::lead_to(const std::string& server) {
  const std::size_t host = server.find("//") + 2;
  const std::size_t colon = server.rfind(':');
  const std::string address = server.substr(host, colon - host);
  if (uv_ip4_addr(address.c_str(), std::atoi(server.c_str() + colon + 1), &state_->server) != 0)
    give_up("not an IPv4 address: " + server);
}

void proxy::reset_all() { state_->reset_all(); }
std::string proxy::url() const { return "http://" + listen_on_ + ":" + std::to_string(port_); }
std::size_t proxy::accepted() const { return state_->accepted; }
std::size_t proxy::open_connections() const { return state_->open.size(); }

}  // namespace tenure::test
