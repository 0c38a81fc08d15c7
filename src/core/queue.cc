#include "core/queue.hpp"

#include <algorithm>

namespace tenure::core {

void queue::take(const reading& read, const rival& own) {
  front_.clear();
  bool as_far = false;  // the list goes as far as our own place
  for (const rival* r = read.first; r != read.first + read.count; ++r) {
    if ((r->lease == own.lease && r->create_revision == own.create_revision) ||
        r->create_revision > own.create_revision) {
      as_far = true;
    } else if (r->create_revision < own.create_revision) {
      front_.push_back(*r);
    }
  }
  // It was read in order of creation. So nobody in front is missing.
  more_ = read.more && !as_far;
  revision_ = read.revision;
  sent_ = read.sent;
  sure_ = !read.outdated;
}

void queue::forget() {
  front_.clear();
  early_.clear();
  sure_ = true;
}

std::vector<change> queue::take_kept() {
  std::vector<change> all;
  all.swap(early_);
  return all;
}

queue::effect queue::take_delete(const change& deleted, const rival& own) {
  if (deleted.lease != 0 && deleted.lease == own.lease) {
    // A reading of a long queue may not have come to our place. Then it knows nothing of our key.
    const bool known = deleted.mod_revision <= revision_ && !more_;
    const bool ours = own.create_revision != 0 && deleted.mod_revision > own.create_revision;
    return ours && !known ? effect::own_key : effect::none;
  }
  if (deleted.mod_revision <= revision_) return effect::none;
  if (deleted.lease == 0) {
    // A key whose name is not a lease id. Only a reading can tell which one of these it was.
    const bool may_be =
        std::any_of(front_.begin(), front_.end(), [](const rival& r) { return r.lease == 0; });
    return may_be ? effect::unclear : effect::none;
  }
  const auto at = std::find_if(front_.begin(), front_.end(), [&](const rival& r) {
    return r.lease == deleted.lease && r.create_revision < deleted.mod_revision;
  });
  if (at == front_.end()) return effect::none;
  front_.erase(at);
  return effect::shorter;
}

}  // namespace tenure::core
