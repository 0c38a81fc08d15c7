// A host for core::machine in one thread. The test owns the clock. A small model of etcd executes
// the requests when the test says so. All that was asked for and told is kept, so that the test can
// look at it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "core/machine.hpp"
#include "test/support/wait.hpp"

namespace tenure::test {

using core::millisecond;
using core::nanos;
using core::second;

// Lease ids count up from 1000; every other choice is `jitter`.
class scripted_choices final : public core::choices {
 public:
  std::int64_t next_lease = 1000;
  std::uint64_t jitter = 0;
  std::uint64_t below(std::uint64_t bound) override {
    if (bound > 1'000'000'000'000'000'000U) return static_cast<std::uint64_t>(next_lease++) - 1;
    return jitter % bound;
  }
};

// What etcd holds, and what it would answer.
class small_etcd {
 public:
  struct key {
    core::election_id election;
    std::int64_t lease;  // in its name; 0: a foreign name
    std::int64_t created;
    std::int64_t attached;  // the lease it would end with
  };
  std::uint64_t cluster = 7;
  std::uint64_t term = 3;
  std::int64_t revision = 100;
  std::size_t queue_limit = 32;
  std::size_t most_operations = 128;
  std::size_t room = 1000;  // of a request, in entries that are asked for together
  bool full = false;        // refuses writes
  nanos granted_ttl = 0;    // 0: as asked
  std::vector<key> keys;
  std::vector<std::int64_t> leases;
  std::vector<core::change> events;  // deletes and puts, in order

  bool has_lease(std::int64_t id) const {
    return std::find(leases.begin(), leases.end(), id) != leases.end();
  }
  key* find(core::election_id e, std::int64_t lease) {
    const auto at = std::find_if(keys.begin(), keys.end(),
                                 [&](const key& k) { return k.election == e && k.lease == lease; });
    return at == keys.end() ? nullptr : &*at;
  }
  // Somebody else's doings.
  std::int64_t put(core::election_id e, std::int64_t lease) {
    keys.push_back({e, lease, ++revision, lease});
    events.push_back({e, false, lease, revision, revision});
    return revision;
  }
  void remove(core::election_id e, std::int64_t lease) {
    ++revision;
    erase(e, lease);
  }
  void revoke(std::int64_t lease) {
    leases.erase(std::remove(leases.begin(), leases.end(), lease), leases.end());
    ++revision;
    const auto all = keys;
    for (const key& k : all) {
      if (k.attached == lease) erase(k.election, k.lease);
    }
  }

  core::answer execute(const core::send& s) {
    using core::op;
    using core::outcome;
    core::answer a;
    a.call = s.call;
    a.cluster = cluster;
    a.term = term;
    const auto refuse = [&](outcome why) {
      a = {};
      a.call = s.call;
      a.what = why;
      return a;
    };
    switch (s.what) {
      case op::grant:
        if (full) return refuse(outcome::no_space);
        if (has_lease(s.lease)) return refuse(outcome::lease_exists);
        leases.push_back(s.lease);
        a.ttl = ttl_ = granted_ttl != 0 ? granted_ttl : s.ttl;
        break;
      case op::keepalive: a.ttl = has_lease(s.lease) ? ttl_ : 0; break;
      case op::revoke:
        if (!has_lease(s.lease)) return refuse(outcome::lease_gone);
        revoke(s.lease);
        break;
      case op::authenticate:
      case op::introduce:
      case op::look:
      case op::confirm: break;
      default:
        if (s.items.size() > most_operations) return refuse(outcome::too_many_operations);
        if (s.items.size() * (s.together ? 1 : 2) > room) return refuse(outcome::request_too_large);
        if (full && (s.what == op::stand || s.what == op::announce))
          return refuse(outcome::no_space);
        a.differs = s.together && differs(s);
        if (a.differs) break;
        if (s.what == op::stand && !has_lease(s.lease)) return refuse(outcome::lease_gone);
        transact(s, a);
        break;
    }
    a.revision = revision;
    return a;
  }

 private:
  void erase(core::election_id e, std::int64_t lease) {
    const key* k = find(e, lease);
    if (k == nullptr) return;
    events.push_back({e, true, lease, 0, revision});
    keys.erase(keys.begin() + (k - keys.data()));
  }

  bool differs(const core::send& s) {
    return std::any_of(s.items.begin(), s.items.end(), [&](const core::item& it) {
      const key* own = find(it.election, s.lease);
      if (s.what != core::op::stand)
        return (own != nullptr ? own->created : 0) != it.create_revision || somebody_before(it);
      return std::any_of(keys.begin(), keys.end(),
                         [&](const key& k) { return k.election == it.election; });
    });
  }

  bool somebody_before(const core::item& it) const {
    return std::any_of(keys.begin(), keys.end(), [&](const key& k) {
      return k.election == it.election && k.created < it.nobody_before;
    });
  }

  void transact(const core::send& s, core::answer& a) {
    using core::op;
    const std::int64_t next = revision + 1;
    const auto write = [&] { revision = next; };
    for (const core::item& it : s.items) {
      core::item_answer got;
      const key* own = find(it.election, s.lease);
      const std::int64_t created = own != nullptr ? own->created : 0;
      switch (s.what) {
        case op::stand:
          if (own == nullptr) {
            write();
            keys.push_back({it.election, s.lease, revision, s.lease});
            events.push_back({it.election, false, s.lease, revision, revision});
            got.applied = true;
          }
          break;
        case op::reassure:
          got.applied = created == it.create_revision && !somebody_before(it);
          break;
        case op::announce:
          got.applied = created == it.create_revision && !somebody_before(it);
          if (got.applied) write();
          break;
        case op::withdraw:
          got.applied = created == it.create_revision;
          if (got.applied && own != nullptr) {
            write();
            erase(it.election, s.lease);
          }
          break;
        default: break;
      }
      if (!got.applied && own != nullptr) {
        got.own_revision = own->created;
        got.own_lease = own->attached;
      }
      if ((s.what == op::stand && !s.together) || s.what == op::read_queue ||
          s.what == op::read_leader) {
        list(it.election, s.what == op::read_leader ? 1 : queue_limit, got, a);
      }
      a.items.push_back(got);
    }
  }

  void list(core::election_id e, std::size_t limit, core::item_answer& got, core::answer& a) const {
    std::vector<core::rival> all;
    for (const key& k : keys) {
      if (k.election == e) all.push_back({k.created, k.lease});
    }
    std::sort(all.begin(), all.end(), [](const core::rival& x, const core::rival& y) {
      return x.create_revision < y.create_revision;
    });
    got.more = all.size() > limit;
    if (got.more) all.resize(limit);
    got.first = static_cast<std::uint32_t>(a.rivals.size());
    got.count = static_cast<std::uint32_t>(all.size());
    a.rivals.insert(a.rivals.end(), all.begin(), all.end());
  }

  nanos ttl_ = 0;
};

// The message of this type that the core says; null if it says something else.
template <class Message, class Said>
const Message* message(const Said& what) {
  const Message* found = nullptr;
  std::visit(
      [&](const auto& it) {
        using held = std::decay_t<decltype(it)>;
        if constexpr (std::is_same_v<held, Message>) {
          found = &it;
        } else if constexpr (std::is_same_v<held, core::to_session> ||
                             std::is_same_v<held, core::to_candidate> ||
                             std::is_same_v<held, core::to_reader>) {
          found = message<Message>(it);
        }
      },
      what);
  return found;
}

class core_host {
 public:
  explicit core_host(const core::settings& s = {}) : m(s, choose) {}

  scripted_choices choose;
  small_etcd etcd;
  core::machine m;
  nanos now = 1000 * second;

  std::vector<core::action> told;                   // only messages
  std::map<core::election_id, std::int64_t> terms;  // fencing token of the last leadership of each
  std::vector<core::send> open;                     // requests without an answer
  std::vector<core::send> sent;                     // all of them
  std::vector<core::open_stream> streams;
  std::vector<std::uint32_t> redialled;
  std::vector<core::stream_id> closed_streams;
  std::optional<core::open_stream> stream;
  int probes = 0;
  bool finished = false;

  void feed(const core::event& e) {
    std::vector<core::action> out;
    m.apply(now, e, out);
    for (core::action& it : out) keep(it);
    if (const char* broken = m.broken_invariant(now))
      give_up(std::string("broken invariant: ") + broken);
  }

  // The user says that the work of his last leadership has stopped.
  void stop_work(core::election_id id) { feed(core::work_stopped{id, terms[id]}); }

  // The process is not run for a while.
  void freeze(nanos span) { now += span; }
  // Time passes, and the machine is woken when it wants to be; nothing is answered.
  void wait(nanos span) {
    pass(span, [] {});
  }
  // Time passes with an etcd that answers at once, and a watch that delivers.
  void run(nanos span) {
    serve_all();
    pass(span, [this] { serve_all(); });
  }

  // The oldest open request of this kind.
  const core::send* find(core::op what) const {
    const auto at =
        std::find_if(open.begin(), open.end(), [&](const core::send& s) { return s.what == what; });
    return at == open.end() ? nullptr : &*at;
  }
  // etcd executes the oldest request of this kind; the answer has not arrived yet.
  core::answer execute(core::op what) {
    const core::send* s = find(what);
    if (s == nullptr)
      give_up("no request under way of kind " + std::to_string(static_cast<int>(what)));
    return etcd.execute(*s);
  }
  // ... and arrives.
  void serve(core::op what) { arrive(execute(what)); }
  void arrive(const core::answer& a) {
    open.erase(std::remove_if(open.begin(), open.end(),
                              [&](const core::send& s) { return s.call == a.call; }),
               open.end());
    feed(a);
  }
  // It fails in this way, not executed.
  void fail(core::op what, core::outcome why) {
    const core::send* s = find(what);
    if (s == nullptr)
      give_up("no request under way of kind " + std::to_string(static_cast<int>(what)));
    core::answer a;
    a.call = s->call;
    a.what = why;
    arrive(a);
  }
  void serve_all() {
    for (int i = 0; i < 10000; ++i) {
      if (stream && !stream_up_) {
        created();
      } else if (!open.empty()) {
        arrive(etcd.execute(open.front()));
      } else if (stream && heard_ < etcd.events.size()) {
        deliver();
      } else if (stream && echo_due_) {
        echo();
      } else if (m.next_wake() <= now) {
        feed(core::woke{});  // it has more to do than fits into a turn
      } else {
        return;
      }
    }
    give_up("the machine asks for ever");
  }
  // The loop comes round until all that can be done now is done; nothing is answered.
  void turn() {
    while (m.next_wake() <= now) feed(core::woke{});
  }

  // The stream's messages.
  void created() {
    core::stream_news n;
    n.stream = stream->stream;
    n.cluster = etcd.cluster;
    n.created = true;
    stream_up_ = true;
    feed(n);
  }
  void deliver() {
    core::stream_news n;
    n.stream = stream->stream;
    n.cluster = etcd.cluster;
    for (; heard_ < etcd.events.size(); ++heard_) {
      const core::change& c = etcd.events[heard_];
      if (c.mod_revision < stream->revision || (!c.deleted && !stream->puts)) continue;
      n.changes.push_back(c);
      n.last_revision = c.mod_revision;
    }
    if (!n.changes.empty()) feed(n);
  }
  void push(const core::change& c) {
    core::stream_news n;
    n.stream = stream->stream;
    n.cluster = etcd.cluster;
    n.last_revision = c.mod_revision;
    n.changes.push_back(c);
    feed(n);
  }
  void canceled(core::outcome why, std::int64_t compact_revision = 0) {
    core::stream_news n;
    n.stream = stream->stream;
    n.cluster = etcd.cluster;
    n.canceled = true;
    n.why = why;
    n.compact_revision = compact_revision;
    feed(n);
  }
  // An answer to a probe.
  void echo() {
    core::stream_news n;
    n.stream = stream->stream;
    n.cluster = etcd.cluster;
    echo_due_ = false;
    feed(n);
  }
  void cut(core::outcome why = core::outcome::broken) {
    const core::stream_id gone = stream->stream;
    stream.reset();
    feed(core::stream_gone{gone, why});
  }
  // All that happened so far will not be heard, by any stream.
  void lose_events() {
    etcd.events.clear();
    heard_ = 0;
  }

  // What was told.
  template <class Message>
  std::size_t count() const {
    return all<Message>().size();
  }
  template <class Message>
  std::vector<Message> all() const {
    std::vector<Message> of_this_kind;
    for (const core::action& it : told) {
      if (const auto* m = message<Message>(it)) of_this_kind.push_back(*m);
    }
    return of_this_kind;
  }
  std::size_t count(core::op what) const {
    return static_cast<std::size_t>(std::count_if(
        sent.begin(), sent.end(), [&](const core::send& s) { return s.what == what; }));
  }
  // The last of its kind; a default one if there was none.
  template <class Message>
  Message last() const {
    const auto heard = all<Message>();
    return heard.empty() ? Message{} : heard.back();
  }
  core::send last(core::op what) const {
    const auto at = std::find_if(sent.rbegin(), sent.rend(),
                                 [&](const core::send& s) { return s.what == what; });
    return at == sent.rend() ? core::send{} : *at;
  }
  void forget() {
    told.clear();
    sent.clear();
    streams.clear();
  }

  core::standing standing(core::election_id e = 0) const { return m.standings().at(e).state; }
  bool leads(core::election_id e = 0) const { return standing(e) == core::standing::leading; }
  std::int64_t lease() const { return m.lease_id(); }

  // Stands, with an etcd that answers at once.
  void stand(core::election_id e = 0, bool campaign_again = true) {
    feed(core::stand{e, campaign_again});
    serve_all();
  }

 private:
  void keep(core::action& it) {
    if (auto* s = std::get_if<core::send>(&it)) {
      open.push_back(*s);
      sent.push_back(std::move(*s));
    } else if (std::holds_alternative<core::to_session>(it) ||
               std::holds_alternative<core::to_candidate>(it) ||
               std::holds_alternative<core::leader_changed>(it) ||
               std::holds_alternative<core::to_reader>(it)) {
      if (const auto* term = message<core::acquired>(it))
        terms[term->election] = term->fencing_token;
      told.push_back(std::move(it));
    } else if (auto* a = std::get_if<core::abort>(&it)) {
      open.erase(std::remove_if(open.begin(), open.end(),
                                [&](const core::send& s) { return s.call == a->call; }),
                 open.end());
    } else if (auto* o = std::get_if<core::open_stream>(&it)) {
      if (stream) give_up("a second stream is opened while there is one");
      stream = *o;
      stream_up_ = echo_due_ = false;
      streams.push_back(*o);
      // Anew from the first event: a test may have taken some away.
      const auto& all = etcd.events;
      const auto from = std::find_if(all.begin(), all.end(), [&](const core::change& c) {
        return c.mod_revision >= o->revision;
      });
      heard_ = static_cast<std::size_t>(from - all.begin());
    } else if (std::get_if<core::probe_stream>(&it) != nullptr) {
      ++probes;
      echo_due_ = true;
    } else if (auto* c = std::get_if<core::close_stream>(&it)) {
      closed_streams.push_back(c->stream);
      if (stream && stream->stream == c->stream) stream.reset();
    } else if (auto* r = std::get_if<core::redial>(&it)) {
      redialled.push_back(r->endpoint);
    } else {
      finished = true;
    }
  }

  template <class Each>
  void pass(nanos span, Each each) {
    const nanos end = now + span;
    for (int wakes = 0; m.next_wake() <= end; ++wakes) {
      if (wakes > 100000) give_up("the machine wants to be woken for ever");
      now = std::max(now, m.next_wake());
      feed(core::woke{});
      each();
    }
    now = end;
  }

  bool stream_up_ = false;
  bool echo_due_ = false;
  std::size_t heard_ = 0;
};

}  // namespace tenure::test
