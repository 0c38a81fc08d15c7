// A name server on the test's own loop. From its making to its end every look-up of this process
// asks it, and no other.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include <uv.h>

namespace tenure::test {

class name_server {
 public:
  explicit name_server(uv_loop_t* loop);
  ~name_server();  // closes; what libuv still holds goes with the next turn of the loop
  name_server(const name_server&) = delete;
  name_server& operator=(const name_server&) = delete;

  // The name's addresses, IPv4 or IPv6. None: there is no such name, as with any that is not set.
  void set(const std::string& name, std::vector<std::string> addresses);
  struct service {
    std::string host;
    int port = 0;
    int priority = 0;
    int weight = 0;
  };
  // Its SRV records.
  void set_services(const std::string& name, std::vector<service> services);
  // Answers of more than 512 bytes are cut off: the whole is had over TCP. How often it was asked
  // so.
  [[nodiscard]] int asked_over_tcp() const { return asked_over_tcp_; }
  void fail(const std::string& name);  // SERVFAIL
  // It takes questions and does not answer, of one name or of all.
  void hang(const std::string& name);
  void hang() { hanging_ = true; }
  void go_on();  // answers from now on, and what was asked meanwhile
  // How often it was asked for the name's IPv4 addresses, or its SRV records.
  [[nodiscard]] int asked(const std::string& name) const;

  struct state;  // what libuv's handle holds on to

 private:
  enum class how { answers, fails, hangs };
  struct entry {
    std::vector<std::string> addresses;
    std::vector<service> services;
    name_server::how how = how::answers;
    int asked = 0;
  };
  struct question {
    std::string bytes;
    sockaddr_storage from;
  };
  void heard(const question& q);
  void answer(const question& q);  // over UDP
  [[nodiscard]] std::string answer_to(const std::string& bytes) const;
  void heard_over_tcp(uv_stream_t* from, const std::string& bytes);

  int asked_over_tcp_ = 0;
  state* state_;
  std::map<std::string, entry> names_;  // in lower case
  std::vector<question> held_;
  bool hanging_ = false;
  std::string address_;
};

}  // namespace tenure::test
