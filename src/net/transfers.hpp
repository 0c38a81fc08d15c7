// Which of our transfers a handle or a socket of libcurl's stands for.
#pragma once

#include <unordered_map>

#include <curl/curl.h>

namespace tenure::net {

// What was given to libcurl, and hears of it.
class transfer {
 public:
  virtual void ended(CURLcode result) = 0;  // libcurl has it no more
  virtual void no_longer_watched() = 0;     // libcurl waits for no socket of it, and it is not over
  virtual void read_more(int fd) = 0;       // something came on its socket, and it is not over

 protected:
  ~transfer() = default;
};

// libcurl calls back with handles that we never gave it: since 8.13 one of its own closes
// connections (curl#17949). So a handle is ours only if it is in here, and whose a socket is we
// know by our own record only.
class transfers {
 public:
  void add(CURL* easy, transfer& its) { ours_[easy] = &its; }
  void remove(CURL* easy);
  [[nodiscard]] std::size_t size() const { return ours_.size(); }
  // Null: it is not ours.
  [[nodiscard]] transfer* find(CURL* easy) const;
  // For whom libcurl watches a socket; null: for none of ours.
  [[nodiscard]] transfer* on(curl_socket_t fd) const;
  // From now on libcurl watches `fd` for `easy`; null: for nobody. Returns the handle of ours that
  // it watched it for until now, if it is another one; else null.
  [[nodiscard]] CURL* watched(curl_socket_t fd, CURL* easy);

 private:
  std::unordered_map<CURL*, transfer*> ours_;
  std::unordered_map<curl_socket_t, CURL*> by_socket_;  // only ours
};

}  // namespace tenure::net
