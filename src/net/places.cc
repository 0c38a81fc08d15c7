#include "net/places.hpp"

#include <algorithm>
#include <utility>

namespace tenure::net {

namespace {

bool contains(const std::vector<found>& all, const found& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

found of(const place& it) { return {it.address, it.to}; }

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

void places::resolved(std::size_t endpoint, const std::vector<found>& addresses) {
  std::vector<found> more;
  for (const found& each : addresses) {
    if (!contains(more, each)) more.push_back(each);
  }
  std::size_t another = endpoint;  // a further place of the endpoint that stays
  for (std::size_t i = list_.size(); i-- > 0;) {
    if (!has(i) || list_[i].endpoint != endpoint) continue;
    const auto found = std::find(more.begin(), more.end(), of(list_[i]));
    if (found != more.end()) {
      more.erase(found);
      if (i != endpoint) another = i;
    } else if (i != endpoint) {
      leave(i);
    }
  }
  if (!contains(addresses, of(list_[endpoint]))) {
    // The endpoint's own place is never empty.
    if (!more.empty()) {
      settle(endpoint, endpoint, more.front());
      more.erase(more.begin());
    } else if (another != endpoint) {
      settle(endpoint, endpoint, of(list_[another]));
      leave(another);
    }
  }
  for (const found& each : more) {
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

void places::settle(std::size_t number, std::size_t endpoint, const found& at) {
  list_[number] = {endpoint, at.address, curl_form(at.address), at.to};
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
