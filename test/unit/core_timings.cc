// The options' times: their limits, the rule that keeps two leaders apart, and the defaults that
// follow from the TTL.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <functional>
#include <string>

#include "core/timings.hpp"
#include "test/support/core_host.hpp"

using namespace tenure::core;
using tenure::test::core_host;

namespace {

asked_timings asked(const std::function<void(asked_timings&)>& change) {
  asked_timings a;
  change(a);
  return a;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

struct option {
  const char* name;
  std::function<void(asked_timings&, nanos)> set;
  nanos least, most;
};

// The limits for a TTL of 10 s.
const option options[] = {
    {"ttl", [](asked_timings& a, nanos v) { a.ttl = v; }, 2 * second, 300 * second},
    {"reassure_interval", [](asked_timings& a, nanos v) { a.reassure_interval = v; },
     100 * millisecond, 10 * second},
    {"reassure_timeout", [](asked_timings& a, nanos v) { a.reassure_timeout = v; },
     100 * millisecond, 10 * second},
    {"stop_grace", [](asked_timings& a, nanos v) { a.stop_grace = v; }, 0, 10 * second},
    {"margin", [](asked_timings& a, nanos v) { a.margin = v; }, 30 * millisecond, 10 * second},
    {"jeopardy_after", [](asked_timings& a, nanos v) { a.jeopardy_after = v; }, 100 * millisecond,
     10 * second},
    {"request_timeout", [](asked_timings& a, nanos v) { a.request_timeout = v; }, 100 * millisecond,
     10 * second},
    {"retry_delay", [](asked_timings& a, nanos v) { a.retry_delay = v; }, 10 * millisecond,
     60 * second},
};

}  // namespace

Test(core_timings, every_option_out_of_its_range_is_refused_by_name_value_and_limits) {
  for (const option& o : options) {
    for (const nanos value :
         {o.least - millisecond, o.most + second, nanos{-1} * second, nanos{0}, never}) {
      if (value >= o.least && value <= o.most) continue;
      asked_timings a;
      o.set(a, value);
      std::string why;
      const bool is_ttl = std::string(o.name) == "ttl";
      cr_assert(check(resolve(a, is_ttl ? value : a.ttl), why) == timing_fault::range, "%s",
                o.name);
      cr_assert(has(why, std::string(o.name) + " is "), "%s", why.c_str());
      cr_assert(has(why, std::to_string(value / millisecond)), "%s", why.c_str());
      cr_assert(has(why, std::to_string(o.least / millisecond) + " ms"), "%s", why.c_str());
      cr_assert(has(why, std::to_string(o.most / millisecond) + " ms"), "%s", why.c_str());
    }
  }
}

Test(core_timings, every_option_at_its_limits_is_in_range) {
  for (const option& o : options) {
    for (const nanos value : {o.least, o.most}) {
      asked_timings a;
      o.set(a, value);
      std::string why;
      cr_assert(check(resolve(a, a.ttl), why) != timing_fault::range, "%s", why.c_str());
    }
  }
}

Test(core_timings, a_ttl_of_broken_seconds_is_refused) {
  std::string why;
  cr_assert(check(resolve({}, 2500 * millisecond), why) == timing_fault::range);
  cr_assert(has(why, "2500 ms") && has(why, "whole seconds"));
}

Test(core_timings, what_does_not_fit_is_refused_with_every_number_and_the_remedy) {
  const asked_timings a = asked([](asked_timings& it) {
    it.reassure_interval = 6 * second;
    it.reassure_timeout = 4 * second;
    it.stop_grace = 500 * millisecond;
    it.margin = 300 * millisecond;
  });
  std::string why;
  cr_assert(check(resolve(a, 10 * second), why) == timing_fault::unsafe);
  for (const char* part :
       {"reassure_interval 6000 ms", "reassure_timeout 4000 ms", "stop_grace 500 ms",
        "margin 300 ms", "= 10800 ms", "TTL of 10000 ms", "lower one of them or raise ttl"}) {
    cr_assert(has(why, part), "%s lacks %s", why.c_str(), part);
  }
}

Test(core_timings, a_sum_that_just_fits_is_taken_and_one_more_is_not) {
  asked_timings a = asked([](asked_timings& it) {
    it.reassure_interval = 4 * second;
    it.reassure_timeout = 5 * second;
    it.stop_grace = 700 * millisecond;
    it.margin = 300 * millisecond;
  });
  std::string why;
  cr_assert(check(resolve(a, 10 * second), why) == timing_fault::none);
  for (auto* part : {&a.reassure_interval, &a.reassure_timeout, &a.stop_grace, &a.margin}) {
    ++**part;
    cr_assert(check(resolve(a, 10 * second), why) == timing_fault::unsafe);
    --**part;
  }
}

Test(core_timings, the_defaults_of_the_original_idea_are_refused) {
  const asked_timings a = asked([](asked_timings& it) {
    it.ttl = 10 * second;
    it.reassure_interval = 10 * second;  // polling
    it.reassure_timeout = 5 * second;
    it.retry_delay = 5 * second;
  });
  std::string why;
  cr_assert(check(resolve(a, a.ttl), why) == timing_fault::unsafe);
  cr_assert(has(why, "10000 ms") && has(why, "5000 ms"), "%s", why.c_str());
}

Test(core_timings, what_is_derived_fits_for_every_ttl) {
  for (nanos ttl = 2 * second; ttl <= 300 * second; ttl += second) {
    const timings t = resolve({}, ttl);
    std::string why;
    cr_assert(check(t, why) == timing_fault::none, "%s", why.c_str());
    cr_assert(le(i64, 4 * t.renew_interval, ttl - t.margin - t.stop_grace),
              "two renewals in a row may fail");
    cr_assert(lt(i64, +t.hedge_after, +t.request_timeout));
    cr_assert(gt(i64, +t.hedge_after, 0));
    cr_assert(lt(i64, +t.jeopardy_after, ttl - t.margin - t.stop_grace),
              "jeopardy is told before the loss");
  }
}

Test(core_timings, whatever_is_taken_leaves_room_to_renew) {
  for (const nanos ttl : {2 * second, 5 * second, 10 * second, 300 * second}) {
    for (int grace = 0; grace <= 9; ++grace) {
      asked_timings a;
      a.stop_grace = ttl * grace / 10;
      a.reassure_interval = a.reassure_timeout = 100 * millisecond;
      const timings t = resolve(a, ttl);
      std::string why;
      if (check(t, why) != timing_fault::none) continue;
      cr_assert(lt(i64, 3 * t.renew_interval, ttl - t.margin - t.stop_grace), "grace %d0 %%",
                grace);
    }
  }
}

Test(core_timings, every_option_has_an_effect_on_what_the_machine_does) {
  const auto led = [](core_host& h) {
    h.stand();
    h.run(30 * millisecond);
    h.forget();
  };
  const struct {
    const char* name;
    std::function<void(asked_timings&, nanos)> set;
    nanos one, two;
    std::function<nanos(core_host&)> seen;
  } table[] = {
      {"ttl", options[0].set, 10 * second, 20 * second,
       [&](core_host& h) { return led(h), h.m.cutoff(); }},
      {"reassure_interval", options[1].set, second, 2 * second,
       [&](core_host& h) {
         led(h);
         while (h.count(op::reassure) == 0) h.run(10 * millisecond);
         return h.now;
       }},
      {"reassure_timeout", options[2].set, 2 * second, 4 * second,
       [&](core_host& h) {
         led(h);
         while (h.leads()) {
           h.wait(10 * millisecond);
           while (h.find(op::keepalive) != nullptr) h.serve(op::keepalive);
           while (h.find(op::confirm) != nullptr) h.serve(op::confirm);
         }
         return h.now;
       }},
      {"stop_grace", options[3].set, second / 2, second,
       [&](core_host& h) {
         led(h);
         h.feed(resign{0});
         while (h.find(op::withdraw) == nullptr) h.wait(10 * millisecond);
         return h.now;
       }},
      {"margin", options[4].set, 100 * millisecond, 200 * millisecond,
       [&](core_host& h) { return led(h), h.m.cutoff(); }},
      {"jeopardy_after", options[5].set, 3 * second, 4 * second,
       [&](core_host& h) {
         led(h);
         while (h.count<jeopardy>() == 0) h.wait(10 * millisecond);
         return h.now;
       }},
      {"request_timeout", options[6].set, second, 2 * second,
       [](core_host& h) {
         h.feed(stand{0, true});
         return +h.sent[0].timeout;
       }},
      {"retry_delay", options[7].set, 500 * millisecond, second,
       [](core_host& h) {
         h.feed(stand{0, true});
         h.fail(op::grant, outcome::not_sent);
         return h.m.next_wake();
       }},
  };
  for (const auto& row : table) {
    nanos seen[2];
    for (const bool second_value : {false, true}) {
      settings s;
      s.asked.reassure_interval = second;
      s.asked.reassure_timeout = 5 * second;
      row.set(s.asked, second_value ? row.two : row.one);
      core_host h(s);
      seen[second_value ? 1 : 0] = row.seen(h);
    }
    cr_assert(ne(i64, +seen[0], +seen[1]), "%s", row.name);
  }
}

Test(core_timings, an_announcement_more_often_than_a_reassurance_is_refused_with_numbers) {
  asked_timings asked;
  std::string why;
  for (const nanos good : {nanos{0}, 2 * second, 86400 * second}) {
    asked.last_seen_interval = good;
    cr_assert(check(resolve(asked, asked.ttl), why) == timing_fault::none);
  }
  asked.last_seen_interval = 1999 * millisecond;
  cr_assert(check(resolve(asked, asked.ttl), why) == timing_fault::range);
  cr_assert(why.find("last_seen_interval is 1999 ms") != std::string::npos);
  cr_assert(why.find("2000 ms") != std::string::npos);
}
