// What every part of the core is handed with each event.
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

  void say(tell&& what) const { out.emplace_back(what); }
};

}  // namespace tenure::core
