// An HTTP server that has its own libuv loop and serves only while it is the leader. Others
// answer 503 and name the leader, so that a client or a load balancer can go there.
//
//     server PORT APP INSTANCE [ENDPOINT[,ENDPOINT...]]      (endpoints: else ETCDCTL_ENDPOINTS)
//
// All that concerns the election is in the class `office`; the rest is a small server as you
// may have it already. Port 0 takes any free port. Try it with curl.
#include <arpa/inet.h>
#include <uv.h>

#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <string>

#include <tenure/tenure.hpp>

namespace {

constexpr std::chrono::milliseconds resign_limit{5000};
constexpr std::uint64_t connection_limit_ms = 3000;  // for the whole of a connection

// The right to serve. Needs nothing but a loop that somebody turns.
class office {
 public:
  tenure::error open(uv_loop_t* loop, const tenure::session_options& options) {
    tenure::candidate_events on;
    on.acquired = [this](const tenure::leadership& term) {
      token_ = term.token;
      fencing_token_ = term.fencing_token;
      leader_ = "unknown";  // once we lead no more, until we are told
      std::printf("leading\n");
    };
    on.lost = [this](tenure::reason why, const tenure::error&) {
      std::printf("not leading any more: %s\n", text(why));
      // Each request asks `leads` and is answered in one go: no work is left to be waited for.
      candidate_.work_stopped(fencing_token_);
    };
    on.leader = [this](const tenure::leader_info& info) {
      leader_ = info ? info.instance : "nobody";
    };
    on.trouble = [](const tenure::error& what) {
      std::fprintf(stderr, "election: %s\n", what.message.c_str());
    };
    if (tenure::error failed = session_.open(loop, options)) return failed;
    return candidate_.stand(session_, {}, std::move(on));
  }

  // True to the moment it is asked, even if the loop was late by minutes.
  bool leads() const { return !token_.cancelled(); }
  const std::string& leader() const { return leader_; }
  std::int64_t fencing_token() const { return fencing_token_; }

  // Hands over and closes; `gone` is called when the loop holds nothing of tenure's any more.
  void leave(const std::function<void()>& gone) {
    const auto close = [this, gone](const tenure::error&) {
      if (!session_.close(gone)) gone();
    };
    if (candidate_.resign(resign_limit, close)) return close({});
    candidate_.work_stopped(fencing_token_);  // `leads` is false since `resign`
  }

 private:
  tenure::session session_;
  tenure::candidate candidate_;
  tenure::token token_;
  std::int64_t fencing_token_ = 0;
  std::string leader_ = "unknown";
};

struct server {
  uv_loop_t loop{};
  uv_tcp_t listener{};
  uv_signal_t interrupt{};
  uv_signal_t terminate{};
  office seat;
  bool leaving = false;
};

struct connection {
  uv_tcp_t socket{};
  uv_timer_t limit{};  // so that no client holds on for ever by saying, or taking, nothing
  int closed = 0;      // of these two
  server* owner = nullptr;
  char request[4096];
  std::size_t used = 0;
  std::string answer;
  uv_write_t write{};
};

template <typename T>
uv_handle_t* handle(T* specific) {
  return reinterpret_cast<uv_handle_t*>(specific);
}

void drop(connection* peer) {
  if (uv_is_closing(handle(&peer->socket))) return;
  const auto on_closed = [](uv_handle_t* one) {
    auto* gone = static_cast<connection*>(one->data);
    if (++gone->closed == 2) delete gone;
  };
  uv_close(handle(&peer->socket), on_closed);
  uv_close(handle(&peer->limit), on_closed);
}

std::string http(const char* status, const std::string& body) {
  return std::string("HTTP/1.1 ") + status +
         "\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

// Here the right to serve is asked for: at the last moment before serving.
std::string answer_to(const connection& peer) {
  const office& seat = peer.owner->seat;
  if (std::strncmp(peer.request, "GET ", 4) != 0)
    return http("405 Method Not Allowed", "only GET\n");
  if (!seat.leads())
    return http("503 Service Unavailable", "not the leader, it is " + seat.leader() + "\n");
  return http("200 OK",
              "served under fencing token " + std::to_string(seat.fencing_token()) + "\n");
}

void on_read(uv_stream_t* stream, ssize_t length, const uv_buf_t*) {
  auto* peer = static_cast<connection*>(stream->data);
  if (length < 0) return drop(peer);
  peer->used += static_cast<std::size_t>(length);
  const std::string_view head(peer->request, peer->used);
  if (head.find("\r\n\r\n") == std::string_view::npos) {
    if (peer->used == sizeof peer->request) drop(peer);  // no head of a request is that long
    return;
  }

  uv_read_stop(stream);
  peer->answer = answer_to(*peer);
  const uv_buf_t out = uv_buf_init(peer->answer.data(), static_cast<unsigned>(peer->answer.size()));
  const auto on_written = [](uv_write_t* request, int) {
    drop(static_cast<connection*>(request->handle->data));
  };
  if (uv_write(&peer->write, stream, &out, 1, on_written) != 0) drop(peer);
}

void on_connection(uv_stream_t* listener, int status) {
  if (status < 0) return;
  auto* owner = static_cast<server*>(listener->data);
  auto* peer = new connection;
  peer->owner = owner;
  uv_tcp_init(&owner->loop, &peer->socket);
  uv_timer_init(&owner->loop, &peer->limit);
  peer->socket.data = peer->limit.data = peer;
  uv_timer_start(
      &peer->limit, [](uv_timer_t* over) { drop(static_cast<connection*>(over->data)); },
      connection_limit_ms, 0);
  auto* stream = reinterpret_cast<uv_stream_t*>(&peer->socket);
  if (uv_accept(listener, stream) != 0) return drop(peer);
  const auto room = [](uv_handle_t* reading, std::size_t, uv_buf_t* out) {
    auto* to = static_cast<connection*>(reading->data);
    *out =
        uv_buf_init(to->request + to->used, static_cast<unsigned>(sizeof to->request - to->used));
  };
  if (uv_read_start(stream, room, on_read) != 0) drop(peer);
}

// Closes whatever is still open: the listener, the signals, and connections of slow clients, who
// have the timers.
void close_all(server& self) {
  const auto close_one = [](uv_handle_t* open, void* listener) {
    if (open->type == UV_TIMER || (open->type == UV_TCP && open != listener)) {
      drop(static_cast<connection*>(open->data));
    } else if (!uv_is_closing(open)) {
      uv_close(open, nullptr);
    }
  };
  uv_walk(&self.loop, close_one, &self.listener);
}

void leave(uv_signal_t* signal, int) {
  auto* self = static_cast<server*>(signal->data);
  if (self->leaving) std::_Exit(1);  // told twice: in a hurry
  self->leaving = true;
  // Others are told where to go while the handover is under way; then everything closes.
  self->seat.leave([self] { close_all(*self); });
}

int listen_on(server& self, int port) {
  sockaddr_in address{};
  uv_ip4_addr("127.0.0.1", port, &address);
  uv_tcp_init(&self.loop, &self.listener);
  for (uv_signal_t* signal : {&self.interrupt, &self.terminate}) uv_signal_init(&self.loop, signal);
  self.listener.data = self.interrupt.data = self.terminate.data = &self;
  uv_signal_start(&self.interrupt, leave, SIGINT);
  uv_signal_start(&self.terminate, leave, SIGTERM);

  int status = uv_tcp_bind(&self.listener, reinterpret_cast<const sockaddr*>(&address), 0);
  if (status == 0)
    status = uv_listen(reinterpret_cast<uv_stream_t*>(&self.listener), 128, on_connection);
  int length = sizeof address;
  if (status == 0)
    status = uv_tcp_getsockname(&self.listener, reinterpret_cast<sockaddr*>(&address), &length);
  if (status == 0) std::printf("listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);             // a client that goes away is no reason to end
  std::setvbuf(stdout, nullptr, _IOLBF, 0);  // whole lines at once, also into a file
  const char* endpoints = argc > 4 ? argv[4] : std::getenv("ETCDCTL_ENDPOINTS");
  if (argc < 4 || !endpoints) {
    std::fprintf(stderr, "usage: server PORT APP INSTANCE [ENDPOINT[,ENDPOINT...]]\n");
    return 2;
  }
  std::uint16_t port = 0;
  const char* const port_end = argv[1] + std::strlen(argv[1]);
  const auto [stopped_at, failure] = std::from_chars(argv[1], port_end, port);
  if (failure != std::errc() || stopped_at != port_end) {
    std::fprintf(
        stderr,
        "server: port '%s' is not a number from 0 to 65535: give one, or 0 for any that is free\n",
        argv[1]);
    return 2;
  }
  tenure::session_options options;
  options.app = argv[2];
  options.instance = argv[3];
  std::istringstream list(endpoints);
  for (std::string one; std::getline(list, one, ',');) {
    // etcdctl needs no scheme.
    options.endpoints.push_back(one.find("://") == std::string::npos ? "http://" + one : one);
  }

  server self;
  uv_loop_init(&self.loop);
  int exit_code = 0;
  if (const int status = listen_on(self, port)) {
    std::fprintf(stderr, "server: port %s: %s\n", argv[1], uv_strerror(status));
    close_all(self);
    exit_code = 1;
  } else if (const tenure::error failed = self.seat.open(&self.loop, options)) {
    std::fprintf(stderr, "server: %s\n", failed.message.c_str());
    self.seat.leave([&self] { close_all(self); });
    exit_code = 2;
  }
  uv_run(&self.loop, UV_RUN_DEFAULT);
  uv_loop_close(&self.loop);
  return exit_code;
}
