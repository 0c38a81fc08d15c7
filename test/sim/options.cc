#include "options.hpp"

#include <algorithm>
#include <cstdio>
#include <iterator>

namespace sim {

namespace {

constexpr const char* names[fault_count] = {"pause",        "suspend",       "block",
                                            "crash",        "hole",          "late_last_answer",
                                            "member_crash", "member_freeze", "depose",
                                            "cut_member",   "no_quorum",     "swift_change",
                                            "compaction",   "flood",         "full_store",
                                            "restore",      "lower_terms",   "lie",
                                            "no_entries",   "hand_delete",   "hand_revoke",
                                            "foreign_key",  "tamper",        "tokens_expire",
                                            "stranger",     "no_write",      "resign",
                                            "leave",        "close_session", "observe"};

// How often a kind of fault exists in a world, in per mille.
constexpr std::uint32_t likely[fault_count] = {450, 200, 300, 250, 350, 200, 250, 250, 400, 250,
                                               120, 200, 400, 200, 80,  30,  60,  100, 60,  120,
                                               80,  200, 40,  300, 150, 150, 450, 300, 200, 300};

std::uint32_t rate(stream& from, std::uint32_t likely_per_mille, std::uint32_t most) {
  const bool exists = from.chance(likely_per_mille);
  const auto value = static_cast<std::uint32_t>(1 + from.below(most));
  return exists ? value : 0;
}

void draw_timings(stream& from, options& o) {
  constexpr nanos ttls[] = {2 * second,  3 * second,  5 * second, 10 * second,
                            10 * second, 15 * second, 30 * second};
  auto& a = o.asked;
  a.ttl = from.one_of(ttls);
  constexpr nanos delays[] = {500 * millisecond, 500 * millisecond, 100 * millisecond, 2 * second};
  a.retry_delay = from.one_of(delays);
  if (from.chance(300)) a.stop_grace = from.between(0, a.ttl / 4);
  if (from.chance(200)) a.request_timeout = from.between(a.ttl / 10, a.ttl);
  if (from.chance(200)) a.reassure_interval = from.between(a.ttl / 10, a.ttl / 4);
  if (from.chance(200)) a.reassure_timeout = from.between(a.ttl / 10, a.ttl / 3);
  constexpr nanos announced[] = {0, 6 * second, 15 * second, 300 * second};
  a.last_seen_interval = from.one_of(announced);
  if (a.last_seen_interval != 0)
    a.last_seen_interval = std::max(a.last_seen_interval, a.reassure_interval.value_or(a.ttl / 5));
  if (from.chance(100)) a.jeopardy_after = from.between(a.ttl / 10, a.ttl);
  if (from.chance(150)) a.margin = from.between(a.ttl / 50 + 50 * millisecond, a.ttl / 8);
  std::string why;
  if (check(resolve(a, a.ttl), why) != tenure::core::timing_fault::none) {
    const nanos ttl = a.ttl;
    const nanos retry = a.retry_delay;
    a = {};
    a.ttl = ttl;
    a.retry_delay = retry;
  }
  o.least_ttl = from.chance(30) ? 6 * second : 2 * second;
}

}  // namespace

const char* name(fault f) { return names[static_cast<std::size_t>(f)]; }

options draw(stream& from) {
  options o;
  o.processes = 2 + from.index(4);
  o.elections = 1 + from.index(3);
  constexpr std::size_t sizes[] = {1, 3, 3, 3, 5};
  o.members = from.one_of(sizes);
  draw_timings(from, o);
  o.extension = from.chance(500) ? second : 0;
  o.most_operations = from.chance(50) ? 3 : 128;  // one entry, and what is nested in it
  constexpr std::size_t limits[] = {1, 2, 3, 32, 32};
  o.queue_limit = from.one_of(limits);
  // The default margin covers two clocks that differ by 2 %: each may err by a little less than
  // half.
  o.clock_ppm = from.chance(500) ? 200 : from.chance(500) ? 9000 : 0;
  o.auth = from.chance(150);
  o.auth_off = o.auth && from.chance(200);
  o.two_way = !from.chance(150);
  for (std::size_t f = 0; f < fault_count; ++f) {
    const bool exists = from.chance(likely[f]);
    const nanos mean = from.between(4 * second, 40 * second);
    if (exists) o.every[f] = mean;
  }
  // A session that begins at the stranger's would rightly stay with it.
  if (o.mean(fault::stranger) != 0) {
    if (o.members < 3) o.set(fault::stranger, 0);
    o.set(fault::crash, 0);
    o.set(fault::close_session, 0);
  }
  o.refused = from.chance(5);
  if (o.refused) o.least_ttl = 400 * second;
  // The core asks of etcd that no TTL is longer than the period (safety.md).
  constexpr nanos periods[] = {1, 1, 2, 5};
  const nanos period = from.one_of(periods) * std::max(o.asked.ttl, o.least_ttl);
  if (from.chance(300)) o.checkpoint = period;
  o.lost_request = rate(from, 300, 60);
  o.lost_reply = rate(from, 300, 60);
  o.reset = rate(from, 300, 60);
  o.half = rate(from, 150, 30);
  o.duplicate = rate(from, 200, 40);
  o.slow = rate(from, 300, 80);
  o.lost_delete = rate(from, 150, 300);
  o.late_ack = rate(from, 300, 500);
  o.slowest = from.between(o.asked.ttl / 20, o.asked.ttl * 3 / 2);
  o.longest_pause = from.between(o.asked.ttl / 10, o.asked.ttl * 3);
  constexpr nanos delays[] = {millisecond, millisecond, 5 * millisecond, 40 * millisecond};
  o.usual_delay = from.one_of(delays);
  constexpr nanos lags[] = {millisecond, 3 * millisecond, 50 * millisecond, second};
  o.member_lag = from.one_of(lags);
  o.slow_work = from.chance(300) ? 300 : 0;
  o.user_whims = from.chance(300) ? 100 : 0;
  o.campaign_again = !from.chance(100);
  o.nested_puts_count = from.chance(500);
  o.no_term = rate(from, 100, 200);
  o.large_lost = rate(from, 100, 700);
  o.snapshot = rate(from, 400, 600);
  o.stale_count = rate(from, 300, 700);
  o.unknown_yet = rate(from, 200, 500);
  o.meddling = rate(from, 150, 150);
  o.hidden = rate(from, 300, 700);
  o.renewing_writes = from.chance(300);
  if (o.elections > 1 && from.chance(250)) o.quota = 1 + from.index(o.elections - 1);
  if (from.chance(150)) o.room = 2 + from.index(2);
  o.lie = rate(from, 150, 150);
  return o;
}

options small_world(nanos choices_from, menu choices) {
  options o;
  o.small = true;
  o.processes = 2;
  o.elections = 1;
  o.members = 1;
  o.asked.ttl = 2 * second;
  o.asked.retry_delay = 100 * millisecond;
  o.extension = 0;
  o.usual_delay = millisecond;
  o.member_lag = 0;
  o.calm_from = choices_from + 4 * second;
  o.choices_from = choices_from;
  o.choices = choices;
  return o;
}

std::string describe(const options& o) {
  char line[640];
  const tenure::core::timings t = resolve(o.asked, o.asked.ttl);
  const auto ms = [](nanos n) { return static_cast<long long>(n / millisecond); };
  std::snprintf(line, sizeof line,
                "%zu processes, %zu elections, %zu members; ttl %lld reassure %lld+%lld grace %lld "
                "margin %lld jeopardy %lld "
                "request %lld retry %lld renew %lld ms; reads %zu keys; clocks %d ppm, delay %lld, "
                "lag %lld, slowest %lld, pause %lld ms",
                o.processes, o.elections, o.members, ms(t.ttl), ms(t.reassure_interval),
                ms(t.reassure_timeout), ms(t.stop_grace), ms(t.margin), ms(t.jeopardy_after),
                ms(t.request_timeout), ms(t.retry_delay), ms(t.renew_interval), o.queue_limit,
                o.clock_ppm, ms(o.usual_delay), ms(o.member_lag), ms(o.slowest),
                ms(o.longest_pause));
  std::string out = line;
  std::snprintf(
      line, sizeof line,
      "; per mille: lost request %u, lost reply %u, reset %u, half %u, duplicate %u, "
      "slow %u, lost delete %u, late ack %u, no term %u, large lost %u, snapshot %u, stale count "
      "%u, unknown "
      "yet %u, "
      "meddling %u, hidden %u, lie %u, slow work %u, whims %u, quota %zu;%s%s%s%s%s%s%s every (s):",
      o.lost_request, o.lost_reply, o.reset, o.half, o.duplicate, o.slow, o.lost_delete, o.late_ack,
      o.no_term, o.large_lost, o.snapshot, o.stale_count, o.unknown_yet, o.meddling, o.hidden,
      o.lie, o.slow_work, o.user_whims, o.quota, o.auth ? " auth" : "", o.auth_off ? " (off)" : "",
      o.two_way ? "" : " one-way", o.campaign_again ? "" : " once",
      o.extension != 0 ? " extension" : "", o.checkpoint != 0 ? " checkpoints" : "",
      o.renewing_writes ? " renewing needs the right to write" : "");
  out += line;
  for (std::size_t f = 0; f < fault_count; ++f) {
    if (o.every[f] == 0) continue;
    std::snprintf(line, sizeof line, " %s %lld", names[f],
                  static_cast<long long>(o.every[f] / second));
    out += line;
  }
  return out;
}

}  // namespace sim
