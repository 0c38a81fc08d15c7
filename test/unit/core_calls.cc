// Requests under way. Each goes once over the endpoints, and is hedged if wanted. Something is
// known also of one without an answer.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "core/calls.hpp"
#include "test/support/core_host.hpp"

using namespace tenure::core;
using tenure::test::scripted_choices;

namespace {

// request_timeout 2 s, hedge after 667 ms, retry delay 500 ms.
struct calls_host {
  explicit calls_host(std::size_t count, bool authenticate = false)
      : requests(count, authenticate, choose) {}

  scripted_choices choose;
  timings t = resolve({}, 10 * second);
  calls requests;
  nanos now = 1000 * second;
  std::vector<action> out;
  std::vector<completion> ended;

  void start(op what, bool hedged = false, nanos give_up = never) {
    request r;
    r.what = what;
    r.lease = 5;
    r.hedged = hedged;
    r.give_up = give_up;
    out.clear();
    requests.start(now, t, std::move(r), out);
  }
  nanos token_life = 0;  // of the tokens that logins bring
  void answer(call_id call, outcome what = outcome::ok) {
    out.clear();
    if (auto done = requests.answered(now, t, call, what, token_life, out)) ended.push_back(*done);
  }
  void wait(nanos span) {
    const nanos end = now + span;
    out.clear();
    for (int i = 0; i < 1000 && requests.next_wake() <= end; ++i) {
      now = std::max(now, requests.next_wake());
      requests.tick(now, t, out, ended);
    }
    now = end;
  }
  std::vector<tenure::core::send> sends() const {
    std::vector<tenure::core::send> all;
    for (const action& a : out) {
      if (const auto* s = std::get_if<tenure::core::send>(&a)) all.push_back(*s);
    }
    return all;
  }
  std::vector<call_id> aborts() const {
    std::vector<call_id> all;
    for (const action& a : out) {
      if (const auto* it = std::get_if<tenure::core::abort>(&a)) all.push_back(it->call);
    }
    return all;
  }
};

const outcome going_on[] = {outcome::not_sent,         outcome::broken,        outcome::bad_answer,
                            outcome::unavailable,      outcome::wrong_cluster, outcome::rejected,
                            outcome::request_too_large};
const outcome conclusive[] = {
    outcome::ok,       outcome::overloaded,          outcome::lease_gone, outcome::lease_exists,
    outcome::no_space, outcome::too_many_operations, outcome::compacted};

}  // namespace

Test(core_calls, the_first_answer_ends_it) {
  calls_host h(3);
  h.start(op::confirm);
  cr_assert(eq(sz, h.sends().size(), 1));
  cr_assert(eq(i64, h.sends()[0].timeout, +h.t.request_timeout));
  const nanos sent = h.now;
  h.now += 300 * millisecond;
  h.answer(1);
  cr_assert(eq(sz, h.ended.size(), 1));
  cr_assert(h.ended[0].what == outcome::ok);
  cr_assert(eq(i64, +h.ended[0].sent, +sent));
  cr_assert(eq(i64, +h.ended[0].doubt_until, 0));
  cr_assert(not(h.requests.running(op::confirm)));
}

Test(core_calls, each_answer_either_ends_it_or_moves_it_on_to_the_next_endpoint) {
  for (const outcome what : going_on) {
    calls_host h(2);
    h.start(op::stand);
    h.answer(1, what);
    cr_assert(h.ended.empty());
    cr_assert(eq(u32, +h.sends().at(0).endpoint, 1));
  }
  for (const outcome what : conclusive) {
    calls_host h(2);
    h.start(op::stand);
    h.answer(1, what);
    cr_assert(eq(sz, h.ended.size(), 1));
    cr_assert(h.ended[0].what == what);
    cr_assert(h.out.empty());
  }
}

Test(core_calls, asks_each_endpoint_once_and_fails_with_the_last_reason) {
  calls_host h(3);
  h.start(op::stand);
  for (call_id call = 1; call <= 3; ++call) {
    cr_assert(h.ended.empty());
    h.answer(call, call == 3 ? outcome::unavailable : outcome::not_sent);
  }
  cr_assert(eq(sz, h.ended.size(), 1));
  cr_assert(h.ended[0].what == outcome::unavailable);
  cr_assert(eq(i64, +h.ended[0].sent, 0));
}

Test(core_calls, an_attempt_is_aborted_at_its_time_out_and_the_next_endpoint_asked) {
  calls_host h(2);
  h.start(op::stand);
  h.wait(2 * second - 1);
  cr_assert(h.out.empty());
  h.wait(1);
  cr_assert(eq(sz, h.aborts().size(), 1));
  cr_assert(eq(u32, +h.sends().at(0).endpoint, 1));
  h.wait(2 * second);
  cr_assert(eq(sz, h.ended.size(), 1));
  cr_assert(h.ended[0].what == outcome::timed_out);
}

Test(core_calls, one_that_may_have_been_executed_is_in_doubt_for_two_time_outs_from_its_sending) {
  const struct {
    outcome what;
    bool doubt;
  } table[] = {{outcome::not_sent, false},
               {outcome::wrong_cluster, true},
               {outcome::broken, true},
               {outcome::bad_answer, true},
               {outcome::unavailable, true}};
  for (const auto& row : table) {
    calls_host h(1);
    h.start(op::stand);
    const nanos sent = h.now;
    h.now += 100 * millisecond;
    h.answer(1, row.what);
    cr_assert(eq(i64, +h.ended.at(0).doubt_until, row.doubt ? sent + 4 * second : 0));
  }
  calls_host h(1);
  h.start(op::stand);
  const nanos sent = h.now;
  h.wait(2 * second);
  cr_assert(eq(i64, +h.ended.at(0).doubt_until, sent + 4 * second));
}

Test(core_calls, a_success_elsewhere_leaves_the_earlier_attempt_in_doubt) {
  calls_host h(2);
  h.start(op::stand);
  const nanos sent = h.now;
  h.answer(1, outcome::broken);
  h.answer(2);
  cr_assert(h.ended.at(0).what == outcome::ok);
  cr_assert(eq(i64, +h.ended[0].doubt_until, sent + 4 * second));
}

Test(core_calls, a_hedged_one_goes_elsewhere_as_well_and_the_first_answer_wins) {
  for (const call_id winner : {call_id{1}, call_id{2}}) {
    calls_host h(3);
    h.start(op::keepalive, true);
    const nanos first = h.now;
    h.wait(h.t.hedge_after);
    const nanos second_sent = h.now;
    cr_assert(eq(sz, h.sends().size(), 1));
    cr_assert(h.aborts().empty());
    cr_assert(eq(u64, h.requests.hedge_count(), 1));
    h.answer(winner);
    cr_assert(eq(i64, +h.ended.at(0).sent, winner == 1 ? +first : +second_sent));
    cr_assert(eq(i64, +h.ended[0].started, +first));
    cr_assert(eq(sz, h.aborts().size(), 1));
    cr_assert(eq(u64, h.aborts()[0], 3 - winner));
  }
}

Test(core_calls, hedges_again_and_again_but_each_endpoint_once) {
  calls_host h(3);
  h.start(op::keepalive, true);
  h.wait(2 * h.t.hedge_after + 1);
  cr_assert(eq(sz, h.sends().size(), 2));
  h.wait(10 * second);
  cr_assert(h.sends().empty());
  cr_assert(eq(sz, h.ended.size(), 1));
}

Test(core_calls, with_one_endpoint_there_is_nothing_to_hedge_to) {
  calls_host h(1);
  h.start(op::keepalive, true);
  h.wait(h.t.request_timeout - 1);
  cr_assert(h.out.empty());
  cr_assert(eq(u64, h.requests.hedge_count(), 0));
  h.answer(1);
  cr_assert(h.ended.at(0).what == outcome::ok);
}

Test(core_calls, the_next_request_does_not_begin_with_the_silent_endpoint) {
  calls_host h(3);
  h.start(op::keepalive, true);
  h.wait(h.t.hedge_after);
  h.answer(2);
  h.start(op::confirm);
  cr_assert(eq(u32, +h.sends().at(0).endpoint, 1));
}

Test(core_calls, is_given_up_at_its_limit) {
  calls_host h(3);
  h.start(op::revoke, false, h.now + 500 * millisecond);
  cr_assert(eq(i64, +h.sends().at(0).timeout, 500 * millisecond));
  h.wait(500 * millisecond);
  cr_assert(h.ended.at(0).what == outcome::timed_out);
  cr_assert(eq(sz, h.aborts().size(), 1));
  cr_assert(h.sends().empty());
}

Test(core_calls, nothing_is_sent_that_would_have_to_be_aborted_at_once) {
  calls_host h(3);
  h.start(op::revoke, false, h.now + 500 * millisecond);
  h.now += 600 * millisecond;  // the loop was late
  h.answer(1, outcome::broken);
  cr_assert(h.sends().empty());
  h.wait(0);
  cr_assert(eq(sz, h.ended.size(), 1));
}

Test(core_calls, stale_and_unknown_numbers_are_ignored) {
  calls_host h(2);
  h.start(op::keepalive, true);
  h.wait(h.t.hedge_after);
  h.answer(2);
  for (const call_id call : {call_id{0}, call_id{1}, call_id{2}, call_id{3}, ~call_id{0}}) {
    h.answer(call);
    cr_assert(not(h.requests.find(call).has_value()));
  }
  cr_assert(eq(sz, h.ended.size(), 1));
  cr_assert(h.out.empty());
}

Test(core_calls, an_attempt_remembers_what_revision_was_known_when_it_was_sent) {
  calls_host h(1);
  h.requests.saw_revision(70);
  h.start(op::confirm);
  h.requests.saw_revision(90);
  h.requests.saw_revision(80);
  cr_assert(eq(i64, +h.requests.find(1)->revision_then, 70));
  h.start(op::read_leader);
  cr_assert(eq(i64, +h.requests.find(2)->revision_then, 90));
  h.requests.history_went_back(10);
  cr_assert(eq(i64, +h.requests.find(2)->revision_then, 0));
}

Test(core_calls, aborts_all_and_forgets_them) {
  calls_host h(3);
  h.start(op::keepalive, true);
  h.start(op::stand);
  h.wait(h.t.hedge_after);
  h.out.clear();
  h.requests.abort_all(h.out);
  cr_assert(eq(sz, h.aborts().size(), 3));
  cr_assert(eq(i64, h.requests.next_wake(), +never));
}

// What one endpoint refuses another may grant.

const outcome refusals[] = {outcome::token_invalid, outcome::credentials_rejected,
                            outcome::permission_denied};

Test(core_calls, one_that_refuses_alone_is_left_at_once_and_comes_last_for_a_while) {
  for (const outcome what : refusals) {
    calls_host h(3);
    h.start(op::reassure);
    h.answer(1, what);
    cr_assert(h.ended.empty());
    cr_assert(eq(u32, +h.sends().at(0).endpoint, 1));
    h.answer(2);
    cr_assert(h.ended.at(0).what == outcome::ok);
    cr_assert(eq(i64, +h.ended[0].doubt_until, 0), "a refusal leaves no doubt");
    h.start(op::reassure);
    cr_assert(eq(u32, +h.sends().at(0).endpoint, 1));
    cr_assert(h.requests.nodes().resting(0, h.now + 8 * h.t.retry_delay - 1));
    cr_assert(not(h.requests.nodes().resting(0, h.now + 8 * h.t.retry_delay)));
  }
}

Test(core_calls, what_all_refuse_is_refused_and_held_against_nobody) {
  for (const outcome what : refusals) {
    calls_host h(3);
    h.start(op::reassure);
    for (call_id call = 1; call <= 3; ++call) h.answer(call, what);
    cr_assert(h.ended.at(0).what == what);
    for (std::uint32_t at = 0; at < 3; ++at) cr_assert(not(h.requests.nodes().resting(at, h.now)));
  }
}

Test(core_calls, a_refusal_outweighs_silence_and_any_other_answer_outweighs_a_refusal) {
  const struct {
    outcome first, second, what;
    std::uint32_t endpoint;
  } table[] = {
      {outcome::permission_denied, outcome::not_sent, outcome::permission_denied, 0},
      {outcome::broken, outcome::permission_denied, outcome::permission_denied, 1},
      {outcome::permission_denied, outcome::unavailable, outcome::unavailable, 1},
      {outcome::bad_answer, outcome::permission_denied, outcome::bad_answer, 0},
  };
  for (const auto& row : table) {
    calls_host h(2);
    h.start(op::stand);
    h.answer(1, row.first);
    h.answer(2, row.second);
    cr_assert(h.ended.at(0).what == row.what);
    cr_assert(eq(u32, +h.ended[0].endpoint, +row.endpoint));
  }
}

// Authentication.

Test(core_calls, a_login_that_one_endpoint_refuses_goes_to_the_next) {
  for (const outcome what : refusals) {
    calls_host h(2, true);
    h.start(op::stand);
    h.answer(1, what);
    cr_assert(h.sends().at(0).what == op::authenticate);
    cr_assert(eq(u32, +h.sends()[0].endpoint, 1));
    h.answer(2);
    cr_assert(h.sends().at(0).what == op::stand);
    cr_assert(eq(u32, +h.sends()[0].endpoint, 1));
  }
}

Test(core_calls, one_login_at_a_time_and_all_wait_for_it) {
  calls_host h(2, true);
  h.start(op::stand);
  cr_assert(h.sends().at(0).what == op::authenticate);
  h.start(op::confirm);
  cr_assert(h.out.empty());
  h.answer(1);
  cr_assert(eq(sz, h.sends().size(), 2));
  cr_assert(h.sends()[0].what == op::stand && h.sends()[1].what == op::confirm);
}

Test(core_calls, a_cluster_without_authentication_is_asked_without_a_token) {
  calls_host h(1, true);
  h.start(op::stand);
  h.answer(1, outcome::auth_off);
  cr_assert(h.sends().at(0).what == op::stand);
}

Test(core_calls, a_token_is_renewed_before_its_end_and_the_old_one_serves_meanwhile) {
  calls_host h(1, true);
  h.token_life = 100 * second;
  h.start(op::stand);
  h.answer(1);
  h.answer(2);
  cr_assert(eq(i64, h.requests.next_wake(), h.now + 75 * second));
  h.wait(75 * second);
  cr_assert(eq(sz, h.sends().size(), 1));
  cr_assert(h.sends()[0].what == op::authenticate);
  h.start(op::confirm);
  cr_assert(h.sends().at(0).what == op::confirm);  // waits for no login
}

Test(core_calls, a_refused_token_is_renewed_once_for_all_and_the_same_endpoint_asked_again) {
  calls_host h(2, true);
  h.start(op::stand);
  h.answer(1);
  h.start(op::confirm);
  h.answer(2, outcome::token_invalid);
  cr_assert(eq(sz, h.sends().size(), 1));
  cr_assert(h.sends()[0].what == op::authenticate);
  h.answer(3, outcome::token_invalid);
  cr_assert(h.out.empty());
  h.answer(4);
  cr_assert(eq(sz, h.sends().size(), 2));
  for (const tenure::core::send& s : h.sends()) cr_assert(eq(u32, +s.endpoint, 0));
}

Test(core_calls, a_refusal_of_an_older_token_asks_for_no_login) {
  calls_host h(1, true);
  h.start(op::stand);
  h.answer(1);
  h.start(op::confirm);
  h.answer(2, outcome::token_invalid);
  h.answer(4);                          // the new token
  h.answer(3, outcome::token_invalid);  // the confirmation was sent with the old one
  cr_assert(eq(sz, h.sends().size(), 1));
  cr_assert(h.sends()[0].what == op::confirm);
}

Test(core_calls, a_token_that_is_refused_again_and_again_ends_the_request) {
  calls_host h(1, true);
  h.start(op::stand);
  for (int i = 0; i < 20 && h.ended.size() < 10; ++i) {
    std::vector<tenure::core::send> now_sent = h.sends();
    if (now_sent.empty()) break;
    h.answer(now_sent[0].call,
             now_sent[0].what == op::authenticate ? outcome::ok : outcome::token_invalid);
  }
  cr_assert(h.ended.back().what == outcome::token_invalid);
  cr_assert(h.ended.back().asked.what == op::stand);
}

Test(core_calls, rejected_credentials_are_tried_again_ever_more_slowly) {
  calls_host h(1, true);
  h.start(op::stand);
  h.answer(1, outcome::credentials_rejected);
  cr_assert(h.ended.back().what == outcome::credentials_rejected);
  std::size_t logins = 0;
  for (int i = 0; i < 600; ++i) {
    h.wait(100 * millisecond);
    for (const tenure::core::send& s : h.sends()) {
      ++logins;
      h.answer(s.call, outcome::credentials_rejected);
    }
  }
  cr_assert(ge(sz, +logins, 3));
  cr_assert(le(sz, +logins, 10));
}

Test(core_calls, without_a_token_a_broken_attempt_waits_for_the_login) {
  calls_host h(3, true);
  h.start(op::stand);
  h.answer(1);
  h.start(op::keepalive, true);
  h.answer(2, outcome::token_invalid);  // of the stand: a login is under way
  h.answer(3, outcome::broken);         // of the keepalive
  cr_assert(h.sends().empty());
  h.answer(4);
  cr_assert(eq(sz, h.sends().size(), 2));
}

Test(core_calls, a_hedge_that_has_to_wait_for_a_login_does_not_keep_the_loop_awake) {
  calls_host h(3, true);
  h.start(op::stand);
  h.answer(1);
  h.start(op::keepalive, true);
  h.wait(500 * millisecond);
  h.answer(2, outcome::token_invalid);  // a login is under way
  h.now += h.t.hedge_after;             // the keepalive would be hedged now
  h.out.clear();
  h.requests.tick(h.now, h.t, h.out, h.ended);
  cr_assert(h.sends().empty());
  cr_assert(gt(i64, h.requests.next_wake(), +h.now));
  h.answer(4);
  h.wait(0);
  cr_assert(eq(sz, h.requests.hedge_count(), 1));
}

Test(core_calls, a_server_that_hangs_up_twice_on_a_token_is_asked_for_another) {
  calls_host h(3, true);
  h.start(op::confirm);
  h.answer(1);  // the login
  h.answer(2, outcome::broken);
  cr_assert(eq(sz, h.sends().size(), 1));
  h.answer(3, outcome::broken);
  cr_assert(eq(sz, h.sends().size(), 1));
  cr_assert(h.sends()[0].what == op::authenticate);
  h.answer(4);
  cr_assert(h.sends()[0].what == op::confirm);
  h.answer(5);
  cr_assert(eq(sz, h.ended.size(), 3));
  cr_assert(h.ended.back().what == outcome::ok);
}

Test(core_calls, one_broken_connection_between_answers_is_no_matter_of_the_token) {
  calls_host h(3, true);
  h.start(op::confirm);
  h.answer(1);
  for (call_id call = 2; call < 10; call += 2) {
    h.answer(call, outcome::broken);
    cr_assert(h.sends()[0].what == op::confirm);
    h.answer(call + 1);
    h.start(op::confirm);
  }
}
