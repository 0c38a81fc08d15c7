// What an answer may not say, because no etcd ever could.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <string>
#include <vector>

#include "test/unit/wire_world.hpp"

using namespace wire_world;

namespace {

using texts = std::vector<std::string>;

const std::string own = kv("app/leader/1234", 50, "4660");
const std::string born = kv("app/leader/1234", 70, "4660");
const std::string older = kv("app/leader/77", 40, "119");
const std::string younger = kv("app/leader/78", 60, "120");

std::string key(const std::string& name, const std::string& rest) {
  return R"({"key":")" + b64(name) + "\"," + rest + "}";
}
std::string header_with(const std::string& revision, const std::string& member = "1") {
  return R"("header":{"cluster_id":"9","member_id":)" + member + R"(,"revision":)" + revision +
         R"(,"raft_term":"4"})";
}

void takes(const expected& e, const std::string& body) {
  world x;
  const decoded heard = x.hear(e, body);
  cr_assert(heard.answer.what == outcome::ok, "%s\n%s", body.c_str(),
            heard.failure.message.c_str());
}

void refuses(const expected& e, const texts& bodies) {
  world x;
  for (const std::string& body : bodies) {
    const decoded heard = x.hear(e, body);
    cr_assert(heard.answer.what == outcome::bad_answer, "%s", body.c_str());
    cr_assert(heard.failure.code == errc::bad_answer);
    cr_assert(has(heard.failure.message, "http://b:2379"));
    cr_assert(eq(i64, +heard.answer.revision, 0));
    cr_assert(heard.answer.items.empty() && heard.answer.rivals.empty());
    cr_assert(heard.page.empty() && heard.leaders.empty() && heard.token.empty());
  }
}

bool heard_on_watch(const std::string& rest, const std::string& head = header) {
  world x;
  watch_heard heard;
  const bool taken = x.watch.message(9, 1, R"({"result":{)" + head + rest + "}}", heard);
  cr_assert(taken == (heard.failure.code != errc::bad_answer));
  cr_assert(taken || (heard.news.changes.empty() && heard.events.empty()));
  return taken;
}

std::string events(const std::string& all) { return R"(,"events":[)" + all + "]"; }
std::string erased_at(const std::string& revision, const char* name = "app/leader/77") {
  return R"({"type":"DELETE","kv":)" + key(name, R"("mod_revision":)" + revision) + "}";
}

}  // namespace

Test(wire_well_formed, every_answer_has_a_member_and_a_revision_that_etcd_can_have) {
  world x;
  const std::string last = R"("9223372036854775807")";
  for (const std::string& head :
       {header_with("0"), header_with(R"("-1")"), header_with(last), header_with("null"),
        header_with("7.5"), header_with(R"("7.0")"), header_with(R"("9223372036854775808")"),
        header_with("1e3"), header_with("7", "0"), header_with("7", "null")}) {
    refuses(x.asked(op::confirm),
            {"{" + head + R"(,"succeeded":true,"responses":[)" + nested(true, "") + "]}"});
    refuses(x.asked(op::grant), {"{" + head + R"(,"ID":"4660","TTL":"10"})"});
    refuses(x.asked(op::keepalive), {R"({"result":{)" + head + R"(,"ID":"4660","TTL":"10"}})"});
    refuses(x.asked(op::revoke), {"{" + head + "}"});
    refuses(x.asked(op::introduce), {"{" + head + "}"});
    refuses(x.asked(op::read_all), {"{" + head + "}"});
    refuses(x.asked(op::authenticate), {"{" + head + R"(,"token":"t"})"});
    cr_assert(not(heard_on_watch(R"(,"created":true)", head)), "%s", head.c_str());
  }
}

Test(wire_well_formed, a_ttl_is_the_one_asked_for_or_one_that_etcd_raised) {
  world x;
  for (const op what : {op::grant, op::keepalive}) {
    for (const char* ttl : {"10", "11", "75"})
      takes(x.asked(what), "{" + header + R"(,"ID":"4660","TTL":")" + ttl + "\"}");
    for (const char* ttl : {"1", "9", "76", "1000000000", "-1"})
      refuses(x.asked(what), {"{" + header + R"(,"ID":"4660","TTL":")" + ttl + "\"}"});
  }
  for (const char* ttl : {R"(,"TTL":"0")", ""})
    refuses(x.asked(op::grant), {"{" + header + R"(,"ID":"4660")" + ttl + "}"});
  expected longer = x.asked(op::grant);
  longer.ttl = 300 * core::second;
  takes(longer, "{" + header + R"(,"ID":"4660","TTL":"300"})");
  refuses(longer, {"{" + header + R"(,"ID":"4660","TTL":"301"})"});
}

Test(wire_well_formed, a_key_s_revisions_and_version_fit_to_each_other) {
  world x;
  const auto leader = [](const std::string& rest) {
    return txn(range(key("app/leader/77", rest)));
  };
  takes(x.asked(op::read_leader),
        leader(R"("create_revision":"5","mod_revision":"9","version":"3","lease":"119")"));
  refuses(x.asked(op::read_leader),
          {leader(R"("create_revision":"0","mod_revision":"9","version":"1")"),
           leader(R"("create_revision":"-5","mod_revision":"9","version":"1")"),
           leader(R"("mod_revision":"9","version":"1")"),
           leader(R"("create_revision":"9","mod_revision":"5","version":"1")"),
           leader(R"("create_revision":"9","version":"1")"),
           leader(R"("create_revision":"71","mod_revision":"71","version":"1")"),
           leader(R"("create_revision":"5","mod_revision":"71","version":"3")"),
           leader(R"("create_revision":"5","mod_revision":"9","version":"0")"),
           leader(R"("create_revision":"5","mod_revision":"9","version":"-3")"),
           leader(R"("create_revision":"5","mod_revision":"9")"),
           leader(R"("create_revision":"5","mod_revision":"9","version":"1")"),
           leader(R"("create_revision":"9","mod_revision":"9","version":"2")"),
           leader(R"("create_revision":"5","mod_revision":"9","version":"6")"),
           leader(R"("create_revision":5.5,"mod_revision":"9","version":"2")"),
           leader(R"("create_revision":"9223372036854775808","mod_revision":"9","version":"2")")});
}

Test(wire_well_formed, a_range_holds_what_was_asked_for_and_counts_it) {
  world x;
  const auto leader = [](const std::string& inner) {
    return txn(R"({"response_range":{)" + inner + "}}");
  };
  takes(x.asked(op::read_leader), leader(found(older, 5)));
  refuses(
      x.asked(op::read_leader),
      {leader(found(older + "," + younger)), leader(R"("kvs":[)" + older + R"(],"count":"0")"),
       leader(R"("kvs":[)" + older + "]"), leader(R"("kvs":[)" + older + R"(],"count":"-1")"),
       leader(R"("kvs":[)" + older + R"(],"count":"2")"),
       leader(R"("kvs":[)" + older + R"(],"count":"1","more":true)"), leader(R"("count":"3")"),
       leader(R"("more":true)"), leader(R"("header":{"revision":"71"},)" + found(older)),
       leader(R"("header":{"revision":"-1"},)" + found(older)),
       leader(found(kv("app/x/leader/77", 40, "119"))), leader(found(kv("app/leader", 40, "119"))),
       leader(found(kv("other/leader/77", 40, "119")))});
}

Test(wire_well_formed, a_queue_is_in_order_of_age_and_has_every_key_once) {
  world x;
  const auto read = [](const std::string& queue, int further = 0) {
    return txn(range(queue, further) + "," + range(own));
  };
  takes(x.asked(op::read_queue), read(older + "," + own + "," + younger));
  refuses(x.asked(op::read_queue),
          {read(younger + "," + own), read(own + "," + older), read(older + "," + own + "," + own),
           read(older + "," + older + "," + own), read(older + "," + own, 4),
           read(older + "," + own + "," + kv("app/x/leader/78", 60, "120")),
           read(kv("app/leader/77", 40, "119", "a value") + "," + own)});
}

Test(wire_well_formed, our_key_and_the_queue_say_the_same) {
  world x;
  const auto read = [](const std::string& queue, const std::string& mine) {
    return txn(range(queue) + "," + range(mine));
  };
  takes(x.asked(op::read_queue), read(older, ""));
  takes(x.asked(op::read_queue), read("", ""));
  refuses(x.asked(op::read_queue),
          {read(older, own), read("", own), read(older + "," + own, ""),
           read(kv("app/leader/1234", 41, "4660"), own), read(kv("app/leader/1234", 50, "7"), own),
           read(own, kv("app/leader/12345", 50, "4660")), read(own, older + "," + own)});
}

Test(wire_well_formed, a_key_that_was_just_created_is_the_youngest_of_its_queue) {
  world x;
  const auto stood = [](const std::string& queue, int further = 0) {
    return txn(nested(true, put + "," + range(queue, further)));
  };
  takes(x.asked(op::stand), stood(born));
  takes(x.asked(op::stand), stood(kv("app/leader/1234", 70, "0")));  // as etcd 3.7 says it
  takes(x.asked(op::stand), stood(older + "," + born));
  refuses(
      x.asked(op::stand),
      {stood(""), stood(older), stood(own), stood(older + "," + own),
       stood(kv("app/leader/1234", 70, "99")), stood(older + "," + kv("app/leader/78", 70, "120")),
       stood(born + "," + kv("app/leader/78", 70, "120")),
       stood(kv("app/x/leader/1234", 70, "4660")), stood(born, 1),
       txn(nested(true, R"({"response_put":{"header":{"revision":"69"}}},)" + range(born))),
       txn(nested(true, range(born) + "," + range(born))), txn(nested(true, put + "," + put)),
       txn(nested(true, erased + "," + range(born)))});
}

Test(wire_well_formed, a_key_that_was_there_already_is_shown) {
  world x;
  const auto found_it = [](const std::string& mine, const std::string& queue) {
    return txn(nested(false, range(mine) + "," + range(queue)));
  };
  takes(x.asked(op::stand), found_it(own, own));
  refuses(x.asked(op::stand),
          {found_it("", ""), found_it("", older), found_it("", own), found_it(own, older),
           found_it(older, older + "," + own), txn(nested(false, put + "," + range(own)))});
}

Test(wire_well_formed, a_compare_that_failed_shows_something_else_than_was_compared) {
  world x;
  const std::string changed = kv("app/leader/1234", 51, "4660");
  for (const op what : {op::reassure, op::announce, op::withdraw}) {
    expected asked = x.asked(what);
    asked.items[0].nobody_before = 0;
    takes(asked, txn(nested(false, range(changed))));
    takes(asked, txn(nested(false, range(""))));
    refuses(asked, {txn(nested(false, range(own))), txn(nested(false, range(older))),
                    txn(nested(false, put)), txn(nested(false, "")), txn(put),
                    txn(nested(false, range(changed) + "," + range(changed)))});
  }
  expected absent = x.asked(op::withdraw);
  absent.items[0].create_revision = 0;
  takes(absent, txn(nested(true, "")));
  refuses(absent, {txn(nested(false, range(""))), txn(nested(true, erased))});
}

Test(wire_well_formed, a_leader_that_is_refused_is_shown_who_is_in_front) {
  world x;
  const auto failed = [](const std::string& mine, const std::string& first, int further = 0) {
    return txn(nested(false, range(mine) + "," + range(first, further)));
  };
  const std::string changed = kv("app/leader/1234", 51, "4660");
  for (const op what : {op::reassure, op::announce}) {
    takes(x.asked(what), failed(own, older, 1));
    takes(x.asked(what), failed("", ""));
    takes(x.asked(what), failed("", younger));
    takes(x.asked(what), failed(changed, changed, 3));
    refuses(x.asked(what),
            {failed(own, own), failed(own, own, 3), failed(own, older), failed(own, ""),
             failed(own, younger, 1), failed(changed, older), failed("", own),
             txn(nested(false, range(own))), txn(nested(false, range(""))), txn(nested(false, put)),
             txn(nested(false, "")), txn(put)});
  }
}

Test(wire_well_formed, what_was_done_is_what_was_asked_for) {
  world x;
  const std::string nothing_deleted = R"({"response_delete_range":{}})";
  const std::string two_deleted = R"({"response_delete_range":{"deleted":"2"}})";
  takes(x.asked(op::withdraw), txn(nested(true, erased)));
  refuses(x.asked(op::withdraw),
          {txn(nested(true, "")), txn(nested(true, put)), txn(nested(true, nothing_deleted)),
           txn(nested(true, two_deleted)), txn(nested(true, erased + "," + erased))});
  refuses(x.asked(op::announce), {txn(nested(true, "")), txn(nested(true, erased))});
  refuses(x.asked(op::reassure), {txn(nested(true, put)), txn(nested(true, range("")))});
  refuses(x.asked(op::confirm),
          {txn(nested(false, "")), txn(nested(true, put)), txn(put), txn(range("")),
           "{" + header + R"(,"responses":[)" + nested(true, "") + "]}"});
  expected both = x.asked(op::withdraw);
  both.together = true;
  both.items = {{0, 50}, {1, 60}};
  takes(both, txn(erased + "," + erased));
  refuses(both, {txn(erased + "," + nothing_deleted), txn(erased + "," + put),
                 txn(nested(true, erased) + "," + erased), txn(erased)});
  both.what = op::stand;
  takes(both, txn(put + "," + put));
  // Else the answer's revision would be a fencing token that the key does not have.
  const std::string put_before = R"({"response_put":{"header":{"revision":"69"}}})";
  refuses(both, {txn(put + "," + erased), txn(range("") + "," + put), txn(put_before + "," + put)});
  both.what = op::reassure;
  refuses(both, {txn(nested(false, "")), txn(put), txn(nested(true, put))});
}

Test(wire_well_formed, entries_without_success_of_the_whole_are_none) {
  world x;
  refuses(x.asked(op::reassure), {"{" + header + R"(,"responses":[)" + nested(true, "") + "]}"});
  refuses(x.asked(op::read_leader), {"{" + header + R"(,"responses":[)" + range(older) + "]}"});
}

Test(wire_well_formed, a_page_goes_on_where_the_last_one_ended) {
  world x;
  expected next = x.asked(op::read_all);
  next.revision = 60;
  next.limit = 2;
  next.next_key = std::string("app/leader/77\0", 14);
  const auto page = [](const std::string& kvs, int further = 0) {
    return "{" + header + "," + found(kvs, further) + "}";
  };
  const std::string after = kv("app/leader/78", 50, "120", "v");
  takes(next, page(after));
  takes(next, page(after + "," + kv("app/x/leader/1", 51, "1"), 9));
  refuses(next, {page(older), page(older + "," + after), page(after + "," + after, 9),
                 page(kv("app/x/leader/1", 51, "1") + "," + after), page(after, 9), page("", 9),
                 page(kv("app/leader/78", 61, "120")), page(kv("apq/leader/78", 50, "120")),
                 "{" + header_with("59") + "," + found(after) + "}"});
}

Test(wire_well_formed, events_are_of_our_watch_in_order_and_not_of_the_future) {
  const std::string put_at_60 =
      R"({"kv":)" +
      key("app/leader/78", R"("create_revision":"60","mod_revision":"60","version":"1")") + "}";
  cr_assert(heard_on_watch(events(erased_at("60") + "," + put_at_60 + "," + erased_at("70"))));
  cr_assert(heard_on_watch(R"(,"created":true)"));
  cr_assert(heard_on_watch(R"(,"watch_id":"-1")"));
  for (const std::string& lie :
       {events(erased_at("71")), events(erased_at("0")), events(erased_at("-1")),
        events(erased_at("9223372036854775807")), events(erased_at("61") + "," + erased_at("60")),
        events(erased_at("60", "other/leader/77")), events(erased_at("60", "app")),
        R"(,"watch_id":"1")" + events(erased_at("60")),
        R"(,"watch_id":"-1")" + events(erased_at("60")), std::string(R"(,"watch_id":"3")"),
        R"(,"created":true)" + events(erased_at("60")),
        R"(,"canceled":true)" + events(erased_at("60")), std::string(R"(,"compact_revision":"60")"),
        std::string(R"(,"canceled":true,"compact_revision":"-1")"),
        std::string(R"(,"canceled":true,"compact_revision":"9223372036854775807")"),
        events(R"({"kv":)" + key("app/leader/78", R"("mod_revision":"60")") + "}"),
        events(R"({"kv":)" +
               key("app/leader/78", R"("create_revision":"61","mod_revision":"60","version":"1")") +
               "}")}) {
    cr_assert(not(heard_on_watch(lie)), "%s", lie.c_str());
  }
  // Who tells of changes says under which term.
  cr_assert(not(heard_on_watch(events(erased_at("60")),
                               R"("header":{"cluster_id":"9","member_id":"1","revision":"70"})")));
  // The end of a watch for compaction comes without a revision.
  cr_assert(heard_on_watch(R"(,"canceled":true,"compact_revision":"60")",
                           R"("header":{"cluster_id":"9","member_id":"1","raft_term":"4"})"));
}
