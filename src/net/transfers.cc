#include "net/transfers.hpp"

#include <iterator>

namespace tenure::net {

void transfers::remove(CURL* easy) {
  ours_.erase(easy);
  for (auto each = by_socket_.begin(); each != by_socket_.end();) {
    each = each->second == easy ? by_socket_.erase(each) : std::next(each);
  }
}

transfer* transfers::find(CURL* easy) const {
  const auto found = ours_.find(easy);
  return found == ours_.end() ? nullptr : found->second;
}

transfer* transfers::on(curl_socket_t fd) const {
  const auto found = by_socket_.find(fd);
  return found == by_socket_.end() ? nullptr : find(found->second);
}

CURL* transfers::watched(curl_socket_t fd, CURL* easy) {
  CURL* before = nullptr;
  const auto found = by_socket_.find(fd);
  if (found != by_socket_.end()) {
    before = found->second;
    by_socket_.erase(found);
  }
  if (find(easy) != nullptr) by_socket_[fd] = easy;
  return before == easy ? nullptr : before;
}

}  // namespace tenure::net
