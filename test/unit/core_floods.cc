// An etcd that answers nonsense, for ever, is not asked for ever faster: whatever it says, there
// are pauses between the tries.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <functional>
#include <string>
#include <vector>

#include "test/support/core_host.hpp"

using namespace tenure::core;
using tenure::test::core_host;
namespace core = tenure::core;

namespace {

// Answers after half a millisecond, as an etcd on the same machine does, but as it likes to.
class lying_host : public core_host {
 public:
  using core_host::core_host;
  std::function<void(const core::send&, answer&)> lie = [](const core::send&, answer&) {};
  std::function<void(lying_host&)> on_stream;  // a millisecond after it was opened, and then again
  std::size_t requests = 0;
  std::size_t opens = 0;

  // A minute, for the second time: what happens at the beginning does not count.
  void live() {
    feed(core::stand{0});
    feed(core::observe{1, true});
    feed(core::follow{true});
    pass_time(60 * second);
    const std::size_t before = sent.size();
    const std::size_t opened = streams.size();
    pass_time(60 * second);
    requests = sent.size() - before;
    opens = streams.size() - opened;
  }

  void say(const stream_news& n) {
    if (stream && stream->stream == n.stream) feed(n);
  }
  stream_news message() const {
    stream_news n;
    n.stream = stream->stream;
    n.cluster = etcd.cluster;
    return n;
  }

 private:
  static constexpr nanos tick = millisecond / 2;

  void pass_time(nanos span) {
    for (const nanos end = now + span; now < end;) {
      now += open.empty() && !(stream && on_stream) ? std::max(tick, m.next_wake() - now) : tick;
      if (m.next_wake() <= now) feed(woke{});
      const std::vector<core::send> asked = open;
      for (const core::send& s : asked) {
        const bool still = std::any_of(open.begin(), open.end(),
                                       [&](const core::send& o) { return o.call == s.call; });
        if (!still) continue;
        answer a = etcd.execute(s);
        lie(s, a);
        if (a.what != outcome::ok) {
          const outcome what = a.what;
          a = {};
          a.call = s.call;
          a.what = what;
        }
        arrive(a);
      }
      if (stream && on_stream) on_stream(*this);
      for (; heard_ < told.size(); ++heard_) {
        const auto* ended = tenure::test::message<cancelled>(told[heard_]);
        if (ended != nullptr) stop_work(cancelled(*ended).election);
      }
    }
  }
  std::size_t heard_ = 0;
};

settings with(std::size_t endpoints) {
  settings s;
  s.endpoint_count = endpoints;
  return s;
}

// Ten requests and two streams a second, for each endpoint, are more than any honest etcd is asked
// by one candidate.
void expect_bounded(lying_host& h, std::size_t endpoints, const std::string& what) {
  h.live();
  cr_assert(le(sz, h.requests, 600 * endpoints), "%s at %zu: %zu requests a minute", what.c_str(),
            endpoints, h.requests);
  cr_assert(le(sz, h.opens, 120 * endpoints), "%s at %zu: %zu streams a minute", what.c_str(),
            endpoints, h.opens);
}

void always(const std::string& what, const std::function<void(const core::send&, answer&)>& lie) {
  for (const std::size_t endpoints : {1U, 3U}) {
    lying_host h(with(endpoints));
    h.lie = lie;
    expect_bounded(h, endpoints, what);
  }
}

void watched(const std::string& what, const std::function<void(lying_host&)>& lie) {
  for (const std::size_t endpoints : {1U, 3U}) {
    lying_host h(with(endpoints));
    h.on_stream = lie;
    expect_bounded(h, endpoints, what);
  }
}

constexpr op every[] = {op::grant,      op::keepalive,   op::introduce, op::confirm,
                        op::stand,      op::reassure,    op::announce,  op::withdraw,
                        op::read_queue, op::read_leader, op::look,      op::read_all};

}  // namespace

Test(core_floods, whatever_outcome_one_kind_of_request_has_for_ever) {
  for (const op what : every) {
    for (auto how = static_cast<int>(outcome::not_sent); how <= static_cast<int>(outcome::rejected);
         ++how) {
      always("op " + std::to_string(static_cast<int>(what)) + " outcome " + std::to_string(how),
             [&](const core::send& s, answer& a) {
               if (s.what == what) a.what = static_cast<outcome>(how);
             });
    }
  }
}

Test(core_floods, whatever_outcome_all_requests_have_for_ever) {
  for (auto how = static_cast<int>(outcome::not_sent); how <= static_cast<int>(outcome::rejected);
       ++how) {
    always("outcome " + std::to_string(how),
           [&](const core::send&, answer& a) { a.what = static_cast<outcome>(how); });
    // Somebody leads before.
    for (const std::size_t endpoints : {1U, 3U}) {
      lying_host h(with(endpoints));
      h.stand(0);
      h.run(5 * second);
      h.lie = [&](const core::send&, answer& a) { a.what = static_cast<outcome>(how); };
      expect_bounded(h, endpoints, "leader, outcome " + std::to_string(how));
    }
  }
}

Test(core_floods, whatever_revision_an_answer_has) {
  std::int64_t falls = std::int64_t{1} << 40;
  always("falls", [&](const core::send&, answer& a) { a.revision = falls--; });
  always("alternates",
         [&](const core::send&, answer& a) { a.revision = ++falls % 2 == 0 ? 50 : 5000; });
  always("jumps", [&](const core::send&, answer& a) {
    a.revision = ++falls % 7 == 0 ? std::int64_t{1} << 62 : a.revision;
  });
}

Test(core_floods, whatever_term_an_answer_has) {
  std::uint64_t n = 0;
  always("rises", [&](const core::send&, answer& a) { a.term = ++n; });
  always("falls", [&](const core::send&, answer& a) { a.term = 1'000'000'000 - ++n; });
  always("alternates", [&](const core::send&, answer& a) { a.term = 3 + ++n % 2; });
  always("none", [&](const core::send&, answer& a) { a.term = 0; });
  always("of keepalives", [&](const core::send& s, answer& a) {
    if (s.what == op::keepalive) a.term = 2;
  });
  always("of writes", [&](const core::send& s, answer& a) {
    if (s.what != op::keepalive) a.term = 2;
  });
}

Test(core_floods, whatever_cluster_an_answer_is_from) {
  std::uint64_t n = 0;
  always("another each time", [&](const core::send&, answer& a) { a.cluster = 100 + ++n; });
  always("two", [&](const core::send&, answer& a) { a.cluster = 7 + ++n % 2; });
  always("none", [&](const core::send&, answer& a) { a.cluster = 0; });
}

Test(core_floods, whatever_the_watch_says) {
  std::int64_t n = 1000;
  watched("ends at once", [](lying_host& h) { h.cut(outcome::broken); });
  watched("is no etcd's", [](lying_host& h) { h.cut(outcome::bad_answer); });
  watched("is refused for its token", [](lying_host& h) { h.canceled(outcome::token_invalid); });
  watched("is cancelled", [](lying_host& h) { h.canceled(outcome::unavailable); });
  watched("lives a moment", [&](lying_host& h) {
    if (h.now % (700 * millisecond) < millisecond) {
      h.cut(outcome::broken);
    } else {
      stream_news created = h.message();
      created.created = true;
      h.say(created);
    }
  });
  watched("compaction that rises", [&](lying_host& h) { h.canceled(outcome::compacted, n += 7); });
  watched("compaction of the future",
          [&](lying_host& h) { h.canceled(outcome::compacted, (std::int64_t{1} << 61) + ++n); });
  watched("compaction of the past", [](lying_host& h) { h.canceled(outcome::compacted, 1); });
  watched("another cluster", [](lying_host& h) {
    stream_news m = h.message();
    m.cluster = 99;
    h.say(m);
  });
  watched("our key's end", [&](lying_host& h) {
    stream_news m = h.message();
    m.last_revision = h.etcd.revision;
    m.changes.push_back({0, true, h.lease(), 0, h.etcd.revision});
    h.say(m);
  });
}

Test(core_floods, a_login_that_does_not_help) {
  for (const std::size_t endpoints : {1U, 3U}) {
    settings s = with(endpoints);
    s.authenticate = true;
    lying_host h(s);
    h.lie = [](const core::send& asked, answer& a) {
      if (asked.what != op::authenticate) a.what = outcome::token_invalid;
    };
    expect_bounded(h, endpoints, "every token is refused");
  }
}
