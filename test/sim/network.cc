#include "network.hpp"

#include <algorithm>

#include "world.hpp"

namespace sim {

using tenure::core::op;
using tenure::core::outcome;

void network::reset(world& w) {
  w_ = &w;
  members_ = w.opt.members;
  serial_ = 0;
  hold_opens_until = 0;
  calls_.clear();
  streams_.clear();
  messages_.clear();
  open_calls_.clear();
  open_streams_.clear();
  paths_.assign(w.opt.processes * members_, path());
  tokens_.assign(w.opt.processes, 0);
}

nanos network::delay() {
  if (w_->opt.small) return millisecond;
  if (w_->handing_over && w_->of_network.chance(300))
    return w_->of_network.between(0, 6 * w_->opt.usual_delay);
  const nanos usual = w_->of_network.between(w_->opt.usual_delay / 8, w_->opt.usual_delay * 2);
  if (w_->calm || !w_->of_network.chance(w_->opt.slow)) return usual;
  return w_->of_network.between(0, w_->opt.slowest);
}

void network::send(std::size_t process, std::uint32_t life, const tenure::core::send& s,
                   std::uint64_t token) {
  const options& o = w_->opt;
  stream& r = w_->of_network;
  const std::size_t slot = calls_.take();
  call& c = calls_[slot];
  c.serial = ++serial_;
  c.process = static_cast<std::uint32_t>(process);
  c.life = life;
  c.waited_for = true;
  c.answers = true;
  c.executed = c.half = c.reset_after = false;
  c.answer_later = 0;
  c.sent = w_->now;
  // What a server still has of a request that its client gave up is executed soon or never.
  c.latest = w_->now + s.timeout * 19 / 10;
  c.server_deadline = 0;
  c.token = token;
  c.what = s;
  c.reply().term = c.reply().cluster = 0;
  c.reply().revision = c.reply().ttl = 0;
  open_calls_.push_back(slot);
  if (!w_->cluster.at(s.endpoint).up) {
    reply(slot, outcome::not_sent, delay());
    return;
  }
  nanos arrives = w_->now + delay();
  const path& p = between(process, s.endpoint);
  if (w_->now >= p.late && arrives < p.out_until) {
    if (r.chance(500)) {
      c.answers = false;
      return;
    }
    arrives = p.out_until + delay();  // sent again by TCP when the path is back
  }
  if (o.small) {
    switch (small_fate(process)) {
      case fate::lost: c.answers = false; return;
      case fate::unanswered: c.answers = false; break;
      case fate::too_late: arrives += s.timeout * 3 / 2; break;
      case fate::slow: c.answer_later = s.timeout * 3 / 4; break;
      case fate::overtaken: c.answer_later = overtaken; break;
      case fate::well: break;
    }
  } else if (!w_->calm) {
    if (r.chance(o.lost_request) || (!s.items.empty() && r.chance(o.large_lost))) {
      c.answers = false;
      return;
    }
    if (r.chance(o.lost_reply)) c.answers = false;
    if (r.chance(o.reset)) {
      if (r.chance(500)) {
        reply(slot, outcome::broken, delay());
        return;
      }
      c.reset_after = true;
    }
    if (r.chance(o.half)) c.half = true;
    if (r.chance(o.duplicate)) {
      // A reused connection dies before the first byte of an answer, and curl sends the same bytes
      // once more on another: what was on the first may be executed as well, but not after the
      // answer that we get.
      const std::size_t twin = calls_.take();
      call& d = calls_[twin];
      d = calls_[slot];
      d.serial = ++serial_;
      d.waited_for = d.answers = false;
      w_->agenda.push(arrives, happening::request, twin, 0, d.serial);
      arrives += r.between(0, s.timeout / 2);
    }
  }
  w_->agenda.push(std::min(arrives, c.latest), happening::request, slot, 0, c.serial);
}

// One choice decides all of a request's.
network::fate network::small_fate(std::size_t process) {
  if (!w_->small_choices()) return fate::well;
  constexpr fate all[] = {fate::well,     fate::lost, fate::unanswered,
                          fate::too_late, fate::slow, fate::overtaken};
  constexpr fate of_leader[] = {fate::well, fate::slow, fate::lost};
  constexpr fate orders[] = {fate::well, fate::overtaken};
  switch (w_->opt.choices) {
    case menu::all: return w_->of_network.one_of(all);
    case menu::leader: return process == 0 ? w_->of_network.one_of(of_leader) : fate::well;
    default: return w_->of_network.one_of(orders);
  }
}

void network::release(std::size_t slot) {
  calls_[slot].serial = 0;
  calls_[slot].waited_for = false;
  calls_.give(slot);
}

void network::reply(std::size_t slot, outcome what, nanos after) {
  call& c = calls_[slot];
  c.reply().call = c.what.call;
  c.reply().what = what;
  if (what != outcome::ok) {
    c.reply().items.clear();
    c.reply().rivals.clear();
    if (what != outcome::auth_off) c.reply().cluster = 0;
  }
  c.executed = true;
  nanos arrives = w_->now + after + c.answer_later;
  const path& p = between(c.process, c.what.endpoint);
  if (w_->now < p.late) {
    arrives = std::max(arrives, p.late);
  } else if (arrives < p.in_until) {
    if (w_->of_network.chance(500)) return;
    arrives = p.in_until + delay();
  }
  w_->agenda.push(arrives, happening::reply, slot, 0, c.serial);
}

void network::request_arrives(const event& e) {
  const std::size_t slot = e.a;
  call& c = calls_[slot];
  if (c.serial != e.c) return;
  if (c.server_deadline == 0) c.server_deadline = w_->now + c.what.timeout / 10 * 9;
  if (w_->now > c.latest) {
    if (!c.waited_for) release(slot);
    return;
  }
  nanos again = 0;
  const serve how = w_->cluster.request(c.process, c.what.endpoint, c.what, c.sent,
                                        c.server_deadline, c.token, c.reply(), again);
  if (how == serve::later) {
    w_->agenda.push(again, happening::request, slot, 0, c.serial);
    return;
  }
  outcome what = how == serve::broken ? outcome::broken : c.reply().what;
  if (w_->traced()) {
    w_->note("p%u %s #%llu at member %u: %s, revision %lld term %llu", c.process,
             tell_op(c.what.what), static_cast<unsigned long long>(c.what.call), c.what.endpoint,
             tell_outcome(what), static_cast<long long>(c.reply().revision),
             static_cast<unsigned long long>(c.reply().term));
  }
  w_->mix(static_cast<std::uint64_t>(c.reply().revision) << 8 | static_cast<std::uint64_t>(what));
  if (what == outcome::ok && !c.what.items.empty() && !w_->calm &&
      w_->of_faults.chance(w_->opt.meddling)) {
    const bool heard = c.answers && !c.half && !c.reset_after;
    if (heard) c.answer_later = w_->of_faults.between(0, c.what.timeout);
    w_->meddle(c.what, heard);
  }
  if (!c.answers) {
    if (!c.waited_for) release(slot);
    return;
  }
  // Heard when the watch is open again, and says that it has lost what came meanwhile.
  if (w_->now < hold_opens_until && c.what.what == op::stand && w_->of_network.chance(500)) {
    c.answer_later = hold_opens_until - w_->now + 90 * millisecond +
                     w_->of_network.between(0, 12 * w_->opt.usual_delay);
  }
  if (!w_->calm && w_->of_network.chance(w_->opt.no_term)) c.reply().term = 0;
  // (That a lease is gone is believed of the first who says so under a term that counts.)
  if (c.what.what != op::keepalive || c.reply().ttl != 0)
    c.reply().term = w_->cluster.told_term(c.what.endpoint, c.process, c.reply().term);
  if (c.half) what = outcome::bad_answer;
  if (c.reset_after) what = outcome::broken;
  if (what == outcome::ok && c.what.what == op::authenticate) c.token = w_->cluster.token();
  reply(slot, what, delay());
}

void network::reply_arrives(const event& e) {
  const std::size_t slot = e.a;
  call& c = calls_[slot];
  if (c.serial != e.c) return;
  if (!c.waited_for) {
    release(slot);
    return;
  }
  process& p = w_->processes[c.process];
  if (p.held_until() > w_->now) {
    w_->agenda.again(e, p.held_until());
    return;
  }
  open_calls_.erase(std::find(open_calls_.begin(), open_calls_.end(), slot));
  if (c.what.what == op::authenticate)
    tokens_[c.process] = c.reply().what == outcome::ok ? c.token : 0;
  if (w_->traced()) {
    w_->note("p%u <- %s #%llu: %s, term %llu, %lld ms after its sending", c.process,
             tell_op(c.what.what), static_cast<unsigned long long>(c.what.call),
             tell_outcome(c.reply().what), static_cast<unsigned long long>(c.reply().term),
             static_cast<long long>((w_->now - c.sent) / millisecond));
  }
  if (c.what.what == op::withdraw &&
      (c.reply().what == outcome::ok || c.reply().what == outcome::permission_denied))
    w_->checker.withdrawal_heard(c.process, c.what.lease, c.reply().what == outcome::ok);
  c.waited_for = false;
  p.learns(c.what, c.reply(), p.local_at(c.sent));
  p.heard(c.heard);
  release(slot);
}

void network::abort(std::size_t process, tenure::core::call_id id) {
  for (std::size_t i = 0; i < open_calls_.size(); ++i) {
    const std::size_t slot = open_calls_[i];
    call& c = calls_[slot];
    if (c.process != process || c.what.call != id || c.life != w_->processes[process].life())
      continue;
    c.waited_for = false;
    open_calls_.erase(open_calls_.begin() + static_cast<std::ptrdiff_t>(i));
    return;
  }
}

void network::forget(std::size_t process) {
  for (std::size_t i = 0; i < open_calls_.size();) {
    call& c = calls_[open_calls_[i]];
    if (c.process != process) {
      ++i;
      continue;
    }
    c.waited_for = false;
    open_calls_.erase(open_calls_.begin() + static_cast<std::ptrdiff_t>(i));
  }
  for (const std::size_t at : std::vector<std::size_t>(open_streams_)) {
    if (streams_[at].process == process) close(at);
  }
  tokens_[process] = 0;
}

bool network::idle(std::size_t process) const {
  for (const std::size_t at : open_calls_) {
    if (calls_[at].process == process) return false;
  }
  for (const std::size_t at : open_streams_) {
    if (streams_[at].process == process && streams_[at].client_open) return false;
  }
  return true;
}

void network::hole(std::size_t process, std::size_t member, bool out, bool in, nanos until) {
  path& p = between(process, member);
  if (out) p.out_until = std::max(p.out_until, until);
  if (in) p.in_until = std::max(p.in_until, until);
}

void network::late_last(std::size_t process, std::size_t member, nanos late, nanos until) {
  hole(process, member, true, true, until);
  between(process, member).late = late;
}

void network::calm_down() {
  for (path& p : paths_) p.out_until = p.in_until = p.late = 0;
  broken_ = 0;
  // Connections that went silent are found dead.
  for (const std::size_t at : std::vector<std::size_t>(open_streams_)) {
    if (streams_[at].silent) end(at, outcome::broken, 0);
  }
}

}  // namespace sim
