// A listener on the loopback in the same process and thread. It is looked after between two turns
// of the loop, reads whole requests, and sends what it is told to, in the pieces that it is told.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace fuzz {

// One connection of a client's.
class line {
 public:
  explicit line(int fd) : fd_(fd) {}
  ~line();
  line(const line&) = delete;
  line& operator=(const line&) = delete;

  void send(std::string_view bytes) { out_ += bytes; }
  void answer(int status, std::string_view body);
  void begin_stream();
  void chunk(std::string_view bytes);
  void end() { ending_ = true; }  // once all is sent
  void reset();
  [[nodiscard]] bool open() const { return fd_ >= 0; }

  bool streams = false;            // a watch: what its request said
  std::int64_t from_revision = 0;  // next to be told
  bool puts = false;
  bool begun = false;  // the head of its answer was sent

 private:
  friend class server;
  bool read();
  bool write(std::size_t piece);

  int fd_;
  std::string in_;
  std::string out_;
  bool ending_ = false;
  bool in_chunks_ = false;
};

class server {
 public:
  // Who says what is answered.
  class script {
   public:
    virtual void asked(line& on, const std::string& path, const std::string& body) = 0;
    // A watch was opened, or more came on it.
    virtual void uploaded(line& on, const std::string& bytes) = 0;

   protected:
    ~script() = default;
  };

  explicit server(script& to);
  ~server();
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  // Takes and sends what there is. False: nothing happened.
  bool look_after();
  [[nodiscard]] int port() const;
  [[nodiscard]] std::size_t accepted() const { return accepted_; }
  [[nodiscard]] std::size_t requests() const { return requests_; }
  // The newest watch that is open; null: none.
  [[nodiscard]] line* stream() const;
  [[nodiscard]] std::vector<line*> streams() const;

  std::size_t piece = 0;  // bytes that are sent at once, 0: all

 private:
  bool parse(line& on);

  script& to_;
  std::vector<std::unique_ptr<line>> lines_;
  std::size_t accepted_ = 0;
  std::size_t requests_ = 0;
};

}  // namespace fuzz
