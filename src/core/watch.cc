#include "core/watch.hpp"

#include <algorithm>

namespace tenure::core {

void watch::want(bool wanted, bool puts, std::vector<action>& out) {
  if (wanted == wanted_ && puts == puts_) return;
  // A stream without puts cannot be given puts later, so it is opened anew. One with puts is kept.
  const bool reopen = puts && !puts_;
  wanted_ = wanted;
  puts_ = puts || (puts_ && wanted);
  if (!wanted || reopen) stop(out);
  if (wanted && state_ == state::closed) act_at_ = earliest();
  if (!wanted) act_at_ = never;
}

void watch::ask_after(nanos silence) {
  if (state_ == state::open && two_way_ && !probing_) act_at_ += silence - silence_;
  silence_ = silence;
}

bool watch::learned(std::int64_t revision, nanos sent) {
  known_ = std::max(known_, revision);
  known_at_ = std::max(known_at_, sent);
  if (resume_ != 0) return false;
  resume_ = revision + 1;
  if (wanted_ && state_ == state::closed) act_at_ = earliest();
  return true;
}

bool watch::advance(std::int64_t next) {
  if (next <= resume_) return false;
  resume_ = next;
  futile_ = 0;
  return true;
}

void watch::look_failed(nanos now, const timings& t, choices& choose) {
  if (due(now)) act_at_ = backoff_.failed(now, t.retry_delay, choose);
}

void watch::reset(std::vector<action>& out) {
  stop(out);
  resume_ = known_ = gap_ = 0;
  known_at_ = 0;
  futile_ = 0;
}

// Too far back, or it was asked for before and brought nothing: what lies there may be more than
// can be sent. All is read anew instead.
void watch::skip() {
  if (known_ - resume_ < near && futile_ < 2) return;
  if (known_ < resume_) return;
  gap_ = known_ + 1;
  advance(gap_);
}

void watch::start(nanos now, const timings& t, const endpoints& nodes, std::vector<action>& out) {
  auto chosen = nodes.pick(now, tried_);
  if (!chosen) {
    tried_ = 0;
    chosen = nodes.pick(now, tried_);
  }
  skip();
  endpoint_ = *chosen;
  tried_ |= endpoint_set{1} << endpoint_;
  stream_ = next_stream_++;
  state_ = state::opening;
  opened_at_ = now;
  act_at_ = now + t.request_timeout;
  probing_ = false;
  out.emplace_back(open_stream{stream_, endpoint_, resume_, two_way_, puts_});
}

void watch::stop(std::vector<action>& out) {
  if (state_ != state::closed) out.emplace_back(close_stream{stream_});
  state_ = state::closed;
  stream_ = 0;
  act_at_ = wanted_ ? earliest() : never;
}

// A stream that ends right after its creation is no success.
void watch::lived(nanos now, const timings& t) {
  if (state_ != state::open || now < opened_at_ + t.retry_delay) return;
  tried_ = 0;
  backoff_.succeeded();
}

// The endpoint failed. Another is tried: at once while there are untried ones, then after a pause.
void watch::fail(nanos now, const timings& t, endpoints& nodes, choices& choose, outcome why,
                 std::vector<action>& out) {
  out.emplace_back(to_session(trouble{op::watch, why, endpoint_}));
  ++faults_;
  lived(now, t);
  if (state_ == state::open) ++futile_;
  state_ = state::closed;
  stream_ = 0;
  if ((nodes.live() & ~tried_) != 0) {
    act_at_ = now;
    return;
  }
  tried_ = 0;
  act_at_ = backoff_.failed(now, t.retry_delay, choose);
}

watch::effect watch::heard(nanos now, const timings& t, const stream_news& n, endpoints& nodes,
                           choices& choose, std::vector<action>& out) {
  if (n.stream != stream_ || state_ == state::closed) return effect::stale;
  if (n.canceled) {
    // After a cancel the HTTP stream stays open and silent. We have to close it.
    out.emplace_back(close_stream{stream_});
    if (n.compact_revision > resume_) {
      state_ = state::closed;
      stream_ = 0;
      resume_ = n.compact_revision;
      act_at_ = anew_.again(now, t.retry_delay, choose);
      return effect::compacted;
    }
    if (n.compact_revision > 0) {
      fail(now, t, nodes, choose, n.why, out);
      return effect::compacted;
    }
    fail(now, t, nodes, choose, n.why, out);
    return n.why == outcome::token_invalid ? effect::token : effect::none;
  }
  if (n.created || n.last_revision > 0) {
    state_ = state::open;
  } else if (state_ == state::open && two_way_) {
    ever_echoed_ = true;  // a progress answer: the upload gets through
  }
  probing_ = false;
  act_at_ = now + (two_way_ ? silence_ : t.ttl / 2);
  if (n.last_revision == 0) return effect::none;
  // If the rest never comes, the whole message is asked for again.
  if (!n.partial) advance(n.last_revision + 1);
  return effect::deliver;
}

bool watch::gone(nanos now, const timings& t, const stream_gone& g, endpoints& nodes,
                 choices& choose, std::vector<action>& out) {
  if (g.stream != stream_ || state_ == state::closed) return false;
  fail(now, t, nodes, choose, g.why, out);
  return true;
}

nanos watch::tick(nanos now, const timings& t, endpoints& nodes, choices& choose,
                  std::vector<action>& out) {
  if (!wanted_ || resume_ == 0) return never;
  if (must_look(now, t)) return never;
  if (now >= act_at_) act(now, t, nodes, choose, out);
  return act_at_;
}

void watch::act(nanos now, const timings& t, endpoints& nodes, choices& choose,
                std::vector<action>& out) {
  if (state_ == state::closed) {
    start(now, t, nodes, out);
    return;
  }
  if (state_ == state::open && two_way_ && !probing_) {
    probing_ = true;
    act_at_ = now + t.request_timeout;
    out.emplace_back(probe_stream{stream_});
    return;
  }
  // The stream is silent. It was not created in time, or gave no sign of life after a probe. Or it
  // is a one-way stream, and has to be renewed.
  out.emplace_back(close_stream{stream_});
  const bool renewal = state_ == state::open && !two_way_;
  // A proxy may hold back a request body that does not end. Then each watch gets a request of its
  // own.
  if (!renewal && !ever_echoed_) two_way_ = !two_way_;
  if (renewal) {
    lived(now, t);
    state_ = state::closed;
    act_at_ = now;
  } else {
    nodes.failed(endpoint_, now, t.retry_delay);
    fail(now, t, nodes, choose, outcome::timed_out, out);
  }
}

}  // namespace tenure::core
