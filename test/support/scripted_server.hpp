// A TCP server on the test's own loop that does what the test says: answers in pieces, half an
// answer, nothing, a reset, garbage, an endless body, a stream pushed by hand, or no listening at
// all; and that remembers what it was sent. One thread, no fixed port, no sleep.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <uv.h>

namespace tenure::test {

struct http_request {
  std::size_t peer = 0;  // the number of the connection that it came on, from 0
  std::string method;
  std::string path;
  std::string head;  // start line and headers as they came, without the empty line
  std::string body;  // of a chunked request: what had come when it was told, decoded
  bool chunked = false;

  // The value of a header, its name in any case; "" if there is none.
  [[nodiscard]] std::string header(std::string_view name) const;
  [[nodiscard]] bool has_header(std::string_view name) const;
};

class scripted_server;

// One connection. Lives as long as the server; once it is closed, what is done to it has no effect.
class peer {
 public:
  ~peer();
  peer(const peer&) = delete;
  peer& operator=(const peer&) = delete;

  void write(std::string_view bytes);
  // The same bytes, `piece` at a time, each on a later turn of the loop.
  void write_slowly(std::string bytes, std::size_t piece = 1);
  // `total` bytes of 'x', written as fast as they are read, without ever holding them all.
  void flood(std::uint64_t total);

  // A whole answer with Content-Length. `headers`: further lines, each with its \r\n.
  void answer(std::string_view body, int status = 200, std::string_view headers = "");
  // A chunked answer: its head, then chunks as the test wants, then perhaps the end.
  void begin_chunks(int status = 200, std::string_view headers = "");
  void chunk(std::string_view bytes);
  void end_chunks();

  void close();  // once all is written: FIN
  void reset();  // at once: RST
  void stop_reading();

  [[nodiscard]] std::size_t number() const { return number_; }
  [[nodiscard]] bool open() const { return state_ != nullptr; }
  [[nodiscard]] const std::string& received() const { return received_; }  // every byte
  [[nodiscard]] const std::string& upload() const { return upload_; }  // chunked requests, decoded

 private:
  friend class scripted_server;
  struct connection;
  peer(scripted_server& server, std::size_t number) : server_(server), number_(number) {}
  void arrived(std::string_view bytes);
  bool parse_one();
  void parse_chunks();

  scripted_server& server_;
  std::size_t number_;
  connection* state_ = nullptr;  // the libuv side; null once closed
  std::string received_;
  std::string unparsed_;
  std::string upload_;
  bool in_chunks_ = false;
};

class scripted_server {
 public:
  using connect_script = std::function<void(peer&)>;
  using request_script = std::function<void(peer&, const http_request&)>;
  using upload_script = std::function<void(peer&, std::string_view)>;

  // Listens on `address` at a free port, or at `port`; if it begins with a slash, on the unix
  // socket of that path. Sets SIGPIPE to be ignored, since libuv's writes to clients that have gone
  // raise it.
  explicit scripted_server(uv_loop_t* loop, const std::string& address = "127.0.0.1", int port = 0);
  ~scripted_server();  // only after close() and a turn of the loop
  scripted_server(const scripted_server&) = delete;
  scripted_server& operator=(const scripted_server&) = delete;

  // What to do when a connection came; a request came (a chunked one: its headers and what came
  // with them); more of a chunked request came. Default: nothing.
  connect_script on_connect;
  request_script on_request;
  upload_script on_upload;

  void refuse();        // stops listening, keeps the port or file: connections are refused
  void listen_again();  // after refuse()
  void drop_all();      // resets all connections
  void close();         // all of it; finished a turn of the loop later

  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] std::string url(const std::string& host = "") const;
  [[nodiscard]] std::size_t accepted() const { return peers_.size(); }
  [[nodiscard]] std::size_t open_connections() const;
  [[nodiscard]] peer& at(std::size_t number) { return *peers_[number]; }
  [[nodiscard]] const std::deque<http_request>& requests() const { return requests_; }

 private:
  friend class peer;
  struct listener;
  void listen();

  uv_loop_t* loop_;
  std::string address_;
  int port_;
  listener* listener_ = nullptr;
  int reserved_ = -1;  // while refusing: a bound socket that does not listen
  std::vector<std::unique_ptr<peer>> peers_;
  std::deque<http_request> requests_;
};

// The number of this process' open descriptors.
[[nodiscard]] std::size_t open_descriptors();

}  // namespace tenure::test
