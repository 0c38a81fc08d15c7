// What is made of each answer.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <string>
#include <vector>

#include "test/support/core_host.hpp"
#include "test/unit/wire_world.hpp"

using namespace wire_world;

Test(wire_decode, every_answer_brings_cluster_term_and_revision) {
  world x;
  const std::pair<op, std::string> table[] = {
      {op::authenticate, "{" + header + R"(,"token":"t.1"})"},
      {op::grant, "{" + header + R"(,"ID":"4660","TTL":"12"})"},
      {op::keepalive, R"({"result":{)" + header + R"(,"ID":"4660","TTL":"12"}})"},
      {op::revoke, "{" + header + "}"},
      {op::introduce, "{" + header + "}"},
      {op::confirm, txn(nested(true, ""))},
      {op::read_all, "{" + header + "}"},
      {op::read_queue, txn(range("") + "," + range(""))},
  };
  for (const auto& [what, body] : table) {
    const decoded heard = x.hear(x.asked(what), body);
    cr_assert(heard.answer.what == outcome::ok, "%s", heard.failure.message.c_str());
    cr_assert(eq(u64, +heard.answer.call, 77));
    cr_assert(eq(u64, +heard.answer.cluster, 14841639068965178418U));
    cr_assert(eq(u64, +heard.answer.term, 4));
    cr_assert(eq(i64, +heard.answer.revision, 70));
    if (what == op::authenticate)
      cr_assert(eq(type(std::string), std::string(heard.token), std::string("t.1")));
    if (what == op::grant || what == op::keepalive)
      cr_assert(eq(i64, +heard.answer.ttl, 12 * core::second));
  }
}

Test(wire_decode, a_confirmation_is_only_what_was_asked_for) {
  world x;
  cr_assert(x.hear(x.asked(op::confirm), txn(nested(true, ""))).answer.what == outcome::ok);
  for (const std::string& wrong : {txn(""), "{" + header + "}"}) {
    cr_assert(x.hear(x.asked(op::confirm), wrong).answer.what == outcome::bad_answer);
  }
}

Test(wire_decode, a_keepalive_without_ttl_says_that_the_lease_is_gone) {
  world x;
  const decoded heard =
      x.hear(x.asked(op::keepalive), R"({"result":{)" + header + R"(,"ID":"4660"}})");
  cr_assert(heard.answer.what == outcome::ok);
  cr_assert(eq(i64, +heard.answer.ttl, 0));
}

Test(wire_decode, an_answer_about_another_lease_or_of_an_impossible_ttl_is_none) {
  world x;
  for (const char* rest :
       {R"("ID":"4661","TTL":"10")", R"("TTL":"10")", R"("ID":"4660","TTL":"-1")",
        R"("ID":"4660","TTL":"9223372036854775807")", R"("ID":"4660","TTL":"9000000001")"}) {
    for (const op what : {op::grant, op::keepalive}) {
      const decoded heard = x.hear(x.asked(what), "{" + header + "," + rest + "}");
      cr_assert(heard.answer.what == outcome::bad_answer, "%s", rest);
      cr_assert(eq(u64, +heard.answer.cluster, 0));
      cr_assert(eq(i64, +heard.answer.ttl, 0));
    }
  }
}

Test(wire_decode, a_stand_that_was_applied_brings_the_queue) {
  world x;
  const std::string queue =
      kv("app/leader/77", 60, "119") + "," + kv("app/leader/strange", 61, "0") + "," +
      kv("app/leader/deep/99", 62, "0") + "," + kv("app/leader/1234", 70, "4660");
  const decoded heard = x.hear(x.asked(op::stand), txn(nested(true, put + "," + range(queue))));
  cr_assert(heard.answer.what == outcome::ok, "%s", heard.failure.message.c_str());
  const core::item_answer& item = heard.answer.items.at(0);
  cr_assert(item.applied && not(item.more));
  cr_assert(eq(u32, +item.count, 4));
  const std::int64_t leases[] = {0x77, 0, 0, 0x1234};
  for (std::size_t i = 0; i < 4; ++i) {
    cr_assert(eq(i64, +heard.answer.rivals[i].lease, +leases[i]));
    cr_assert(eq(i64, +heard.answer.rivals[i].create_revision,
                 i == 3 ? 70 : 60 + static_cast<std::int64_t>(i)));
  }
  std::string many;
  for (int i = 0; i < 32; ++i)
    many += (i == 0 ? "" : ",") + kv("app/leader/77" + std::to_string(i), 10 + i, "119");
  const decoded longer = x.hear(x.asked(op::stand), txn(nested(true, put + "," + range(many, 3))));
  cr_assert(longer.answer.what == outcome::ok, "%s", longer.failure.message.c_str());
  cr_assert(longer.answer.items.at(0).more);
}

Test(wire_decode, a_stand_that_found_its_key_says_whose_it_is) {
  world x;
  const std::string own = kv("app/leader/1234", 50, "99");
  const decoded heard =
      x.hear(x.asked(op::stand), txn(nested(false, range(own) + "," + range(own))));
  const core::item_answer& item = heard.answer.items.at(0);
  cr_assert(not(item.applied));
  cr_assert(eq(i64, +item.own_revision, 50));
  cr_assert(eq(i64, +item.own_lease, 99));
}

Test(wire_decode, reassurance_and_withdrawal_say_whether_their_compare_held_and_what_is_there) {
  world x;
  for (const op what : {op::reassure, op::announce, op::withdraw}) {
    const std::string done = what == op::withdraw ? erased : what == op::announce ? put : "";
    const decoded held = x.hear(x.asked(what), txn(nested(true, done)));
    cr_assert(held.answer.items.at(0).applied);
    if (what == op::withdraw) {
      expected absent = x.asked(what);
      absent.items[0].create_revision = 0;
      cr_assert(x.hear(absent, txn(nested(true, ""))).answer.items.at(0).applied);
    }
    // Where the queue was compared, its oldest key is shown as well.
    const auto failed = [what](const std::string& mine) {
      return txn(nested(false, range(mine) + (compares_queue(what) ? "," + range(mine) : "")));
    };
    const decoded gone = x.hear(x.asked(what), failed(""));
    cr_assert(not(gone.answer.items.at(0).applied));
    cr_assert(eq(i64, +gone.answer.items[0].own_revision, 0));
    const decoded other = x.hear(x.asked(what), failed(kv("app/leader/1234", 55, "4660")));
    cr_assert(eq(i64, +other.answer.items.at(0).own_revision, 55));
    cr_assert(eq(i64, +other.answer.items[0].own_lease, 4660));
  }
}

Test(wire_decode, what_was_asked_together_was_applied_to_all_or_differed) {
  world x;
  for (const op what : {op::stand, op::reassure, op::announce, op::withdraw}) {
    expected e = x.asked(what);
    e.together = true;
    e.items = {{0, 50}, {1, 60}};
    const std::string each = what == op::withdraw ? erased : put;
    // All that is reassured together is one empty transaction.
    const std::string done = what == op::reassure ? nested(true, "") : each + "," + each;
    const core::answer held =
        x.hear(e, "{" + header + R"(,"succeeded":true,"responses":[)" + done + "]}").answer;
    cr_assert(held.what == outcome::ok && not(held.differs));
    cr_assert(eq(sz, held.items.size(), 2));
    cr_assert(held.items[0].applied && held.items[1].applied);
    const core::answer differs = x.hear(e, "{" + header + "}").answer;
    cr_assert(differs.what == outcome::ok && differs.differs);
    cr_assert(differs.items.empty());
    for (const std::string& wrong :
         {R"(,"succeeded":true,"responses":[)" + done + "," + each + "]",
          std::string(R"(,"succeeded":true,"responses":[])"), R"(,"responses":[)" + done + "]"}) {
      cr_assert(x.hear(e, "{" + header + wrong + "}").answer.what == outcome::bad_answer);
    }
  }
}

Test(wire_decode, the_leader_is_read_with_its_value) {
  world x;
  const std::string stored = R"({"Instance":"you","LeaderSince":"…"})";
  const decoded heard =
      x.hear(x.asked(op::read_leader), txn(range(kv("app/leader/77", 60, "119", stored))));
  cr_assert(eq(i64, +heard.answer.rivals.at(0).create_revision, 60));
  cr_assert(eq(sz, heard.leaders.size(), 1));
  cr_assert(eq(u32, +heard.leaders[0].election, 0));
  const tenure::leader_info& leader = heard.leaders[0].leader;
  cr_assert(eq(i64, +leader.fencing_token, 60));
  cr_assert(eq(type(std::string), std::string(leader.key), std::string("app/leader/77")));
  cr_assert(eq(type(std::string), std::string(leader.instance), std::string("you")));
  cr_assert(eq(type(std::string), std::string(leader.value), std::string(stored)));
  const decoded longer =
      x.hear(x.asked(op::read_leader),
             txn(range(kv("app/leader/77", 60, "119", std::string(100'000, 'v')))));
  cr_assert(eq(sz, longer.leaders.at(0).leader.value.size(), 65536));
  const decoded none = x.hear(x.asked(op::read_leader), txn(range("")));
  cr_assert(not(static_cast<bool>(none.leaders.at(0).leader)));
}

Test(wire_decode, all_elections_are_read_in_pages) {
  world x;
  core::send s = x.send(op::read_all);
  s.limit = 64;
  const http_request first = x.say(s, "app/");
  cr_assert(first.path == "/v3/kv/range" && has(first.body, b64("app/")) &&
            has(first.body, R"("limit":"64")"));
  cr_assert(not(has(first.body, "revision")));
  s.revision = 70;
  const http_request next = x.say(s, "app/x/leader/1");
  cr_assert(has(next.body, b64("app/x/leader/1")) && has(next.body, b64("app0")) &&
            has(next.body, R"("revision":"70")"));
  const std::string two =
      kv("app/leader/77", 60, "119", "a") + "," + kv("app/x/leader/78", 61, "120", "b");
  expected page_of_two = x.asked(op::read_all);
  page_of_two.limit = 2;
  const decoded page = x.hear(page_of_two, "{" + header + "," + found(two, 7) + "}");
  cr_assert(page.answer.what == outcome::ok && page.answer.more);
  cr_assert(eq(sz, page.page.size(), 2));
  cr_assert(eq(type(std::string), std::string(page.page[1].value), std::string("b")));
  const decoded last = x.hear(x.asked(op::read_all), "{" + header + "," + found(two) + "}");
  cr_assert(not(last.answer.more));
  // Without an end the read would go on for ever.
  cr_assert(x.hear(x.asked(op::read_all), "{" + header + R"(,"more":true})").answer.what ==
            outcome::bad_answer);
}

Test(wire_decode, an_answer_of_another_shape_than_asked_for_is_none) {
  world x;
  for (const op what :
       {op::stand, op::reassure, op::announce, op::withdraw, op::read_queue, op::read_leader}) {
    const std::string two = range("") + "," + range("");
    for (const std::string& body :
         {txn(""), txn(what == op::read_queue ? two + "," + two : two),
          std::string("{" + header + "}"), std::string("{}"), std::string("[]"),
          std::string("null"), std::string("7"), std::string("{")}) {
      const decoded heard = x.hear(x.asked(what), body);
      cr_assert(heard.answer.what == outcome::bad_answer, "%s: %s", name(what), body.c_str());
      cr_assert(heard.answer.items.empty() && heard.answer.rivals.empty() && heard.leaders.empty());
      cr_assert(heard.failure.code == errc::bad_answer);
      cr_assert(has(heard.failure.message, "http://b:2379"));
    }
  }
  for (const std::string& bad : {nested(true, put), nested(false, range(""))}) {
    cr_assert(x.hear(x.asked(op::stand), txn(bad)).answer.what == outcome::bad_answer);
  }
  cr_assert(x.hear(x.asked(op::reassure), txn(nested(false, ""))).answer.what ==
            outcome::bad_answer);
}

Test(wire_decode, what_did_not_arrive_is_told_apart_by_whether_it_may_have_been_executed) {
  world x;
  const struct {
    net::delivery how;
    outcome what;
    errc code;
  } table[] = {{net::delivery::not_sent, outcome::not_sent, errc::unreachable},
               {net::delivery::broken, outcome::broken, errc::unreachable},
               {net::delivery::too_large, outcome::bad_answer, errc::bad_answer},
               {net::delivery::bad_http, outcome::bad_answer, errc::bad_answer}};
  for (const auto& row : table) {
    const decoded heard = x.hear(x.asked(op::stand), "", 0, row.how);
    cr_assert(heard.answer.what == row.what);
    cr_assert(heard.failure.code == row.code);
    for (const char* part : {"stand in the election", "http://b:2379", "it did not work"})
      cr_assert(has(heard.failure.message, part));
  }
}

Test(wire_decode, an_error_inside_a_200_is_an_error) {
  world x;
  const decoded heard = x.hear(
      x.asked(op::keepalive),
      R"({"error":{"grpc_code":14,"http_code":503,"message":"etcdserver: no leader","http_status":"x"}})");
  cr_assert(heard.answer.what == outcome::unavailable);
}

// The answer of a foreign cluster names a leader as any other does. What was read travels with the
// answer, and the core, which refuses it, never says that the leader changed.
Test(wire_decode, an_answer_of_another_cluster_changes_nothing) {
  world x;
  tenure::test::core_host h;
  h.etcd.put(0, 0x77);
  h.feed(core::observe{0, true});
  h.serve_all();
  cr_assert(eq(sz, h.count<core::leader_changed>(), 1));
  h.push({0, true, 0x77, 0, ++h.etcd.revision});  // somebody else leads now: it reads again
  const core::send* asked = h.find(op::read_leader);
  cr_assert(asked != nullptr);
  net::reply r;
  r.delivery = net::delivery::answered;
  r.http_status = 200;
  r.body = txn(range(kv("app/leader/99", 60, "153", R"({"Instance":"impostor"})")));
  const decoded heard = x.in.decode(asked->call, expected(*asked), r);
  cr_assert(heard.answer.what == outcome::ok, "%s", heard.failure.message.c_str());
  cr_assert(heard.leaders.at(0).leader.instance == "impostor");
  cr_assert(heard.answer.cluster != h.etcd.cluster);
  h.arrive(heard.answer);
  cr_assert(eq(sz, h.count<core::leader_changed>(), 1));
  cr_assert(h.last<core::trouble>().why == outcome::wrong_cluster);
}
