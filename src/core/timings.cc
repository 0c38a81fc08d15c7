#include "core/timings.hpp"

#include <algorithm>

namespace tenure::core {

namespace {

std::string in_ms(nanos value) {
  std::string text = std::to_string(value / millisecond);
  if (const nanos rest = value % millisecond / 1000; rest != 0) {
    std::string fraction = std::to_string(1000 + rest).substr(1);
    text += "." + fraction;
  }
  return text + " ms";
}

bool outside(const char* field, nanos value, nanos least, nanos most, std::string& why) {
  if (value >= least && value <= most) return false;
  why = std::string(field) + " is " + in_ms(value) + ", but must be from " + in_ms(least) + " to " +
        in_ms(most);
  return true;
}

}  // namespace

timings resolve(const asked_timings& asked, nanos ttl) {
  timings t;
  t.ttl = ttl;
  t.reassure_interval = asked.reassure_interval.value_or(ttl / 5);
  t.last_seen_interval = asked.last_seen_interval;
  t.stop_grace = asked.stop_grace.value_or(ttl / 10);
  // Clocks kept by ntpd differ by at most a twentieth of these 2 % (safety.md, 5). The 50 ms are
  // for a late timer.
  t.margin = asked.margin.value_or(ttl / 50 + 50 * millisecond);
  // It is all that the rule leaves: only the deadline is a reason to stop, not a slow etcd.
  const nanos rest = ttl - t.reassure_interval - t.stop_grace - t.margin;
  t.reassure_timeout = asked.reassure_timeout.value_or(std::max(rest, 100 * millisecond));
  t.jeopardy_after = asked.jeopardy_after.value_or(ttl / 2);
  t.request_timeout = asked.request_timeout.value_or(ttl / 5);
  t.retry_delay = asked.retry_delay;
  // If two renewals in a row fail, the third still comes in time.
  const nanos usable = ttl - t.margin - t.stop_grace;
  t.renew_interval = std::max(std::min(ttl / 5, usable / 4), 10 * millisecond);
  t.hedge_after = std::min(t.request_timeout, t.renew_interval) / 3;
  t.stall_threshold = std::max(ttl / 100, 50 * millisecond);
  return t;
}

timing_fault check(const timings& t, std::string& why) {
  if (outside("ttl", t.ttl, 2 * second, 300 * second, why)) return timing_fault::range;
  if (t.ttl % second != 0) {
    why = "ttl is " + in_ms(t.ttl) + ", but etcd counts leases in whole seconds";
    return timing_fault::range;
  }
  const nanos tenth = 100 * millisecond;
  // Two clocks slewed by 500 ppm in opposite directions differ by a thousandth. The least margin is
  // twice that, and 10 ms to act.
  const nanos least_margin = t.ttl / 500 + 10 * millisecond;
  if (outside("reassure_interval", t.reassure_interval, tenth, t.ttl, why) ||
      outside("reassure_timeout", t.reassure_timeout, tenth, t.ttl, why) ||
      outside("stop_grace", t.stop_grace, 0, t.ttl, why) ||
      outside("margin", t.margin, least_margin, t.ttl, why) ||
      outside("jeopardy_after", t.jeopardy_after, tenth, t.ttl, why) ||
      outside("request_timeout", t.request_timeout, tenth, t.ttl, why) ||
      outside("retry_delay", t.retry_delay, 10 * millisecond, 60 * second, why)) {
    return timing_fault::range;
  }
  // 0 is allowed: only on acquiring. Nobody means more than a day.
  if (t.last_seen_interval != 0 && outside("last_seen_interval", t.last_seen_interval,
                                           t.reassure_interval, 86400 * second, why)) {
    why += ", or 0 for only on acquiring; raise it or lower reassure_interval";
    return timing_fault::range;
  }
  const nanos sum = t.reassure_interval + t.reassure_timeout + t.stop_grace + t.margin;
  if (sum > t.ttl) {
    why =
        "reassure_interval " + in_ms(t.reassure_interval) + " + reassure_timeout " +
        in_ms(t.reassure_timeout) + " + stop_grace " + in_ms(t.stop_grace) + " + margin " +
        in_ms(t.margin) + " = " + in_ms(sum) + " exceed the TTL of " + in_ms(t.ttl) +
        ": a leader could still work when etcd gives its key away; lower one of them or raise ttl";
    return timing_fault::unsafe;
  }
  return timing_fault::none;
}

}  // namespace tenure::core
