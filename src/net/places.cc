#include "net/places.hpp"

#include <algorithm>
#include <utility>

namespace tenure::net {

namespace {

bool contains(const std::vector<std::string>& all, const std::string& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

// Whatever the request's host and port are: connect to this address and the same port.
string_list curl_form(const std::string& address) {
  const bool v6 = address.find(':') != std::string::npos;
  const std::string line = v6 ? "::[" + address + "]:" : "::" + address + ":";
  return {curl_slist_append(nullptr, line.c_str()), curl_slist_free_all};
}

}  // namespace

void places::open(std::size_t endpoints) {
  endpoints_ = endpoints;
  list_.resize(endpoints);
  for (std::size_t i = 0; i < endpoints; ++i) {
    list_[i].endpoint = i;
    live_ |= place_set{1} << i;
  }
}

void places::resolved(std::size_t endpoint, const std::vector<std::string>& addresses) {
  std::vector<std::string> more;
  for (const std::string& each : addresses) {
    if (!contains(more, each)) more.push_back(each);
  }
  std::size_t another = endpoint;  // a further place of the endpoint that stays
  for (std::size_t i = list_.size(); i-- > 0;) {
    if (!has(i) || list_[i].endpoint != endpoint) continue;
    const auto found = std::find(more.begin(), more.end(), list_[i].address);
    if (found != more.end()) {
      more.erase(found);
      if (i != endpoint) another = i;
    } else if (i != endpoint) {
      leave(i);
    }
  }
  if (!contains(addresses, list_[endpoint].address)) {
    // The endpoint's own place is never empty.
    if (!more.empty()) {
      settle(endpoint, endpoint, more.front());
      more.erase(more.begin());
    } else if (another != endpoint) {
      settle(endpoint, endpoint, list_[another].address);
      leave(another);
    }
  }
  for (const std::string& each : more) {
    const std::size_t number = free_number();
    if (number == most_places) return;
    if (number == list_.size()) list_.emplace_back();
    settle(number, endpoint, each);
  }
}

place_set places::take_fresh() {
  changed_ = false;
  return std::exchange(fresh_, 0);
}

void places::settle(std::size_t number, std::size_t endpoint, const std::string& address) {
  list_[number] = {endpoint, address, curl_form(address)};
  live_ |= place_set{1} << number;
  fresh_ |= place_set{1} << number;
  changed_ = true;
}

void places::leave(std::size_t number) {
  live_ &= ~(place_set{1} << number);
  changed_ = true;
}

std::size_t places::free_number() const {
  std::size_t number = endpoints_;
  while (number < list_.size() && has(number)) ++number;
  return std::min(number, most_places);
}

}  // namespace tenure::net
