// The network's watch streams: each is in order, and says nothing when it is dead.
#include <algorithm>

#include "network.hpp"
#include "world.hpp"

namespace sim {

using tenure::core::outcome;

std::size_t network::open(std::size_t process, std::uint32_t life,
                          const tenure::core::open_stream& s, std::uint64_t token) {
  const std::size_t slot = streams_.take();
  watcher& t = streams_[slot];
  t = {};
  t.serial = ++serial_;
  t.process = static_cast<std::uint32_t>(process);
  t.life = life;
  t.member = s.endpoint;
  t.id = s.stream;
  t.cursor = s.revision;
  t.token = token;
  t.puts = s.puts;
  t.two_way = s.two_way;
  t.client_open = true;
  t.last_arrival = w_->now;
  open_streams_.push_back(slot);
  if (!w_->cluster.at(s.endpoint).up) {
    end(slot, outcome::not_sent, delay());
    return slot;
  }
  if (w_->now < between(process, s.endpoint).out_until || (s.two_way && !w_->opt.two_way)) {
    t.silent = true;
    return slot;
  }
  if (w_->small_choices() && w_->opt.choices == menu::all && w_->of_network.below(2) == 1) {
    t.silent = true;
    return slot;
  }
  w_->agenda.push(w_->now + delay(), happening::stream_open, slot, 0, t.serial);
  return slot;
}

void network::close(std::size_t slot) {
  watcher& t = streams_[slot];
  if (!t.client_open) return;
  t.serial = 0;
  t.client_open = t.server_open = false;
  open_streams_.erase(std::find(open_streams_.begin(), open_streams_.end(), slot));
  streams_.give(slot);
}

void network::probe(std::size_t slot) {
  watcher& t = streams_[slot];
  if (t.silent || !t.client_open) return;
  if (w_->now < between(t.process, t.member).out_until) return;
  w_->agenda.push(w_->now + delay(), happening::stream_probe, slot, 0, t.serial);
}

std::size_t network::new_message(std::size_t stream) {
  const std::size_t slot = messages_.take();
  message& m = messages_[slot];
  m.stream = stream;
  m.serial = streams_[stream].serial;
  m.news().changes.clear();
  m.news().stream = streams_[stream].id;
  m.news().cluster = w_->cluster.id_at(streams_[stream].member);
  m.news().term = w_->cluster.at(streams_[stream].member).term;
  m.news().created = m.news().canceled = m.news().partial = false;
  m.news().why = outcome::unavailable;
  m.news().compact_revision = m.news().last_revision = 0;
  return slot;
}

void network::post(std::size_t message, nanos after) {
  watcher& t = streams_[messages_[message].stream];
  if (w_->small_choices() && w_->opt.choices == menu::orders &&
      messages_[message].news().last_revision != 0) {
    after += overtaken * static_cast<nanos>(w_->of_network.below(2));
  }
  nanos arrives = std::max(w_->now + after, t.last_arrival);
  const path& p = between(t.process, t.member);
  if (!t.silent && arrives < p.in_until) {
    if (w_->of_network.chance(500)) {
      t.silent = true;  // the connection does not survive it, and nobody says so
    } else {
      arrives = p.in_until + delay();
    }
  }
  if (t.silent) {
    messages_.give(message);
    return;
  }
  t.last_arrival = arrives;
  w_->agenda.push(arrives, happening::stream_news, message, 0, messages_[message].serial);
  if (!w_->calm && t.server_open && w_->of_network.chance(w_->opt.reset))
    end(messages_[message].stream, outcome::broken, 0);
}

// A long message is handed to the core in parts; its connection can break between them.
void network::post_in_parts(std::size_t message) {
  tenure::core::stream_news& whole = messages_[message].news();
  const std::size_t stream = messages_[message].stream;
  const std::uint32_t whose = 1U << streams_[stream].process;
  const bool breaks = w_->breaking && (broken_ & whose) == 0;
  bool cut = false;
  while (whole.changes.size() > 1 && !cut && w_->of_network.chance(breaks ? 500 : 300)) {
    const auto length =
        static_cast<std::ptrdiff_t>(1 + w_->of_network.index(whole.changes.size() - 1));
    const std::size_t slot = new_message(stream);
    tenure::core::stream_news& part = messages_[slot].news();
    part.changes.assign(whole.changes.begin(), whole.changes.begin() + length);
    part.last_revision = part.changes.back().mod_revision;
    part.partial = true;
    whole.changes.erase(whole.changes.begin(), whole.changes.begin() + length);
    post(slot, delay());
    cut = breaks || (!w_->calm && w_->of_network.chance(200));
  }
  if (!cut) {
    post(message, delay());
    return;
  }
  broken_ |= whose;
  messages_.give(message);
  if (streams_[stream].server_open) end(stream, outcome::broken, 0);
}

void network::end(std::size_t stream, outcome why, nanos after) {
  watcher& t = streams_[stream];
  t.server_open = false;
  if (t.silent && !w_->calm) return;
  t.last_arrival = std::max(w_->now + after, t.last_arrival);
  w_->agenda.push(t.last_arrival, happening::stream_end, stream, static_cast<std::size_t>(why),
                  t.serial);
}

void network::stream_opens(const event& e) {
  watcher& t = streams_[e.a];
  if (t.serial != e.c) return;
  const member& m = w_->cluster.at(t.member);
  if (!m.up) {
    end(e.a, outcome::broken, delay());
    return;
  }
  if (w_->now < std::max(m.frozen_until, hold_opens_until)) {
    w_->agenda.again(e, std::max(m.frozen_until, hold_opens_until) + millisecond);
    return;
  }
  if (w_->cluster.knows_no_leader(t.member)) {
    end(e.a, outcome::unavailable, delay());
    return;
  }
  const std::size_t created = new_message(e.a);
  messages_[created].news().created = true;
  if (w_->opt.auth && !w_->opt.auth_off && t.token != w_->cluster.token()) {
    messages_[created].news().canceled = true;
    messages_[created].news().why = outcome::token_invalid;
    post(created, delay());
    return;
  }
  const bool echo_first = w_->of_network.chance(300);
  if (echo_first) post(new_message(e.a), delay());
  post(created, delay());
  if (!echo_first) post(new_message(e.a), delay());
  t.server_open = true;
  if (t.cursor < w_->cluster.store.compacted) {
    const std::size_t refused = new_message(e.a);
    messages_[refused].news().canceled = true;
    messages_[refused].news().why = outcome::compacted;
    messages_[refused].news().compact_revision = w_->cluster.store.compacted;
    t.server_open = false;
    post(refused, 85 * millisecond);
    return;
  }
  flush_one(e.a);
  if (m.cut) w_->agenda.push(w_->now + 4 * second, happening::stream_cut, e.a, 0, t.serial);
}

void network::stream_probed(const event& e) {
  watcher& t = streams_[e.a];
  if (t.serial != e.c || !t.server_open) return;
  const member& m = w_->cluster.at(t.member);
  if (w_->now < m.frozen_until) {
    w_->agenda.again(e, m.frozen_until + millisecond);
    return;
  }
  if (m.up) post(new_message(e.a), delay());  // also a deposed member answers
}

// A member without a leader ends its watches after a while; a deposed one does not know that it
// should.
void network::stream_cut(const event& e) {
  watcher& t = streams_[e.a];
  if (t.serial != e.c || !t.server_open) return;
  const member& m = w_->cluster.at(t.member);
  if (!m.cut || m.zombie || m.beside_zombie) return;
  const std::size_t last = new_message(e.a);
  messages_[last].news().canceled = true;
  t.server_open = false;
  post(last, delay());
}

void network::flush(std::size_t member) {
  for (std::size_t i = 0; i < open_streams_.size(); ++i) {
    const std::size_t at = open_streams_[i];
    if (streams_[at].member == member && streams_[at].server_open) flush_one(at);
  }
}

void network::flush_one(std::size_t stream) {
  watcher& t = streams_[stream];
  const store& s = w_->cluster.store;
  const std::int64_t applied = w_->cluster.at(t.member).applied;
  if (t.cursor > applied) return;
  std::size_t message = static_cast<std::size_t>(-1);
  for (std::size_t i = s.first_record(t.cursor);
       i < s.history.size() && s.history[i].revision <= applied; ++i) {
    const record& r = s.history[i];
    if (!r.deleted && !t.puts) continue;
    // etcd 3.4 can lose an event when it is compacted (etcd#18089).
    if (r.hidden && !w_->calm) continue;
    if (r.deleted && s.compacted + 3 > r.revision && !w_->calm &&
        w_->of_cluster.chance(w_->opt.lost_delete)) {
      w_->note("etcd: swallows the delete of revision %lld for p%u",
               static_cast<long long>(r.revision), t.process);
      continue;
    }
    if (message == static_cast<std::size_t>(-1)) message = new_message(stream);
    auto& news = messages_[message].news();
    news.last_revision = std::max(news.last_revision, r.revision);
    news.changes.push_back({r.election, r.deleted, r.name, r.deleted ? 0 : r.create, r.revision});
  }
  t.cursor = applied + 1;
  if (message != static_cast<std::size_t>(-1)) post_in_parts(message);
}

void network::member_down(std::size_t member) {
  for (std::size_t i = 0; i < open_streams_.size(); ++i) {
    const std::size_t at = open_streams_[i];
    if (streams_[at].member == member && streams_[at].server_open)
      end(at, outcome::broken, delay());
  }
}

void network::member_cut(std::size_t member) {
  for (std::size_t i = 0; i < open_streams_.size(); ++i) {
    const std::size_t at = open_streams_[i];
    if (streams_[at].member != member || !streams_[at].server_open) continue;
    w_->agenda.push(w_->now + 4 * second, happening::stream_cut, at, 0, streams_[at].serial);
  }
}

void network::news_arrives(const event& e) {
  message& m = messages_[e.a];
  watcher& t = streams_[m.stream];
  if (t.serial != e.c || !t.client_open) {
    messages_.give(e.a);
    return;
  }
  process& p = w_->processes[t.process];
  if (p.held_until() > w_->now) {
    w_->agenda.again(e, p.held_until());
    return;
  }
  if (w_->traced()) {
    w_->note("p%u <- watch %llu%s%s%s, to revision %lld", t.process,
             static_cast<unsigned long long>(t.id), m.news().created ? " created" : "",
             m.news().canceled ? " canceled" : "", m.news().partial ? " in part" : "",
             static_cast<long long>(m.news().last_revision));
  }
  p.learns(m.news());
  p.heard(m.heard);
  messages_.give(e.a);
}

void network::stream_ends(const event& e) {
  watcher& t = streams_[e.a];
  if (t.serial != e.c || !t.client_open) return;
  process& p = w_->processes[t.process];
  if (p.held_until() > w_->now) {
    w_->agenda.again(e, p.held_until());
    return;
  }
  const tenure::core::stream_gone gone{t.id, static_cast<outcome>(e.b)};
  w_->note("p%u <- watch %llu ends: %s", t.process, static_cast<unsigned long long>(t.id),
           tell_outcome(gone.why));
  close(e.a);
  p.stream_ended(e.a);
  p.heard(gone);
}

}  // namespace sim
