#include "core/election.hpp"

#include <algorithm>

namespace tenure::core {

election& elections::of(election_id id) {
  if (id >= all_.size()) {
    counts_[static_cast<std::size_t>(standing::idle)] += id + 1 - all_.size();
    all_.resize(id + 1);
  }
  return all_[id];
}

void elections::enter(election& e, standing next) {
  --counts_[static_cast<std::size_t>(e.state)];
  ++counts_[static_cast<std::size_t>(next)];
  e.state = next;
}

void take_queue(election& e, const rival* first, std::size_t count, bool more,
                std::int64_t revision, std::int64_t own_lease) {
  e.front.clear();
  bool as_far = false;  // the list goes as far as our own place
  for (const rival* r = first; r != first + count; ++r) {
    if ((r->lease == own_lease && r->create_revision == e.own_revision) ||
        r->create_revision > e.own_revision) {
      as_far = true;
    } else if (r->create_revision < e.own_revision) {
      e.front.push_back(*r);
    }
  }
  // Read in order of creation: then nobody in front is missing.
  e.front_more = more && !as_far;
  e.read_revision = revision;
}

effect_of_delete take_delete(election& e, const change& c, std::int64_t own_lease) {
  if (c.lease != 0 && c.lease == own_lease) {
    // A reading of a long queue may not have come to our place: then it knows nothing of our key.
    const bool known = c.mod_revision <= e.read_revision && !e.front_more;
    return e.has_key() && c.mod_revision > e.own_revision && !known ? effect_of_delete::own_key
                                                                    : effect_of_delete::none;
  }
  if (c.mod_revision <= e.read_revision) return effect_of_delete::none;
  if (c.lease == 0) {
    // A key whose name is not a lease id: which one of these it was can only be read.
    const bool may_be =
        std::any_of(e.front.begin(), e.front.end(), [](const rival& r) { return r.lease == 0; });
    return may_be ? effect_of_delete::unclear : effect_of_delete::none;
  }
  const auto at = std::find_if(e.front.begin(), e.front.end(), [&](const rival& r) {
    return r.lease == c.lease && r.create_revision < c.mod_revision;
  });
  if (at == e.front.end()) return effect_of_delete::none;
  e.front.erase(at);
  return effect_of_delete::shorter;
}

}  // namespace tenure::core
