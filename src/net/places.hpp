// Where requests can go. An endpoint whose name has several addresses is several places: each can
// be asked, raced and found bad by itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <curl/curl.h>

#include "net/found.hpp"
#include "net/transport.hpp"

namespace tenure::net {

using string_list = std::shared_ptr<curl_slist>;
using place_set = std::uint64_t;  // a bit per place

struct place {
  std::size_t endpoint = 0;  // whose address it is
  std::string address;       // empty: of a name that is not resolved yet
  // For CURLOPT_CONNECT_TO. It keeps the connections of different addresses apart. Null for a
  // literal host. Share it for as long as curl may read it.
  string_list connect_to;
  std::shared_ptr<const endpoint_url> to;  // whose address it is; null: the endpoint's
};

// The first places are the endpoints themselves, in their order. Each keeps its number, and has
// the first address of its name. Further addresses get the numbers behind them.
class places {
 public:
  void open(std::size_t endpoints);
  // The endpoint's name has these addresses now. A place keeps its address if that is among them.
  void resolved(std::size_t endpoint, const std::vector<found>& addresses);

  [[nodiscard]] const place& at(std::size_t number) const { return list_[number]; }
  [[nodiscard]] std::size_t size() const { return list_.size(); }
  // Those that there are.
  [[nodiscard]] place_set live() const { return live_; }
  // Those that have another address than they had at the last call, or are new. Forgets them.
  [[nodiscard]] place_set take_fresh();
  [[nodiscard]] bool changed() const { return changed_; }  // since the last call of take_fresh

 private:
  [[nodiscard]] bool has(std::size_t number) const { return (live_ >> number & 1U) != 0; }
  void settle(std::size_t number, std::size_t endpoint, const found& at);
  void leave(std::size_t number);
  [[nodiscard]] std::size_t free_number() const;

  std::vector<place> list_;
  std::size_t endpoints_ = 0;
  place_set live_ = 0;
  place_set fresh_ = 0;
  bool changed_ = false;
};

}  // namespace tenure::net
