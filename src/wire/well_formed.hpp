// Whether an answer can be true. etcd keeps these rules in every version, so one that breaks them
// comes from something else, or from an etcd that is ill. Nothing of it counts: what a single wrong
// answer says of a queue could make a second leader. No other place knows these rules; what is
// handed on is never looked at for them again.
#pragma once

#include <string>

#include "etcd/response.hpp"
#include "wire/electorate.hpp"
#include "wire/expected.hpp"

namespace tenure::wire {

// Each says in `why` what cannot be, if it is false.
[[nodiscard]] bool well_formed(const etcd::authenticate_response& r, std::string& why);
[[nodiscard]] bool well_formed(const expected& asked, const etcd::lease_response& r,
                               std::string& why);
[[nodiscard]] bool well_formed(const expected& asked, const electorate& electorate,
                               const etcd::range_response& r, std::string& why);
[[nodiscard]] bool well_formed(const expected& asked, const electorate& electorate,
                               const etcd::txn_response& r, std::string& why);
[[nodiscard]] bool well_formed(const electorate& electorate, const etcd::watch_message& m,
                               std::string& why);

}  // namespace tenure::wire
