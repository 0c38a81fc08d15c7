// The reading of all elections: when it begins, how it goes on, and when what is known is current.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "test/support/core_host.hpp"

using namespace tenure::core;
using tenure::test::core_host;

namespace {

void follow_all(core_host& h) { h.feed(follow{true}); }

// The oldest page arrives; there is a further one.
void serve_page(core_host& h, bool more) {
  answer a = h.execute(op::read_all);
  a.more = more;
  h.arrive(a);
}

// Followed, read, and current.
core_host& settled(core_host& h) {
  follow_all(h);
  h.serve_all();
  return h;
}

}  // namespace

Test(core_survey, reads_at_once_and_then_watches_from_there_with_puts_and_without_a_lease) {
  core_host h;
  follow_all(h);
  cr_assert(eq(sz, h.count<pages_outdated>(), 1));
  cr_assert(eq(sz, h.sent.size(), 1));
  cr_assert(eq(i64, h.last(op::read_all).revision, 0));
  cr_assert(eq(u32, h.last(op::read_all).limit, 64));
  h.serve(op::read_all);
  cr_assert(eq(sz, h.count<page_read>(), 1));
  cr_assert(eq(i64, h.last<page_read>().revision, 100));
  cr_assert(h.stream && h.stream->puts);
  cr_assert(eq(i64, h.stream->revision, 101));
  cr_assert(eq(sz, h.count<pages_complete>(), 0), "not before the stream is open");
  h.created();
  cr_assert(eq(sz, h.count<pages_complete>(), 1));
  h.run(60 * second);
  cr_assert(eq(sz, h.sent.size(), 1), "no lease, no confirmation, no further read");
}

Test(core_survey, all_pages_are_as_of_the_revision_of_the_first) {
  core_host h;
  follow_all(h);
  serve_page(h, true);
  h.created();
  h.etcd.put(5, 1);
  for (int i = 0; i < 3; ++i) {
    cr_assert(eq(i64, h.last(op::read_all).revision, 100));
    cr_assert(eq(sz, h.count<pages_complete>(), 0));
    serve_page(h, i < 2);
  }
  cr_assert(eq(sz, h.count<page_read>(), 4));
  cr_assert(eq(i64, h.last<page_read>().revision, 100));
  cr_assert(eq(sz, h.count<pages_complete>(), 1));
  cr_assert(eq(sz, h.open.size(), 0));
}

Test(core_survey, a_failed_page_is_asked_for_again_after_a_pause_at_the_same_revision) {
  core_host h;
  follow_all(h);
  serve_page(h, true);
  h.created();
  h.fail(op::read_all, outcome::unavailable);
  cr_assert(eq(sz, h.open.size(), 0));
  cr_assert(eq(sz, h.count<trouble>(), 1));
  h.wait(second);
  cr_assert(eq(i64, h.last(op::read_all).revision, 100));
  h.serve(op::read_all);
  cr_assert(eq(sz, h.count<pages_complete>(), 1));
  cr_assert(eq(sz, h.count<pages_outdated>(), 1));
}

Test(core_survey, a_read_whose_revision_was_compacted_begins_anew_without_a_trouble) {
  core_host h;
  follow_all(h);
  serve_page(h, true);
  h.created();
  h.fail(op::read_all, outcome::compacted);
  cr_assert(eq(sz, h.count<pages_outdated>(), 2));
  cr_assert(eq(sz, h.count<trouble>(), 0));
  h.etcd.put(5, 1);
  h.wait(second);
  cr_assert(eq(i64, h.last(op::read_all).revision, 0));
  h.serve(op::read_all);
  cr_assert(eq(i64, h.last<page_read>().revision, 101));
}

Test(core_survey, a_page_that_is_too_large_is_halved_until_it_fits) {
  core_host h;
  follow_all(h);
  std::uint32_t limit = 64;
  for (int i = 0; i < 9; ++i) {
    cr_assert(eq(u32, h.last(op::read_all).limit, +limit));
    limit = std::max(limit / 2, 1U);
    h.fail(op::read_all, outcome::bad_answer);
    h.wait(10 * second);
  }
  cr_assert(eq(u32, h.last(op::read_all).limit, 1));
}

Test(core_survey, a_change_is_to_be_applied_only_if_its_stream_is_ours) {
  core_host h;
  settled(h);
  h.push({9, false, 1, 120, 120});
  cr_assert(eq(sz, h.count<keys_changed>(), 1));
  stream_news stale;
  stale.stream = 99;
  stale.last_revision = 130;
  h.feed(stale);
  cr_assert(eq(sz, h.count<keys_changed>(), 1));
  stream_news foreign;
  foreign.stream = h.stream->stream;
  foreign.cluster = 8;
  foreign.last_revision = 130;
  h.feed(foreign);
  cr_assert(eq(sz, h.count<keys_changed>(), 1));
}

Test(core_survey, a_broken_stream_means_a_new_read_once_there_is_another) {
  core_host h;
  settled(h);
  h.forget();
  h.cut();
  cr_assert(eq(sz, h.count<pages_outdated>(), 1));
  h.wait(2 * second);
  cr_assert(eq(sz, h.count(op::read_all), 0),
            "what would come later is not known before the stream is open");
  h.created();
  cr_assert(eq(sz, h.count(op::read_all), 1));
  h.serve(op::read_all);
  cr_assert(eq(sz, h.count<pages_complete>(), 1));
}

Test(core_survey, lost_events_mean_a_new_read_also_in_the_middle_of_one) {
  core_host h;
  follow_all(h);
  serve_page(h, true);
  h.created();
  const answer old = h.execute(op::read_all);
  h.etcd.revision = 200;
  h.canceled(outcome::compacted, 150);
  cr_assert(eq(sz, h.count<pages_outdated>(), 2));
  h.arrive(old);
  cr_assert(eq(sz, h.count<page_read>(), 1), "a page of the read that was given up");
  h.serve_all();
  cr_assert(eq(i64, h.last<page_read>().revision, 200));
  cr_assert(eq(sz, h.count<pages_complete>(), 1));
}

Test(core_survey, a_history_that_went_back_is_told_and_read_anew) {
  core_host h;
  settled(h);
  h.push({9, false, 1, 150, 150});
  h.cut();
  h.etcd.revision = 120;  // after the first read, but before what was heard
  h.wait(2 * second);
  h.created();
  h.serve(op::read_all);
  cr_assert(h.last<pages_outdated>().anew);
  h.serve_all();
  h.run(10 * second);
  cr_assert(eq(i64, h.last<page_read>().revision, 120));
  cr_assert(eq(i64, h.stream->revision, 121));
}

Test(core_survey, the_renewal_of_a_one_way_stream_is_no_fault) {
  core_host h;
  follow_all(h);
  h.serve(op::read_all);
  h.wait(3 * second);  // not created in time: one-way from here on
  h.serve_all();
  const std::size_t before = h.count(op::read_all);
  cr_assert(not(h.stream->two_way));
  cr_assert(ge(sz, h.count<pages_complete>(), 1));
  const std::size_t opened = h.streams.size();
  h.run(60 * second);
  cr_assert(ge(sz, h.streams.size(), opened + 5));
  cr_assert(eq(sz, h.count(op::read_all), +before));
}

Test(core_survey, beside_candidates_the_stream_is_opened_anew_for_puts_before_the_read) {
  core_host h;
  h.stand(0);
  cr_assert(not(h.stream->puts));
  follow_all(h);
  cr_assert(h.stream->puts);
  cr_assert(eq(sz, h.count(op::read_all), 0));
  h.created();
  cr_assert(eq(sz, h.count(op::read_all), 1));
  h.serve_all();
  cr_assert(eq(sz, h.count<pages_complete>(), 1));
  cr_assert(h.leads(0));
}

Test(core_survey, nobody_follows_any_more) {
  core_host h;
  follow_all(h);
  serve_page(h, true);
  h.feed(follow{false});
  cr_assert(not(h.stream.has_value()));
  h.serve(op::read_all);
  cr_assert(eq(sz, h.count<page_read>(), 1));
  h.run(60 * second);
  cr_assert(eq(sz, h.count(op::read_all), 2));
  // And again: a read of its own.
  follow_all(h);
  h.serve_all();
  cr_assert(eq(sz, h.count<pages_complete>(), 1));
}

Test(core_survey, followed_again_while_a_page_of_before_is_under_way) {
  core_host h;
  follow_all(h);
  serve_page(h, true);
  h.feed(follow{false});
  follow_all(h);
  const std::size_t pages = h.count<page_read>();
  h.serve(op::read_all);
  cr_assert(eq(sz, h.count<page_read>(), +pages));
  h.serve_all();
  cr_assert(eq(sz, h.count<page_read>(), pages + 1));
  cr_assert(eq(sz, h.count<pages_complete>(), 1));
}

Test(core_survey, a_closing_session_asks_no_more) {
  core_host h;
  follow_all(h);
  h.feed(tenure::core::close{});
  cr_assert(h.finished);
  cr_assert(eq(sz, h.open.size(), 0));
}
