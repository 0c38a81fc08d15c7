// How each of the core's requests is said to etcd: its path and its JSON body.
#pragma once

#include <string>
#include <string_view>

#include "core/action.hpp"
#include "tenure/options.hpp"
#include "wire/electorate.hpp"
#include "wire/value.hpp"

namespace tenure::wire {

struct http_request {
  std::string_view path;
  std::string body;
};

class encoder {
 public:
  // Both must outlive it. Of the options: the instance and the user.
  encoder(const electorate& electorate, const session_options& options)
      : electorate_(electorate), options_(options) {}

  // `now`: the time that values of keys show. `next_key`: where the next page begins in a read of
  // all keys.
  [[nodiscard]] http_request encode(const core::send& s, value::time now,
                                    std::string_view next_key = {}) const;
  // A login.
  [[nodiscard]] http_request authenticate(std::string_view password) const;
  // The body of a request that opens a watch.
  [[nodiscard]] std::string watch(const core::open_stream& s) const;

 private:
  void entries(const core::send& s, value::time now, std::string& body) const;
  void entries_together(const core::send& s, value::time now, std::string& body) const;

  const electorate& electorate_;
  const session_options& options_;
};

}  // namespace tenure::wire
