// Whether the model and etcd said the same.
#pragma once

#include <algorithm>
#include <vector>

#include "core/event.hpp"

namespace sim {

inline bool alike(const tenure::core::answer& a, const tenure::core::answer& b) {
  const auto same_item = [](const tenure::core::item_answer& x,
                            const tenure::core::item_answer& y) {
    return x.applied == y.applied && x.own_revision == y.own_revision &&
           x.own_lease == y.own_lease && x.first == y.first && x.count == y.count &&
           x.more == y.more;
  };
  const auto same_rival = [](const tenure::core::rival& x, const tenure::core::rival& y) {
    return x.create_revision == y.create_revision && x.lease == y.lease;
  };
  return a.revision == b.revision && a.ttl == b.ttl && a.differs == b.differs &&
         std::equal(a.items.begin(), a.items.end(), b.items.begin(), b.items.end(), same_item) &&
         std::equal(a.rivals.begin(), a.rivals.end(), b.rivals.begin(), b.rivals.end(), same_rival);
}

inline bool alike(const std::vector<tenure::core::change>& a,
                  const std::vector<tenure::core::change>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const tenure::core::change& x, const tenure::core::change& y) {
                      return x.election == y.election && x.deleted == y.deleted &&
                             x.lease == y.lease && x.create_revision == y.create_revision &&
                             x.mod_revision == y.mod_revision;
                    });
}

}  // namespace sim
