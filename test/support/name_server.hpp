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
  void fail(const std::string& name);  // SERVFAIL
  // It takes questions and does not answer, of one name or of all.
  void hang(const std::string& name);
  void hang() { hanging_ = true; }
  void go_on();  // answers from now on, and what was asked meanwhile
  // How often it was asked for the name's IPv4 addresses.
  [[nodiscard]] int asked(const std::string& name) const;

  struct state;  // what libuv's handle holds on to

 private:
  enum class how { answers, fails, hangs };
  struct entry {
    std::vector<std::string> addresses;
    name_server::how how = how::answers;
    int asked = 0;
  };
  struct question {
    std::string bytes;
    sockaddr_storage from;
  };
  void heard(const question& q);
  void answer(const question& q);

  state* state_;
  std::map<std::string, entry> names_;  // in lower case
  std::vector<question> held_;
  bool hanging_ = false;
  std::string address_;
};

}  // namespace tenure::test
