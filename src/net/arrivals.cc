// Which exchanges have something to tell, in order.
#include <algorithm>

#include "net/exchange.hpp"

namespace tenure::net {

void arrivals::add(exchange& x) {
  if (x.in_arrivals_) return;
  x.in_arrivals_ = true;
  list_.push_back(&x);
}

void arrivals::forget(exchange& x) {
  if (!x.in_arrivals_) return;
  x.in_arrivals_ = false;
  std::replace(list_.begin(), list_.end(), &x, static_cast<exchange*>(nullptr));
}

void arrivals::drop_first(std::size_t count) {
  list_.erase(list_.begin(), list_.begin() + static_cast<std::ptrdiff_t>(count));
}

}  // namespace tenure::net
