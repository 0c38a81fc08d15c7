// What each part of the core gets with each event.
#pragma once

#include <vector>

#include "core/action.hpp"
#include "core/calls.hpp"
#include "core/choices.hpp"
#include "core/lease.hpp"
#include "core/time.hpp"
#include "core/timings.hpp"

namespace tenure::core {

struct context {
  nanos now;
  const timings& t;
  choices& choose;
  calls& requests;
  core::lease& lease;
  std::vector<action>& out;

  // The type of the message says who is told.
  void tell(const to_session& what) const { out.emplace_back(what); }
  void tell(const to_candidate& what) const { out.emplace_back(what); }
  void tell(const leader_changed& what) const { out.emplace_back(what); }
  void tell(const to_reader& what) const { out.emplace_back(what); }
};

}  // namespace tenure::core
