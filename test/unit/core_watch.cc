// The one watch stream: opened, resumed, probed, renewed; and never trusted for being silent.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "core/watch.hpp"
#include "test/support/core_host.hpp"

using namespace tenure::core;
using tenure::test::scripted_choices;

namespace {

// request_timeout 2 s, renew_interval 2 s, TTL 10 s, retry delay 500 ms.
struct watch_host {
  explicit watch_host(std::size_t count = 1, bool puts = false) : nodes(count, choose) {
    w.want(true, puts, out);
    w.ask_after(t.renew_interval);
    w.learned(known, now);
    tick();
  }

  scripted_choices choose;
  timings t = resolve({}, 10 * second);
  endpoints nodes;
  watch w;
  nanos now = 1000 * second;
  nanos wake = never;
  std::int64_t known = 49;  // the history goes so far
  int looks = 0;
  std::vector<action> out;
  std::vector<open_stream> opened;
  std::vector<stream_id> closed;
  int probes = 0;

  stream_id id() const { return opened.back().stream; }
  void tick() {
    if (w.must_look(now, t)) {
      ++looks;
      w.learned(known, now);
    }
    wake = w.tick(now, t, nodes, choose, out);
    gather();
  }
  bool opens_another() {
    const std::size_t before = opened.size();
    tick();
    return opened.size() > before;
  }
  watch::effect hear(stream_news n) {
    if (n.stream == 0) n.stream = id();
    const auto what = w.heard(now, t, n, nodes, choose, out);
    gather();
    return what;
  }
  watch::effect created() {
    stream_news n;
    n.created = true;
    return hear(n);
  }
  watch::effect event(std::int64_t revision) {
    stream_news n;
    n.last_revision = revision;
    return hear(n);
  }
  watch::effect canceled(outcome why, std::int64_t compact_revision = 0) {
    stream_news n;
    n.canceled = true;
    n.why = why;
    n.compact_revision = compact_revision;
    return hear(n);
  }
  bool gone() {
    const bool ours = w.gone(now, t, {id(), outcome::broken}, nodes, choose, out);
    gather();
    return ours;
  }
  void wait(nanos span) {
    const nanos end = now + span;
    tick();
    for (int i = 0; i < 10000 && wake <= end; ++i) {
      now = std::max(now, wake);
      tick();
    }
    now = end;
  }

 private:
  void gather() {
    for (const action& a : out) {
      if (const auto* o = std::get_if<open_stream>(&a)) opened.push_back(*o);
      if (const auto* c = std::get_if<close_stream>(&a)) closed.push_back(c->stream);
      if (std::holds_alternative<probe_stream>(a)) ++probes;
    }
    out.clear();
  }
};

}  // namespace

Test(core_watch, is_opened_when_it_is_wanted_and_a_revision_is_known) {
  scripted_choices choose;
  const timings t = resolve({}, 10 * second);
  endpoints nodes(1, choose);
  std::vector<action> out;
  watch w;
  w.tick(0, t, nodes, choose, out);
  w.want(true, false, out);
  cr_assert(eq(i64, w.tick(0, t, nodes, choose, out), +never));
  cr_assert(out.empty());
  cr_assert(w.learned(49, 0));
  cr_assert(not(w.learned(69, 0)), "only the first says where to begin");
  w.tick(0, t, nodes, choose, out);
  cr_assert(eq(i64, +std::get<open_stream>(out.at(0)).revision, 50));
}

Test(core_watch, resumes_after_the_last_event) {
  watch_host h;
  cr_assert(h.created() == watch::effect::none);
  cr_assert(h.w.open());
  cr_assert(h.event(61) == watch::effect::deliver);
  h.gone();
  h.wait(second);
  cr_assert(eq(sz, h.opened.size(), 2));
  cr_assert(eq(i64, +h.opened[1].revision, 62));
}

Test(core_watch, what_another_stream_says_is_ignored) {
  watch_host h;
  h.created();
  stream_news n;
  n.stream = h.id() + 1;
  n.last_revision = 99;
  cr_assert(h.hear(n) == watch::effect::stale);
  const stream_id old = h.id();
  h.gone();
  h.wait(second);
  n.stream = old;
  cr_assert(h.hear(n) == watch::effect::stale);
  cr_assert(not(h.w.gone(h.now, h.t, {old, outcome::broken}, h.nodes, h.choose, h.out)));
  cr_assert(not(h.w.open()), "the new one is only being opened");
}

Test(core_watch, after_a_compaction_it_closes_the_stream_and_resumes_behind_it) {
  watch_host h;
  h.created();
  cr_assert(h.canceled(outcome::compacted, 400) == watch::effect::compacted);
  cr_assert(eq(sz, h.closed.size(), 1));
  h.tick();
  cr_assert(eq(i64, +h.opened.back().revision, 400));
}

Test(core_watch,
     a_server_that_cancels_for_the_same_compaction_again_and_again_is_not_asked_without_a_pause) {
  watch_host h;
  for (int i = 0; i < 50; ++i) {
    h.canceled(outcome::compacted, 400);
    if (!h.opens_another()) break;
  }
  cr_assert(le(sz, h.opened.size(), 5));
}

Test(core_watch,
     a_server_that_ends_each_stream_right_after_its_creation_is_not_asked_without_a_pause) {
  for (const std::size_t count : {std::size_t{1}, std::size_t{3}}) {
    watch_host h(count);
    for (int i = 0; i < 50; ++i) {
      h.created();
      h.gone();
      if (!h.opens_another()) break;
    }
    cr_assert(le(sz, h.opened.size(), 10));
  }
}

Test(core_watch, any_cancel_closes_the_stream_and_goes_elsewhere) {
  for (const outcome why : {outcome::unavailable, outcome::token_invalid, outcome::rejected,
                            outcome::permission_denied}) {
    watch_host h(2);
    const auto what = h.canceled(why);
    cr_assert(what == (why == outcome::token_invalid ? watch::effect::token : watch::effect::none));
    cr_assert(eq(sz, h.closed.size(), 1));
    h.tick();
    cr_assert(eq(u32, +h.opened.back().endpoint, 1));
  }
}

Test(core_watch, tries_every_endpoint_at_once_and_then_pauses) {
  watch_host h(3);
  for (int i = 0; i < 2; ++i) {
    h.gone();
    h.tick();
  }
  cr_assert(eq(sz, h.opened.size(), 3));
  h.gone();
  h.tick();
  cr_assert(eq(sz, h.opened.size(), 3));
  cr_assert(ge(i64, h.wake - h.now, 250 * millisecond));
  h.wait(second);
  cr_assert(eq(sz, h.opened.size(), 4));
}

Test(core_watch, is_probed_while_it_is_silent_and_an_answer_is_a_sign_of_life) {
  watch_host h;
  h.created();
  for (int i = 1; i <= 5; ++i) {
    h.wait(2 * second);
    cr_assert(eq(int, +h.probes, +i));
    h.now += 100 * millisecond;
    h.hear({});
  }
  cr_assert(eq(sz, h.opened.size(), 1));
}

Test(core_watch, a_probe_without_an_answer_ends_the_stream) {
  watch_host h(2);
  h.created();
  h.wait(4 * second);
  cr_assert(eq(sz, h.closed.size(), 1));
  cr_assert(eq(u32, +h.opened.back().endpoint, 1));
}

Test(core_watch, a_silent_opening_ends_after_the_request_time_out_and_falls_back_to_one_way) {
  watch_host h(2);
  cr_assert(h.opened[0].two_way);
  h.wait(2 * second);
  cr_assert(eq(sz, h.opened.size(), 2));
  cr_assert(not(h.opened[1].two_way));
}

Test(core_watch, stays_two_way_once_an_echo_has_come) {
  watch_host h;
  h.created();
  h.hear({});
  for (int i = 0; i < 3; ++i) h.wait(6 * second);
  for (const open_stream& o : h.opened) cr_assert(o.two_way);
}

Test(core_watch, a_one_way_stream_is_renewed_after_half_a_ttl_of_silence_without_a_fault) {
  watch_host h(2);
  h.wait(2 * second);
  h.created();
  const std::size_t before = h.opened.size();
  h.wait(5 * second);
  cr_assert(eq(sz, h.opened.size(), before + 1));
  cr_assert(not(h.opened.back().two_way));
  cr_assert(not(h.nodes.resting(h.opened.back().endpoint, h.now)));
  cr_assert(eq(int, +h.probes, 0));
}

Test(core_watch, an_event_puts_the_renewal_off) {
  watch_host h;
  h.wait(2 * second);
  h.wait(second);
  h.created();
  const std::size_t before = h.opened.size();
  for (int i = 0; i < 5; ++i) {
    h.now += 4 * second;
    h.event(100 + i);
    h.tick();
  }
  cr_assert(eq(sz, h.opened.size(), +before));
}

Test(core_watch, is_opened_anew_for_puts_and_kept_when_they_are_no_longer_needed) {
  watch_host h;
  h.created();
  h.w.want(true, true, h.out);
  h.tick();
  cr_assert(eq(sz, h.closed.size(), 1));
  cr_assert(h.opened.back().puts);
  h.created();
  h.w.want(true, false, h.out);
  h.tick();
  cr_assert(eq(sz, h.opened.size(), 2));
}

Test(core_watch, is_closed_when_nobody_wants_it_and_resumed_later) {
  watch_host h;
  h.created();
  h.event(80);
  h.w.want(false, false, h.out);
  h.tick();
  cr_assert(eq(sz, h.closed.size(), 1));
  cr_assert(eq(i64, h.wake, +never));
  h.w.want(true, false, h.out);
  h.tick();
  cr_assert(eq(i64, +h.opened.back().revision, 81));
}

Test(core_watch, a_reset_forgets_the_revision) {
  watch_host h;
  h.created();
  h.event(80);
  h.w.reset(h.out);
  h.tick();
  cr_assert(eq(sz, h.opened.size(), 1));
  h.w.learned(9, h.now);
  h.tick();
  cr_assert(eq(i64, +h.opened.back().revision, 10));
}

Test(core_watch, goes_on_behind_what_was_read_since) {
  watch_host h(3);
  h.created();
  h.event(60);
  cr_assert(h.w.advance(90));
  cr_assert(not(h.w.advance(70)), "never back");
  h.gone();
  h.tick();
  cr_assert(eq(i64, +h.opened.back().revision, 90));
  cr_assert(eq(i64, h.w.take_gap(), 0));
}

Test(core_watch, what_lies_too_far_back_is_left_out_and_told_once) {
  for (const std::int64_t behind : {watch::near - 1, watch::near}) {
    watch_host h(3);
    h.created();
    h.w.learned(50 + behind, h.now);
    h.gone();
    h.tick();
    const bool far = behind == watch::near;
    cr_assert(eq(i64, +h.opened.back().revision, far ? 51 + behind : 50));
    cr_assert(eq(i64, h.w.take_gap(), far ? 51 + behind : 0));
    cr_assert(eq(i64, h.w.take_gap(), 0));
  }
}

Test(core_watch, after_a_compaction_too_it_does_not_begin_far_back) {
  watch_host h;
  h.created();
  h.w.learned(9000, h.now);
  h.canceled(outcome::compacted, 400);
  h.tick();
  cr_assert(eq(i64, +h.opened.back().revision, 9001));
  cr_assert(eq(i64, h.w.take_gap(), 9001));
}

Test(core_watch, how_far_the_history_goes_is_looked_at_before_a_stream_is_opened_after_a_while) {
  watch_host h(3);
  h.created();
  h.gone();
  h.tick();
  cr_assert(eq(int, h.looks, 0), "it was known a moment ago");
  cr_assert(eq(sz, h.opened.size(), 2));
  h.now += 7 * second;
  h.known = 5000;
  h.gone();
  h.tick();
  cr_assert(eq(int, h.looks, 1));
  cr_assert(eq(i64, +h.opened.back().revision, 5001));
}

Test(core_watch, a_look_that_failed_is_repeated_after_a_pause) {
  watch_host h;
  h.created();
  h.now += 7 * second;
  h.gone();
  cr_assert(h.w.must_look(h.now, h.t));
  cr_assert(eq(i64, h.w.tick(h.now, h.t, h.nodes, h.choose, h.out), +never));
  h.w.look_failed(h.now, h.t, h.choose);
  cr_assert(not(h.w.must_look(h.now, h.t)));
  const nanos again = h.w.tick(h.now, h.t, h.nodes, h.choose, h.out);
  cr_assert(ge(i64, again - h.now, 250 * millisecond));
  cr_assert(h.w.must_look(again, h.t));
}

Test(core_watch, what_was_asked_for_twice_and_did_not_come_is_left_out) {
  watch_host h(3);
  h.w.learned(100, h.now);
  for (int i = 0; i < 2; ++i) {
    h.created();
    h.gone();
    h.tick();
  }
  h.wait(2 * second);
  cr_assert(eq(i64, +h.opened.back().revision, 101));
  cr_assert(eq(i64, h.w.take_gap(), 101));
}

Test(core_watch, an_endpoint_that_cannot_be_reached_says_nothing_of_what_lies_back) {
  watch_host h;
  h.w.learned(100, h.now);
  for (int i = 0; i < 5; ++i) {
    h.gone();
    h.wait(5 * second);
  }
  cr_assert(eq(i64, +h.opened.back().revision, 50));
}

Test(core_watch, a_message_that_was_heard_in_part_is_asked_for_again) {
  watch_host h;
  h.created();
  h.event(60);
  stream_news part;
  part.last_revision = 70;
  part.partial = true;
  cr_assert(h.hear(part) == watch::effect::deliver);
  h.gone();
  h.wait(2 * second);
  cr_assert(eq(i64, +h.opened.back().revision, 61));
}
