#include "store.hpp"

#include <algorithm>

namespace sim {

using tenure::core::answer;
using tenure::core::item;
using tenure::core::item_answer;
using tenure::core::send;

void store::reset(std::size_t count, nanos least_ttl) {
  full = false;
  sees_nested_puts = false;
  most_operations = room = 128;
  queue_limit = 32;
  revision = 1;
  compacted = 0;
  rewritten = 0;
  elections.resize(count);
  for (auto& e : elections) e.clear();
  leases.clear();
  history.clear();
  gone.clear();
  least_ttl_ = least_ttl;
}

lease_entry* store::find_lease(std::int64_t id) {
  const auto at =
      std::find_if(leases.begin(), leases.end(), [&](const lease_entry& l) { return l.id == id; });
  return at == leases.end() ? nullptr : &*at;
}

nanos store::ttl_of(std::int64_t id) const {
  const auto at =
      std::find_if(leases.begin(), leases.end(), [&](const lease_entry& l) { return l.id == id; });
  return at == leases.end() ? 0 : at->ttl;
}

std::size_t store::keys_of(std::int64_t lease) const {
  std::size_t all = 0;
  for (const auto& keys : elections) {
    for (const key& k : keys) all += k.lease == lease ? 1U : 0U;
  }
  return all;
}

std::size_t store::first_record(std::int64_t from) const {
  const auto at =
      std::lower_bound(history.begin(), history.end(), from,
                       [](const record& r, std::int64_t rev) { return r.revision < rev; });
  return static_cast<std::size_t>(at - history.begin());
}

std::size_t store::find_key(election_id e, std::int64_t name) const {
  const auto& keys = elections[e];
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (keys[i].name == name && name != 0) return i;
  }
  return absent;
}

void store::remove(election_id e, std::size_t at, ending how, std::size_t who) {
  auto& keys = elections[e];
  const key k = keys[at];
  history.push_back({revision, e, true, k.name, k.create, false});
  gone.push_back({e, k, how, who});
  keys.erase(keys.begin() + static_cast<std::ptrdiff_t>(at));
}

void store::put(election_id e, std::int64_t name, std::int64_t lease, std::size_t who) {
  const std::size_t at = find_key(e, name);
  if (at == absent) {
    elections[e].push_back({name, lease, revision, revision, 0, who});
  } else {
    elections[e][at].lease = lease;
    elections[e][at].mod = revision;
    ++rewritten;
  }
  history.push_back(
      {revision, e, false, name, at == absent ? revision : elections[e][at].create, false});
}

void store::queue(election_id e, std::size_t limit, answer& out, item_answer& item) const {
  const auto& keys = elections[e];
  item.first = static_cast<std::uint32_t>(out.rivals.size());
  item.count = static_cast<std::uint32_t>(std::min(keys.size(), limit));
  item.more = keys.size() > limit;
  for (std::size_t i = 0; i < item.count; ++i) out.rivals.push_back({keys[i].create, keys[i].name});
}

// Whether an entry of what is asked for together is not as expected.
bool store::differs(const send& s) const {
  return std::any_of(s.items.begin(), s.items.end(), [&](const item& it) {
    if (s.what == op::stand) return !elections[it.election].empty();
    const std::size_t at = find_key(it.election, s.lease);
    return ((at == absent ? 0 : elections[it.election][at].create) != it.create_revision &&
            it.create_revision >= 0) ||
           somebody_before(it);
  });
}

bool store::somebody_before(const item& it) const {
  const auto& keys = elections[it.election];
  return !keys.empty() && keys.front().create < it.nobody_before;
}

// As etcd counts them: a transaction has as many as its longest list. What is nested in an entry
// comes once on top.
std::size_t store::operations(const send& s) {
  const auto queues = static_cast<std::size_t>(std::count_if(
      s.items.begin(), s.items.end(), [](const item& it) { return it.nobody_before != 0; }));
  if (s.together) return s.items.size() + queues;  // they are compares of one transaction
  const bool single = s.what == op::reassure || s.what == op::announce || s.what == op::withdraw;
  if (s.what == op::read_queue) return 2 * s.items.size();
  if (s.what == op::read_leader) return s.items.size();
  return s.items.size() + (single && queues == 0 ? 1 : 2);
}

outcome store::execute(const send& s, answer& out, std::size_t who) {
  out.differs = false;
  out.items.clear();
  out.rivals.clear();
  out.ttl = 0;
  switch (s.what) {
    case op::authenticate:
    case op::introduce:
    case op::look:
    case op::confirm: break;
    case op::keepalive: out.ttl = ttl_of(s.lease); break;
    case op::grant: {
      if (full) return outcome::no_space;
      if (find_lease(s.lease) != nullptr) return outcome::lease_exists;
      lease_entry l;
      l.id = s.lease;
      l.owner = who;
      l.ttl = std::max(s.ttl, least_ttl_);
      out.ttl = l.ttl;
      leases.push_back(l);
      break;
    }
    case op::revoke:
      if (find_lease(s.lease) == nullptr) return outcome::lease_gone;
      end_lease(s.lease, ending::revoked, who);
      break;
    default: {
      if (operations(s) > most_operations) return outcome::too_many_operations;
      // What is decided entry by entry has a transaction in each entry.
      if (s.items.size() * (s.together ? 1 : 2) > room) return outcome::request_too_large;
      const bool puts = s.what == op::stand || s.what == op::announce;
      if (puts && full && (s.together || sees_nested_puts)) return outcome::no_space;
      out.differs = s.together && differs(s);
      if (out.differs) break;
      // A taken put with a dead lease fails the whole transaction: find out first.
      if (puts && find_lease(s.lease) == nullptr) {
        for (const item& it : s.items) {
          const std::size_t at = find_key(it.election, s.lease);
          const std::int64_t created = at == absent ? 0 : elections[it.election][at].create;
          if (created == (s.what == op::stand ? 0 : it.create_revision)) return outcome::lease_gone;
        }
      }
      const std::int64_t before = revision;
      const std::size_t records = history.size();
      ++revision;
      for (const item& it : s.items) {
        item_answer got;
        const std::size_t at = find_key(it.election, s.lease);
        const std::int64_t created = at == absent ? 0 : elections[it.election][at].create;
        const auto own = [&] {
          if (at == absent) return;
          got.own_revision = created;
          got.own_lease = elections[it.election][at].lease;
        };
        // (A negative revision is what a request without the compare would be: only a mutant asks
        // so.)
        switch (s.what) {
          case op::stand:
            got.applied = created == 0;
            if (got.applied) {
              put(it.election, s.lease, s.lease, who);
            } else {
              own();
            }
            if (!s.together) queue(it.election, queue_limit, out, got);
            break;
          case op::reassure:
            got.applied =
                (created == it.create_revision || it.create_revision < 0) && !somebody_before(it);
            if (!got.applied) own();
            break;
          case op::announce:
            got.applied = created == it.create_revision && !somebody_before(it);
            if (got.applied) {
              put(it.election, s.lease, s.lease, who);
            } else {
              own();
            }
            break;
          case op::withdraw:
            got.applied = created == it.create_revision || it.create_revision < 0;
            if (!got.applied) {
              own();
            } else if (created != 0) {
              remove(it.election, at, ending::withdrawn, who);
            }
            break;
          case op::read_queue:
            own();
            queue(it.election, queue_limit, out, got);
            break;
          default: queue(it.election, 1, out, got); break;
        }
        out.items.push_back(got);
      }
      if (history.size() == records) revision = before;  // only read
      break;
    }
  }
  out.revision = revision;
  return outcome::ok;
}

void store::end_lease(std::int64_t id, ending how, std::size_t who) {
  const auto at =
      std::find_if(leases.begin(), leases.end(), [&](const lease_entry& l) { return l.id == id; });
  if (at == leases.end()) return;
  leases.erase(at);
  bool any = false;
  for (election_id e = 0; e < elections.size(); ++e) {
    for (std::size_t i = 0; i < elections[e].size();) {
      if (elections[e][i].lease != id) {
        ++i;
        continue;
      }
      if (!any) ++revision;  // all keys go in one revision
      any = true;
      remove(e, i, how, who);
    }
  }
}

bool store::delete_key(election_id e, std::size_t at, ending how, bool hidden) {
  if (at >= elections[e].size()) return false;
  ++revision;
  remove(e, at, how, nobody);
  history.back().hidden = hidden;
  return true;
}

void store::put_foreign(election_id e, std::int64_t label) {
  ++revision;
  elections[e].push_back({0, 0, revision, revision, label, nobody});
  history.push_back({revision, e, false, 0, revision, false});
}

void store::attach(election_id e, std::size_t at, std::int64_t lease) {
  if (at >= elections[e].size()) return;
  ++revision;
  elections[e][at].lease = lease;
  elections[e][at].mod = revision;
  history.push_back({revision, e, false, elections[e][at].name, elections[e][at].create, false});
}

void store::compact(std::int64_t at) { compacted = std::max(compacted, std::min(at, revision)); }

// A backup knows less: everything younger never was.
void store::restore_from_backup(std::int64_t at) {
  for (election_id e = 0; e < elections.size(); ++e) {
    for (const key& k : elections[e]) gone.push_back({e, k, ending::restored, nobody});
    elections[e].clear();
  }
  leases.clear();
  revision = at;
  compacted = std::min(compacted, at);
  history.resize(first_record(at + 1));
}

}  // namespace sim
