// Three machines, one small etcd, and whatever chance does to them: what the users are told must
// fit together, whatever the order. (The simulator in test/sim does this at length.)
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <array>
#include <memory>

#include "test/support/core_host.hpp"

using namespace tenure::core;
using tenure::test::core_host;

namespace {

// SplitMix64: the same on every host.
class dice {
 public:
  explicit dice(std::uint64_t seed) : state_(seed) {}
  std::uint64_t below(std::uint64_t bound) {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15U);
    z = (z ^ z >> 30U) * 0xbf58476d1ce4e5b9U;
    z = (z ^ z >> 27U) * 0x94d049bb133111ebU;
    return (z ^ z >> 31U) % bound;
  }
  bool once_in(std::uint64_t bound) { return below(bound) == 0; }

 private:
  std::uint64_t state_;
};

constexpr election_id elections = 3;

// How a user hears of one election: acquired, cancelled, then lost or resigned, and so on. What was
// acquired is cancelled before it is told lost. Only what was acquired is cancelled or lost.
struct listener {
  bool leading = false;
  bool ended = false;  // cancelled, its end not told yet
  std::int64_t last_token = 0;
  const char* hears(const acquired& what) {
    if (leading || ended) return "acquired twice without an end between";
    if (what.fencing_token <= last_token) return "a fencing token that does not grow";
    last_token = what.fencing_token;
    leading = true;
    return nullptr;
  }
  const char* hears(const cancelled&) {
    if (!leading) return "cancelled without leading";
    leading = false;
    ended = true;
    return nullptr;
  }
  const char* hears(const lost&) {
    if (!ended) return "lost without having been cancelled";
    ended = false;
    return nullptr;
  }
  const char* hears(const resigned&) {
    if (leading) return "resigned while leading";
    ended = false;
    return nullptr;
  }
  template <class Message>
  const char* hears(const Message&) {
    return nullptr;
  }
};

using listeners = std::array<listener, elections>;

// What is wrong with it, if anything.
const char* hear(listeners& users, const action& said) {
  const auto* what = std::get_if<to_candidate>(&said);
  if (what == nullptr) return nullptr;
  return std::visit([&](const auto& it) { return users[it.election].hears(it); }, *what);
}

void act(core_host& h, dice& d) {
  const auto id = static_cast<election_id>(d.below(elections));
  switch (d.below(14)) {
    case 0: h.feed(stand{id, !d.once_in(3)}); break;
    case 1: h.stop_work(id); break;
    case 2:
      if (d.once_in(3)) h.feed(resign{id});
      break;
    case 3:
      if (d.once_in(4)) h.feed(observe{id, d.once_in(2)});
      break;
    case 4:  // by hand
      if (d.once_in(4)) h.etcd.remove(id, h.lease());
      break;
    case 5:
      if (d.once_in(10)) h.etcd.revoke(h.lease());
      break;
    case 6: h.etcd.put(id, 1 + static_cast<std::int64_t>(d.below(3))); break;
    case 7: h.etcd.remove(id, 1 + static_cast<std::int64_t>(d.below(3))); break;
    case 8:
      if (h.stream && d.once_in(5)) h.cut();
      break;
    case 9:
      if (d.once_in(5)) ++h.etcd.term;
      break;
    case 10: h.etcd.full = d.once_in(10); break;
    default: break;
  }
}

void answer_one(core_host& h, dice& d) {
  if (h.open.empty()) return;
  const tenure::core::send s = h.open[d.below(h.open.size())];
  const outcome failures[] = {outcome::not_sent, outcome::broken, outcome::unavailable,
                              outcome::overloaded, outcome::bad_answer};
  answer a;
  a.call = s.call;
  const bool executed = !d.once_in(6);
  if (executed) a = h.etcd.execute(s);
  if (!executed || d.once_in(12)) {
    a = {};
    a.call = s.call;
    a.what = executed ? outcome::broken : failures[d.below(5)];
  }
  h.arrive(a);
}

const char* play(std::uint64_t seed) {
  dice d(seed);
  settings s;
  s.endpoint_count = 1 + d.below(3);
  core_host h(s);
  h.etcd.queue_limit = 1 + d.below(4);
  h.etcd.most_operations = 1 + d.below(5);
  listeners users;
  std::size_t heard = 0;
  const bool closes = d.once_in(4);
  for (int step = 0; step < 400 && !h.finished; ++step) {
    switch (d.below(5)) {
      case 0: act(h, d); break;
      case 1: h.wait(static_cast<nanos>(d.below(300)) * millisecond); break;
      case 2:
        if (h.stream && d.once_in(2)) h.deliver();
        if (h.stream && d.once_in(3)) h.created();
        break;
      default: answer_one(h, d); break;
    }
    if (d.once_in(150)) h.freeze(static_cast<nanos>(d.below(15)) * second);
    if (closes && step == 300) h.feed(tenure::core::close{});
    for (; heard < h.told.size(); ++heard) {
      if (const char* wrong = hear(users, h.told[heard])) return wrong;
    }
    for (election_id id = 0; id < h.m.standings().size(); ++id) {
      if (h.leads(id) != users[id].leading) return "the user believes otherwise";
    }
  }
  if (closes)
    return h.finished || (h.run(10 * second), h.finished) ? nullptr : "closing does not end";
  // Faults off: everybody who still stands gets somewhere, and everything that ended was told.
  h.etcd.full = false;
  for (election_id id = 0; id < elections; ++id) {
    for (std::int64_t other = 1; other <= 3; ++other) {
      while (h.etcd.find(id, other) != nullptr) h.etcd.remove(id, other);
    }
  }
  for (int i = 0; i < 40; ++i) h.run(second);
  for (; heard < h.told.size(); ++heard) {
    if (const char* wrong = hear(users, h.told[heard])) return wrong;
  }
  for (election_id id = 0; id < h.m.standings().size(); ++id) {
    const standing now = h.standing(id);
    if (now != standing::idle && now != standing::leading)
      return "still not there after 40 s without faults";
    if (users[id].ended) return "an end that is never told";
    if (now == standing::idle && h.etcd.find(id, h.lease()) != nullptr)
      return "a key that nobody stands by";
  }
  return nullptr;
}

}  // namespace

Test(core_machine_random, what_users_are_told_fits_together_for_every_seed) {
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    const char* wrong = play(seed);
    cr_assert(wrong == nullptr, "seed %lu: %s", static_cast<unsigned long>(seed), wrong);
  }
}
