// What the core wants done, carried out; and what the transport heard, brought back.
#include <algorithm>
#include <utility>

#include "base/clock.hpp"
#include "etcd/request.hpp"
#include "session/session_impl.hpp"
#include "wire/names.hpp"

namespace tenure::detail {

namespace {

// A watch message is bounded by what etcd sends of one application's deletes; values of puts are in
// it.
constexpr std::size_t longest_document = 16u << 20;
// How much of it is looked at in one piece of work; and how much at once, before the loop goes
// round.
constexpr std::size_t longest_part = 4u << 10;
constexpr std::size_t short_part = 1u << 10;
// Larger answers are understood in a piece of work of their own, not in the one that received them.
constexpr std::size_t long_answer = 1u << 10;

}  // namespace

void session_impl::perform() {
  // Carrying out may feed the core again: take the list first.
  std::vector<core::action> now;
  now.swap(actions_);
  for (core::action& it : now) {
    if (auto* s = std::get_if<core::send>(&it)) {
      perform(*s);
    } else if (auto* t = std::get_if<core::tell>(&it)) {
      tell_news(*t);
    } else if (auto* a = std::get_if<core::abort>(&it)) {
      transport_.abort(a->call);
      calls_.erase(a->call);
    } else if (auto* o = std::get_if<core::open_stream>(&it)) {
      perform(*o);
    } else if (auto* p = std::get_if<core::probe_stream>(&it)) {
      std::string body;
      etcd::watch_progress(body);
      transport_.write_stream(p->stream, body);
    } else if (auto* c = std::get_if<core::close_stream>(&it)) {
      transport_.close_stream(c->stream);
      if (c->stream == stream_) framing_.reset();
    } else {
      tear_down();
      return;
    }
  }
  now.clear();
  if (actions_.empty()) actions_.swap(now);  // keeps its memory
  if (!deadline_.move(machine_->belief())) apply(core::expired{});
}

void session_impl::perform(core::send& s) {
  calls_.emplace(s.call, wire::expected(s));
  wire::http_request r =
      encoder_.encode(s, std::chrono::system_clock::now(),
                      key_reader_ != nullptr ? key_reader_->next_key() : std::string_view());
  // The server gives up a little before we do, so that nothing of it is applied long after.
  const auto limit =
      std::chrono::duration_cast<milliseconds>(std::chrono::nanoseconds(s.timeout / 10 * 9));
  // etcd refuses even a login that carries a token which has run out.
  const std::string_view token =
      s.what == core::op::authenticate ? std::string_view() : std::string_view(token_);
  transport_.send(s.call, s.endpoint, r.path, std::move(r.body), token,
                  std::max(limit, milliseconds(1)));
}

void session_impl::perform(const core::open_stream& s) {
  stream_ = s.stream;
  stream_endpoint_ = s.endpoint;
  framing_ = std::make_unique<etcd::framing>(longest_document, longest_part);
  forget_backlog();
  transport_.open_stream(s.stream, s.endpoint, etcd::path_watch, encoder_.watch(s), token_,
                         s.two_way);
  if (log_.heard()) {
    log_(log_level::debug, "watch_opening", "opening the watch",
         {{"endpoint", options_.endpoints[s.endpoint]}, {"revision", std::to_string(s.revision)}});
  }
}

void session_impl::replied(std::uint64_t call, net::reply&& reply) {
  if (reply.body.size() <= long_answer) {
    understand(call, reply);
  } else {
    post([this, call, reply = std::move(reply)] { understand(call, reply); });
  }
}

void session_impl::understand(std::uint64_t call, const net::reply& reply) {
  if (finished_ || forked()) return;
  const auto at = calls_.find(call);
  if (at == calls_.end()) return;
  const wire::expected asked = std::move(at->second);
  calls_.erase(at);
  wire::decoded heard = decoder_.decode(call, asked, reply);
  if (asked.what == core::op::authenticate) token_ = std::move(heard.token);
  failure_ = std::move(heard.failure);
  page_ = std::move(heard.page);
  leaders_ = std::move(heard.leaders);
  if (failure_ && log_.heard()) log_(log_level::debug, "request_failed", failure_.message);
  apply(heard.answer);
  failure_ = {};
  page_.clear();
  leaders_.clear();
}

void session_impl::streamed(std::uint64_t stream, std::string_view bytes) {
  if (finished_ || forked() || stream != stream_ || !framing_) return;
  const bool begun = !backlog_.empty();
  if (backlog_read_ > backlog_.size() / 2) {
    backlog_.erase(0, backlog_read_);
    backlog_read_ = 0;
  }
  backlog_.append(bytes);
  if (!begun && backlog_.size() <= short_part) {
    read_backlog(stream);
  } else if (!begun) {
    post([this, stream] { read_backlog(stream); });
  } else if (backlog_.size() - backlog_read_ > longest_document) {
    failure_ =
        report_.watch_broke(stream_endpoint_, errc::bad_answer, "it sends more than can be read");
    break_stream(stream);
    failure_ = {};
  }
}

void session_impl::break_stream(std::uint64_t stream) {
  transport_.close_stream(stream);
  framing_.reset();
  forget_backlog();
  apply(core::stream_gone{stream, core::outcome::bad_answer});
}

// A slice a turn: one message can tell of ten thousand deletes.
void session_impl::read_backlog(std::uint64_t stream) {
  if (finished_ || forked() || stream != stream_ || !framing_) return;
  const std::string_view bytes = std::string_view(backlog_).substr(backlog_read_, longest_part);
  backlog_read_ += bytes.size();
  std::vector<wire::watch_heard> heard;
  bool sound = true;
  const bool fed = framing_->feed(bytes, [&](std::string_view document) {
    wire::watch_heard m;
    sound = watch_decoder_.message(stream, stream_endpoint_, document, m);
    m.news.partial = framing_->partial();
    if (m.failure) failure_ = m.failure;
    if (sound) heard.push_back(std::move(m));
    return sound;
  });
  // What is heard first may end the stream.
  for (wire::watch_heard& m : heard) {
    changes_ = std::move(m.events);
    apply(m.news);
  }
  changes_.clear();
  if ((!fed || !sound) && stream == stream_ && framing_) break_stream(stream);
  failure_ = {};
  if (stream != stream_ || !framing_) return;
  if (backlog_read_ < backlog_.size()) {
    post([this, stream] { read_backlog(stream); });
    return;
  }
  forget_backlog();
}

void session_impl::forget_backlog() {
  backlog_read_ = 0;
  if (backlog_.capacity() > longest_part) {
    std::string().swap(backlog_);
  } else {
    backlog_.clear();
  }
}

void session_impl::stream_ended(std::uint64_t stream, net::reply&& last) {
  if (finished_ || forked() || stream != stream_) return;
  framing_.reset();
  wire::watch_over over = watch_decoder_.end(stream, stream_endpoint_, last);
  failure_ = std::move(over.failure);
  apply(over.gone);
  failure_ = {};
}

error session_impl::last_failure(const core::tell& t) const {
  const bool of_an_answer =
      t.why != core::outcome::timed_out && t.why != core::outcome::wrong_cluster;
  if (failure_ && of_an_answer) return failure_;
  return report_.failed(t.request, static_cast<std::uint32_t>(t.value), t.why);
}

void session_impl::tell_news(const core::tell& t) {
  const auto span = std::chrono::nanoseconds(t.time);
  // Looked up when it is called: the handle may be gone by then.
  const auto to = [this](auto session_events::*member, auto... what) {
    if (!(events_.*member)) return;
    post([this, member, what...] {
      if (!silent_) (events_.*member)(what...);
    });
  };
  switch (t.what) {
    case core::news::granted:
      log_(log_level::info, "lease_granted", "a lease was granted",
           {{"lease", names::key("", t.value).substr(1)},
            {"ttl_s", std::to_string(t.time / core::second)}});
      to(&session_events::granted, t.value, std::chrono::duration_cast<milliseconds>(span));
      break;
    case core::news::lease_lost: {
      const error e{errc::lease_gone,
                    std::string(text(wire::to_reason(t.why_lost))) + "; " + *evidence(), 0};
      log_(log_level::warning, "lease_gone", e.message);
      to(&session_events::lost, e);
      break;
    }
    case core::news::jeopardy:
      log_(log_level::warning, "jeopardy", "renewals do not come through",
           {{"left_ms", std::to_string(t.time / core::millisecond)}});
      to(&session_events::jeopardy, span);
      break;
    case core::news::cancelled_all: deadline_.end(wire::to_reason(t.why_lost)); break;
    case core::news::safe:
      log_(log_level::info, "safe", "renewals come through again");
      to(&session_events::safe);
      break;
    case core::news::stalled:
      log_(log_level::warning, "stalled", "the loop was late",
           {{"late_ms", std::to_string(t.time / core::millisecond)}});
      to(&session_events::stalled, span);
      break;
    case core::news::refused_timings: {
      std::string why;
      (void)core::check(core::resolve(machine_->asked(), t.time), why);
      const error e{errc::unsafe_timing, "etcd granted another TTL than the one asked for: " + why,
                    0};
      log_(log_level::error, "unsafe_timing", e.message);
      to(&session_events::lost, e);
      state_ = state::closing;
      break;
    }
    case core::news::outdated:
    case core::news::page:
    case core::news::complete:
    case core::news::changed: tell_key_reader(t); break;
    case core::news::trouble:
      if (t.request != core::op::stand) {
        const error e = last_failure(t);
        last_trouble_ = e.message;
        trouble_at_ = boot_time();
        log_(log_level::warning, "trouble", e.message);
        to(&session_events::trouble, e);
        if (t.request == core::op::read_leader || t.request == core::op::watch) {
          for (core::election_id id = 0; id < slots_.size(); ++id) {
            if (slots_[id].seen == nullptr) continue;
            for (const auto& each : slots_[id].seen->observers) each->told(t, e);
          }
        }
        if (key_reader_ != nullptr &&
            (t.request == core::op::read_all || t.request == core::op::watch))
          key_reader_->told_trouble(e);
        break;
      }
      [[fallthrough]];
    default: tell_election(t); break;
  }
}

void session_impl::tell_key_reader(const core::tell& t) {
  if (key_reader_ == nullptr) return;
  switch (t.what) {
    case core::news::outdated: key_reader_->told_outdated(t.value != 0); break;
    case core::news::page: key_reader_->told_page(t.value, std::move(page_)); break;
    case core::news::complete: key_reader_->told_complete(); break;
    default: key_reader_->told_changes(std::move(changes_)); break;
  }
}

void session_impl::tell_election(const core::tell& t) {
  slot& e = slots_[t.election];
  const std::string& prefix = elections_.prefix(t.election);
  if (t.what == core::news::leader) {
    tell_leader(t.election);
    return;
  }
  if (e.candidate == nullptr) return;
  if (t.what == core::news::left) {
    // Taken out before it is told: the place is free again.
    std::exchange(e.candidate, nullptr)->ended();
    return;
  }
  error failure;
  if (t.what == core::news::trouble) failure = last_failure(t);
  if (t.what == core::news::tampered) {
    failure = {errc::tampered,
               "the key of election " + prefix +
                   " was attached to another lease; it is deleted and set anew",
               0};
  }
  if (failure) log_(log_level::warning, "trouble", failure.message, {{"election", prefix}});
  e.candidate->told(t, failure);
}

// The core believes the answer that is being handled: what it said of the leader counts from now
// on.
void session_impl::tell_leader(core::election_id id) {
  slot& e = slots_[id];
  outlook& seen = e.see();
  const auto at = std::find_if(leaders_.begin(), leaders_.end(),
                               [id](const wire::leader_read& r) { return r.election == id; });
  seen.leader = at != leaders_.end() ? std::move(at->leader) : leader_info();
  seen.leader_known = !seen.observers.empty();  // only for them is it kept current
  if (e.candidate != nullptr) e.candidate->told_leader(seen.leader);
  for (const auto& each : seen.observers) each->told_leader(seen.leader);
}

}  // namespace tenure::detail
