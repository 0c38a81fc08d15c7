#include "core/batches.hpp"

#include <algorithm>
#include <utility>

namespace tenure::core {

namespace {

// A list asks for one entry more after so many full batches that were taken. A limit that one proxy
// had for a while is forgotten that way, and etcd's own costs a refused batch now and then.
constexpr int full_enough = 256;

// Whoever leads by an answer that was wrong is found out by this compare. Create revisions only
// grow, so when it has held once, nobody older can come later: reassurances go on without it. etcd
// reads the whole queue for it (2.6 ms for 1,000 waiters). An announcement is rare, and makes it
// each time: an answer that was wrong about the compare itself does not count for ever. A lie that
// is told later to a leader can only end its leadership. One that is told to somebody who waits
// makes another leadership, which has its own compare.
bool compares_queue(op what, const election& e) {
  return what == op::announce || (what == op::reassure && !e.leadership.seen_first);
}

// etcd's limit is for the compares of a transaction, and for its operations. Entry by entry, each
// is one operation, and once comes what is nested in an entry. Together, the compares of all are
// those of one transaction.
constexpr std::size_t nested = 2;
std::size_t weight(const request& r, const item& it) {
  return r.together && it.nobody_before != 0 ? 2 : 1;
}

}  // namespace

std::size_t batches::index(op what) {
  return static_cast<std::size_t>(std::find(kinds.begin(), kinds.end(), what) - kinds.begin());
}

void batches::add(op what, election_id id, election& e) {
  const std::size_t at = index(what);
  const auto bit = static_cast<std::uint8_t>(1U << at);
  if ((e.errands.waiting & bit) != 0) return;
  e.errands.waiting = static_cast<std::uint8_t>(e.errands.waiting | bit);
  lists_[at].waiting.push_back(id);
  ++waiting_;
}

bool batches::due(op what, const election& e) {
  switch (what) {
    case op::withdraw: return e.state == standing::withdrawing;
    case op::stand: return e.state == standing::wanting;
    case op::reassure:
    case op::announce: return e.state == standing::leading;
    case op::read_queue: return e.state == standing::queued && !e.errands.queue;
    case op::read_leader:
      return (e.leader.observed || e.state == standing::queued) && !e.errands.leader;
    default: return false;
  }
}

// It has to be decided by itself, not together with others.
bool batches::apart(op what, const election& e) const {
  switch (what) {
    case op::stand: return e.errands.apart || !hopeful_;
    case op::reassure:
    case op::announce: return e.errands.apart;
    case op::withdraw: return e.errands.apart || e.own_revision == 0;
    default: return true;
  }
}

// An answer entry by entry takes longer to read, and it is read in one turn of the user's loop. So
// such a batch has fewer entries.
std::size_t batches::most(const request& r) const {
  const std::size_t most = operations_ > nested ? operations_ - nested : 1;
  return r.together || r.items.empty() ? most : std::min(most, most_apart);
}

nanos batches::pump(const context& c, elections& all) {
  bool enough = false;
  nanos wake = never;
  for (std::size_t at = 0; at < kinds.size() && waiting_ != 0; ++at) {
    const op what = kinds[at];
    auto& l = lists_[at];
    if (l.waiting.empty() || c.requests.count(what) >= at_once) continue;
    if (c.now < l.pause.until()) {
      wake = std::min(wake, l.pause.until());
      continue;
    }
    if (what != op::read_leader && !c.lease.held()) continue;
    while (!l.waiting.empty() && c.requests.count(what) < at_once) {
      if (enough) return c.now;
      request r;
      r.what = what;
      r.lease = what == op::read_leader ? 0 : c.lease.id();
      r.hedged = what == op::reassure;
      std::size_t full = 0;
      while (!l.waiting.empty()) {
        const election_id id = l.waiting.front();
        election& e = all[id];
        const item entry{id, e.own_revision, compares_queue(what, e) ? e.own_revision : 0};
        if (r.items.size() >= l.fits || (full != 0 && full + weight(r, entry) > most(r))) break;
        if (due(what, e)) {
          const bool together = !apart(what, e);
          if (r.items.empty()) r.together = together;
          if (r.together != together) break;
        }
        l.waiting.pop_front();
        --waiting_;
        e.errands.waiting = static_cast<std::uint8_t>(e.errands.waiting & ~(1U << at));
        if (!due(what, e)) continue;
        if (what == op::stand) all.enter(e, standing::creating);
        if (what == op::read_queue) e.errands.queue = true;
        if (what == op::read_leader) e.errands.leader = true;
        full += weight(r, entry);
        r.items.push_back(entry);
      }
      enough = large(r);
      if (!r.items.empty()) c.requests.start(c.now, c.t, std::move(r), c.out);
    }
  }
  return wake;
}

void batches::taken(list& l, const request& r) {
  if (l.fits == most_operations || r.items.size() < l.fits) return;
  if (++l.full < full_enough) return;
  ++l.fits;
  l.full = 0;
}

// Several may have been under way. So it is counted from what was refused.
void batches::refused(list& l, const completion& done) {
  const std::size_t entries = done.asked.items.size();
  if (done.what == outcome::request_too_large) {
    l.fits = std::min(l.fits, entries / 2);
    l.full = 0;
  } else {
    const std::size_t half = (entries + nested) / 2;
    operations_ = std::min(operations_, std::max<std::size_t>(half, 2));
  }
}

void batches::ended(const context& c, const completion& done, elections& all, bool differs) {
  auto& l = lists_[index(done.asked.what)];
  if (differs || (done.what == outcome::ok && !done.asked.together)) {
    for (const item& it : done.asked.items) all[it.election].errands.apart = differs;
  }
  for (const item& it : done.asked.items) {
    if (done.asked.what == op::read_queue) all[it.election].errands.queue = false;
    if (done.asked.what == op::read_leader) all[it.election].errands.leader = false;
  }
  if (differs && done.asked.what == op::stand) hopeful_ = false;
  if (done.what == outcome::ok) {
    l.pause.succeeded();
    taken(l, done.asked);
  } else if (divisible(done)) {
    refused(l, done);
  } else {
    // A reassurance cannot wait longer each time: its leadership has a limit. An announcement is
    // for people, and can.
    if (done.asked.what == op::reassure) l.pause.succeeded();
    const nanos delay = c.t.retry_delay * (done.asked.what == op::announce ? 8 : 1);
    l.pause.failed(c.now, delay, c.choose);
  }
}

void batches::clear(elections& all) {
  for (auto& l : lists_) l.waiting.clear();
  waiting_ = 0;
  for (election_id id = 0; id < all.size(); ++id) all[id].errands.waiting = 0;
}

}  // namespace tenure::core
