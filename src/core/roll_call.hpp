// Before a lease is granted, each endpoint is asked for its cluster. A list of endpoints with two
// clusters would elect two leaders: each process would stay with the cluster that it meets first.
#pragma once

#include <cstddef>

#include "core/backoff.hpp"
#include "core/context.hpp"

namespace tenure::core {

class roll_call {
 public:
  // `names`: an endpoint is a name. How many addresses it has is known when one was asked.
  explicit roll_call(bool names) : names_(names) {}

  // All that answered are of one cluster. Those that did not answer in time do not count.
  [[nodiscard]] bool passed() const { return phase_ == phase::passed; }
  // The next lease needs another one.
  void again() { phase_ = phase::due; }

  enum class effect { none, nobody_answered, divided };
  effect completed(const context& c, const completion& done);

  // `cluster_known`: an earlier answer, of whatever kind, said which cluster is ours.
  // Returns when there is more to do.
  nanos tick(const context& c, bool wanted, bool cluster_known);
  // Our cluster was not known before. The first that answered need not be the right one.
  [[nodiscard]] bool by_chance() const { return !cluster_known_; }

 private:
  enum class phase { due, asking, passed };

  void ask(const context& c);

  bool names_;
  phase phase_ = phase::due;
  std::size_t missing_ = 0;  // how many have not answered yet
  endpoint_set asked_ = 0;
  bool answered_ = false;
  bool divided_ = false;
  bool cluster_known_ = false;
  backoff pause_;
};

}  // namespace tenure::core
