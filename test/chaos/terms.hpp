// The terms of office in a history, and the times in which there could be none.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "test/chaos/checker.hpp"
#include "test/chaos/history.hpp"

namespace tenure::chaos {

// In the order of `acquired`. What a candidate printed out of order goes to `violations`.
[[nodiscard]] std::vector<term> terms_of(const history& of, const allowances& allowed,
                                         std::vector<std::string>& violations);

// Whether such a fault leaves no way to etcd at all: a cut of the only member does.
[[nodiscard]] inline bool cuts_everybody(const history& of, fault_kind kind) {
  return of.members == 1 && kind == fault_kind::member_cut;
}

[[nodiscard]] std::vector<std::pair<nanos, nanos>> without_quorum(const history& of);

// When etcd had no quorum, or no candidate could reach it.
[[nodiscard]] std::vector<std::pair<nanos, nanos>> outages(const history& of);

// "12.345 s"
[[nodiscard]] std::string in_s(nanos t);

}  // namespace tenure::chaos
