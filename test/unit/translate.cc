// Between the core's words and etcd's: what is sent for each request, and what is made of each
// answer.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <functional>
#include <string>

#include "etcd/base64.hpp"
#include "wire/translate.hpp"

using namespace tenure::detail;
using tenure::errc;
using tenure::session_options;
using tenure::core::op;
using tenure::core::outcome;
namespace core = tenure::core;
namespace net = tenure::net;

namespace {

const std::string header =
    R"("header":{"cluster_id":"14841639068965178418","member_id":"1","revision":"70","raft_term":"4"})";

std::string b64(const std::string& bytes) {
  std::string out;
  tenure::etcd::append_base64(out, bytes);
  return out;
}

// A key as a range answers it.
std::string kv(const std::string& key, int created, const std::string& lease,
               const std::string& value = "") {
  return R"({"key":")" + b64(key) + R"(","create_revision":")" + std::to_string(created) +
         R"(","mod_revision":"70","version":"1")" +
         (value.empty() ? "" : R"(,"value":")" + b64(value) + "\"") + R"(,"lease":")" + lease +
         "\"}";
}
std::string range(const std::string& kvs, bool more = false) {
  return R"({"response_range":{)" + header + (kvs.empty() ? "" : R"(,"kvs":[)" + kvs + "]") +
         (more ? R"(,"more":true)" : "") + "}}";
}
std::string nested(bool succeeded, const std::string& responses) {
  return R"({"response_txn":{)" + header + (succeeded ? R"(,"succeeded":true)" : "") +
         (responses.empty() ? "" : R"(,"responses":[)" + responses + "]") + "}}";
}
std::string txn(const std::string& responses) {
  return "{" + header + R"(,"succeeded":true,"responses":[)" + responses + "]}";
}
const std::string put = R"({"response_put":{)" + header + "}}";
const std::string erased = R"({"response_delete_range":{)" + header + R"(,"deleted":"1"}})";

struct translating {
  session_options options;
  electorate elections{"app"};
  translator t{elections, options};

  translating() {
    options.endpoints = {"http://a:2379", "http://b:2379"};
    options.instance = "me";
    options.auth.user = "root";
    options.auth.password = "swordfish";
    elections.add("");
    elections.add("x");
  }
  expected asked(op what, bool write = true) {
    expected e;
    e.what = what;
    e.write = write;
    e.endpoint = 1;
    e.lease = 0x1234;
    if (what == op::stand || what == op::reassure || what == op::withdraw ||
        what == op::read_queue || what == op::read_leader) {
      e.elections = {0};
    }
    return e;
  }
  translated hear(const expected& e, std::string body, long status = 200,
                  net::delivery how = net::delivery::answered) {
    net::reply r;
    r.delivery = how;
    r.http_status = status;
    r.body = std::move(body);
    r.failure = how == net::delivery::answered ? "" : "it did not work";
    return t.decode(77, e, r);
  }
  core::send send(op what) {
    core::send s;
    s.what = what;
    s.lease = 0x1234;
    s.ttl = 10 * core::second;
    s.items = {{0, 50}, {1, 60}};
    return s;
  }
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

Test(translate, every_request_goes_to_its_path_with_what_it_needs) {
  translating x;
  const std::string key = b64("app/leader/1234");
  const struct {
    op what;
    const char* path;
    std::vector<std::string> parts;
  } table[] = {
      {op::authenticate,
       "/v3/auth/authenticate",
       {R"("name":"root")", R"("password":"swordfish")"}},
      {op::grant, "/v3/lease/grant", {R"("ID":"4660")", R"("TTL":"10")"}},
      {op::keepalive, "/v3/lease/keepalive", {R"("ID":"4660")"}},
      {op::revoke, "/v3/lease/revoke", {R"("ID":"4660")"}},
      {op::confirm, "/v3/kv/range", {b64("app/")}},
      {op::stand,
       "/v3/kv/txn",
       {key, b64("app/x/leader/1234"), b64("app/leader/"), R"("lease":"4660")",
        R"("create_revision":"0")"}},
      {op::reassure,
       "/v3/kv/txn",
       {key, R"("create_revision":"50")", R"("create_revision":"60")", R"("lease":"4660")"}},
      {op::withdraw, "/v3/kv/txn", {key, R"("create_revision":"50")", "request_delete_range"}},
      {op::read_queue,
       "/v3/kv/txn",
       {b64("app/leader/"), b64("app/x/leader/"), R"("keys_only":true)"}},
      {op::read_leader, "/v3/kv/txn", {b64("app/leader/"), R"("limit":"1")"}},
  };
  for (const auto& row : table) {
    const http_request r = x.t.encode(x.send(row.what));
    cr_assert(r.path == row.path, "%s", row.path);
    for (const std::string& part : row.parts)
      cr_assert(has(r.body, part), "%s lacks %s", r.body.c_str(), part.c_str());
    if (row.what != op::authenticate) cr_assert(not(has(r.body, "swordfish")));
  }
}

Test(translate, a_reassurance_that_must_not_write_only_reads) {
  translating x;
  core::send s = x.send(op::reassure);
  s.write = false;
  const http_request r = x.t.encode(s);
  cr_assert(not(has(r.body, "request_put")));
  cr_assert(has(r.body, "request_range"));
}

Test(translate, a_watch_asks_for_all_of_the_app_from_the_revision_on) {
  translating x;
  core::open_stream s;
  s.revision = 71;
  cr_assert(has(x.t.watch_body(s), b64("app/")) &&
            has(x.t.watch_body(s), R"("start_revision":"71")"));
  cr_assert(has(x.t.watch_body(s), "NOPUT") && has(x.t.watch_body(s), "progress_request"));
  s.puts = true;
  cr_assert(not(has(x.t.watch_body(s), "NOPUT")));
}

Test(translate, every_answer_brings_cluster_term_and_revision) {
  translating x;
  const std::pair<op, std::string> table[] = {
      {op::authenticate, "{" + header + R"(,"token":"t.1"})"},
      {op::grant, "{" + header + R"(,"ID":"4660","TTL":"12"})"},
      {op::keepalive, R"({"result":{)" + header + R"(,"ID":"4660","TTL":"12"}})"},
      {op::revoke, "{" + header + "}"},
      {op::confirm, "{" + header + R"(,"count":"3"})"},
      {op::read_all, "{" + header + R"(,"count":"3"})"},
      {op::read_queue, txn(range("") + "," + range(""))},
  };
  for (const auto& [what, body] : table) {
    const translated heard = x.hear(x.asked(what), body);
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

Test(translate, a_keepalive_without_ttl_says_that_the_lease_is_gone) {
  translating x;
  const translated heard =
      x.hear(x.asked(op::keepalive), R"({"result":{)" + header + R"(,"ID":"4660"}})");
  cr_assert(heard.answer.what == outcome::ok);
  cr_assert(eq(i64, +heard.answer.ttl, 0));
}

Test(translate, an_answer_about_another_lease_or_of_an_impossible_ttl_is_none) {
  translating x;
  for (const char* rest :
       {R"("ID":"4661","TTL":"10")", R"("TTL":"10")", R"("ID":"4660","TTL":"-1")",
        R"("ID":"4660","TTL":"9223372036854775807")"}) {
    for (const op what : {op::grant, op::keepalive}) {
      const translated heard = x.hear(x.asked(what), "{" + header + "," + rest + "}");
      cr_assert(heard.answer.what == outcome::bad_answer, "%s", rest);
      cr_assert(eq(u64, +heard.answer.cluster, 0));
      cr_assert(eq(i64, +heard.answer.ttl, 0));
    }
  }
}

Test(translate, a_stand_that_was_applied_brings_the_queue) {
  translating x;
  const std::string queue =
      kv("app/leader/77", 60, "119") + "," + kv("app/leader/strange", 61, "0") + "," +
      kv("app/leader/deep/99", 62, "0") + "," + kv("app/leader/1234", 70, "4660");
  const translated heard =
      x.hear(x.asked(op::stand), txn(nested(true, put + "," + range(queue, true))));
  cr_assert(heard.answer.what == outcome::ok, "%s", heard.failure.message.c_str());
  const core::item_answer& item = heard.answer.items.at(0);
  cr_assert(item.applied && item.more);
  cr_assert(eq(u32, +item.count, 4));
  const std::int64_t leases[] = {0x77, 0, 0, 0x1234};
  for (std::size_t i = 0; i < 4; ++i) {
    cr_assert(eq(i64, +heard.answer.rivals[i].lease, +leases[i]));
    cr_assert(eq(i64, +heard.answer.rivals[i].create_revision,
                 i == 3 ? 70 : 60 + static_cast<std::int64_t>(i)));
  }
}

Test(translate, a_stand_that_found_its_key_says_whose_it_is) {
  translating x;
  const std::string own = kv("app/leader/1234", 50, "99");
  const translated heard =
      x.hear(x.asked(op::stand), txn(nested(false, range(own) + "," + range(own))));
  const core::item_answer& item = heard.answer.items.at(0);
  cr_assert(not(item.applied));
  cr_assert(eq(i64, +item.own_revision, 50));
  cr_assert(eq(i64, +item.own_lease, 99));
}

Test(translate, reassurance_and_withdrawal_say_whether_their_compare_held_and_what_is_there) {
  translating x;
  for (const op what : {op::reassure, op::withdraw}) {
    const translated held =
        x.hear(x.asked(what), txn(nested(true, what == op::reassure ? put : erased)));
    cr_assert(held.answer.items.at(0).applied);
    const translated empty =
        x.hear(x.asked(what), txn(nested(true, "")));  // expected absent, and it was
    cr_assert(empty.answer.items.at(0).applied);
    const translated gone = x.hear(x.asked(what), txn(nested(false, range(""))));
    cr_assert(not(gone.answer.items.at(0).applied));
    cr_assert(eq(i64, +gone.answer.items[0].own_revision, 0));
    const translated other =
        x.hear(x.asked(what), txn(nested(false, range(kv("app/leader/1234", 55, "4660")))));
    cr_assert(eq(i64, +other.answer.items.at(0).own_revision, 55));
    cr_assert(eq(i64, +other.answer.items[0].own_lease, 4660));
  }
  const translated read =
      x.hear(x.asked(op::reassure, false), txn(range(kv("app/leader/1234", 50, "4660"))));
  cr_assert(eq(i64, +read.answer.items.at(0).own_revision, 50));
}

Test(translate, what_was_asked_together_was_applied_to_all_or_differed) {
  translating x;
  for (const op what : {op::stand, op::reassure, op::withdraw}) {
    expected e = x.asked(what);
    e.together = true;
    e.elections = {0, 1};
    const std::string done = what == op::withdraw ? erased : put;
    const core::answer held =
        x.hear(e, "{" + header + R"(,"succeeded":true,"responses":[)" + done + "," + done + "]}")
            .answer;
    cr_assert(held.what == outcome::ok && not(held.differs));
    cr_assert(eq(sz, held.items.size(), 2));
    cr_assert(held.items[0].applied && held.items[1].applied);
    const core::answer differs = x.hear(e, "{" + header + "}").answer;
    cr_assert(differs.what == outcome::ok && differs.differs);
    cr_assert(differs.items.empty());
    for (const std::string& wrong :
         {R"(,"succeeded":true,"responses":[)" + done + "]", R"(,"responses":[)" + done + "]"}) {
      cr_assert(x.hear(e, "{" + header + wrong + "}").answer.what == outcome::bad_answer);
    }
  }
}

Test(translate, the_leader_is_read_with_its_value) {
  translating x;
  const std::string stored = R"({"Instance":"you","LeaderSince":"…"})";
  const translated heard =
      x.hear(x.asked(op::read_leader), txn(range(kv("app/leader/77", 60, "119", stored))));
  cr_assert(eq(i64, +heard.answer.rivals.at(0).create_revision, 60));
  const tenure::leader_info& leader = x.elections[0].see().leader;
  cr_assert(eq(i64, +leader.fencing_token, 60));
  cr_assert(eq(type(std::string), std::string(leader.instance), std::string("you")));
  cr_assert(eq(type(std::string), std::string(leader.value), std::string(stored)));
  x.hear(x.asked(op::read_leader),
         txn(range(kv("app/leader/77", 60, "119", std::string(100'000, 'v')))));
  cr_assert(eq(sz, x.elections[0].see().leader.value.size(), 65536));
  x.hear(x.asked(op::read_leader), txn(range("")));
  cr_assert(eq(i64, +x.elections[0].see().leader.fencing_token, 0));
}

Test(translate, all_elections_are_read_in_pages) {
  translating x;
  core::send s = x.send(op::read_all);
  s.limit = 64;
  const http_request first = x.t.encode(s, "app/");
  cr_assert(first.path == "/v3/kv/range" && has(first.body, b64("app/")) &&
            has(first.body, R"("limit":"64")"));
  cr_assert(not(has(first.body, "revision")));
  s.revision = 70;
  const http_request next = x.t.encode(s, "app/x/leader/1");
  cr_assert(has(next.body, b64("app/x/leader/1")) && has(next.body, b64("app0")) &&
            has(next.body, R"("revision":"70")"));
  const std::string keys = R"(,"kvs":[)" + kv("app/leader/77", 60, "119", "a") + "," +
                           kv("app/x/leader/78", 61, "120", "b") + "]";
  const translated page = x.hear(x.asked(op::read_all), "{" + header + keys + R"(,"more":true})");
  cr_assert(page.answer.what == outcome::ok && page.answer.more);
  cr_assert(eq(sz, page.page.size(), 2));
  cr_assert(eq(type(std::string), std::string(page.page[1].value), std::string("b")));
  const translated last = x.hear(x.asked(op::read_all), "{" + header + keys + "}");
  cr_assert(not(last.answer.more));
  // Without an end the read would go on for ever.
  cr_assert(x.hear(x.asked(op::read_all), "{" + header + R"(,"more":true})").answer.what ==
            outcome::bad_answer);
}

Test(translate, an_answer_of_another_shape_than_asked_for_is_none) {
  translating x;
  for (const op what : {op::stand, op::reassure, op::withdraw, op::read_queue, op::read_leader}) {
    const std::string two = range("") + "," + range("");
    for (const std::string& body :
         {txn(""), txn(what == op::read_queue ? two + "," + two : two),
          std::string("{" + header + "}"), std::string("{}"), std::string("[]"),
          std::string("null"), std::string("7"), std::string("{")}) {
      const translated heard = x.hear(x.asked(what), body);
      cr_assert(heard.answer.what == outcome::bad_answer, "%s: %s", name(what), body.c_str());
      cr_assert(heard.answer.items.empty() && heard.answer.rivals.empty());
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

Test(translate, what_did_not_arrive_is_told_apart_by_whether_it_may_have_been_executed) {
  translating x;
  const struct {
    net::delivery how;
    outcome what;
    errc code;
  } table[] = {{net::delivery::not_sent, outcome::not_sent, errc::unreachable},
               {net::delivery::broken, outcome::broken, errc::unreachable},
               {net::delivery::too_large, outcome::bad_answer, errc::bad_answer},
               {net::delivery::bad_http, outcome::bad_answer, errc::bad_answer}};
  for (const auto& row : table) {
    const translated heard = x.hear(x.asked(op::stand), "", 0, row.how);
    cr_assert(heard.answer.what == row.what);
    cr_assert(heard.failure.code == row.code);
    for (const char* part : {"stand in the election", "http://b:2379", "it did not work"})
      cr_assert(has(heard.failure.message, part));
  }
}

Test(translate, refusals_of_both_gateways_become_an_outcome_and_a_message_with_the_remedy) {
  translating x;
  const struct {
    const char* text;
    int code;
    long status;
    outcome what;
    errc to_user;
    const char* remedy;
  } table[] = {
      {"etcdserver: requested lease not found", 5, 404, outcome::lease_gone, errc::lease_gone,
       "a new one is taken"},
      {"etcdserver: lease already exists", 9, 412, outcome::lease_exists, errc::refused, ""},
      {"etcdserver: mvcc: database space exceeded", 8, 429, outcome::no_space, errc::no_space,
       "compact and defragment"},
      {"etcdserver: too many requests", 8, 429, outcome::overloaded, errc::unavailable, ""},
      {"etcdserver: invalid auth token", 16, 401, outcome::token_invalid,
       errc::authentication_failed, ""},
      {"etcdserver: authentication failed, invalid user ID or password", 3, 400,
       outcome::credentials_rejected, errc::authentication_failed, "check user and password"},
      {"etcdserver: authentication is not enabled", 9, 412, outcome::auth_off, errc::refused, ""},
      {"etcdserver: permission denied", 7, 403, outcome::permission_denied, errc::permission_denied,
       "READWRITE"},
      {"etcdserver: too many operations in txn request", 3, 400, outcome::too_many_operations,
       errc::refused, ""},
      {"etcdserver: no leader", 14, 503, outcome::unavailable, errc::unavailable, ""},
      {"not a primary lessor", 2, 500, outcome::unavailable, errc::unavailable, ""},
      {"etcdserver: key is not provided", 3, 400, outcome::rejected, errc::refused, ""},
  };
  for (const auto& row : table) {
    const std::string text = row.text;
    const std::string code = std::to_string(row.code);
    const std::string shapes[] = {
        R"({"error":")" + text + R"(","message":")" + text + R"(","code":)" + code + "}",
        R"({"code":)" + code + R"(, "message":")" + text + R"(", "details":[]})"};
    for (const std::string& body : shapes) {
      const translated heard = x.hear(x.asked(op::grant), body, row.status);
      cr_assert(heard.answer.what == row.what, "%s", row.text);
      cr_assert(heard.failure.code == row.to_user, "%s", row.text);
      cr_assert(eq(int, +heard.failure.etcd_code, +row.code));
      for (const std::string& part : {text, std::string(row.remedy), std::string("grant a lease"),
                                      std::string("http://b:2379")}) {
        cr_assert(has(heard.failure.message, part), "%s lacks %s", heard.failure.message.c_str(),
                  part.c_str());
      }
      cr_assert(eq(u64, +heard.answer.cluster, 0));
    }
  }
}

Test(translate, a_gateway_that_is_off_is_named_with_the_option_that_turns_it_on) {
  translating x;
  const translated heard = x.hear(x.asked(op::confirm), "404 page not found\n", 404);
  cr_assert(has(heard.failure.message, "--enable-grpc-gateway=true"), "%s",
            heard.failure.message.c_str());
}

Test(translate, an_error_inside_a_200_is_an_error) {
  translating x;
  const translated heard = x.hear(
      x.asked(op::keepalive),
      R"({"error":{"grpc_code":14,"http_code":503,"message":"etcdserver: no leader","http_status":"x"}})");
  cr_assert(heard.answer.what == outcome::unavailable);
}

Test(translate, watch_events_of_known_elections_become_changes_and_all_count_for_the_revision) {
  translating x;
  tenure::etcd::watch_message m;
  m.header.cluster_id = 5;
  const auto add = [&](const char* key, bool deleted, std::int64_t at) {
    m.events.push_back({deleted, {key, "", deleted ? 0 : at, at, 0}});
  };
  add("app/leader/77", true, 80);
  add("app/unknown/leader/1", true, 82);
  add("app/x/leader/1234", false, 81);
  tenure::error failure;
  const core::stream_news n = x.t.decode(9, m, failure);
  cr_assert(eq(u64, +n.stream, 9));
  cr_assert(eq(u64, +n.cluster, 5));
  cr_assert(eq(i64, +n.last_revision, 82));
  cr_assert(eq(sz, n.changes.size(), 2));
  cr_assert(n.changes[0].deleted && n.changes[0].lease == 0x77 && n.changes[0].mod_revision == 80);
  cr_assert(eq(u32, +n.changes[1].election, 1));
  cr_assert(failure.code == errc::ok);
}

Test(translate, a_cancelled_watch_says_why) {
  translating x;
  const struct {
    const char* reason;
    std::int64_t compact_revision;
    outcome why;
  } table[] = {
      {"etcdserver: mvcc: required revision has been compacted", 40, outcome::compacted},
      {"", 40, outcome::compacted},
      {"rpc error: code = Unauthenticated desc = etcdserver: invalid auth token", 0,
       outcome::token_invalid},
      {"rpc error: code = PermissionDenied desc = etcdserver: permission denied", 0,
       outcome::permission_denied},
      {"rpc error: code = Unavailable desc = etcdserver: no leader", 0, outcome::unavailable},
      {"", 0, outcome::unavailable}};
  for (const auto& row : table) {
    tenure::etcd::watch_message m;
    m.created = m.canceled = true;
    m.cancel_reason = row.reason;
    m.compact_revision = row.compact_revision;
    tenure::error failure;
    const core::stream_news n = x.t.decode(9, m, failure);
    cr_assert(n.canceled && n.why == row.why, "%s", row.reason);
    cr_assert(eq(i64, +n.compact_revision, +row.compact_revision));
    cr_assert(failure.code != errc::ok);
  }
}

Test(translate, a_watch_that_ended_says_where_and_how) {
  translating x;
  tenure::error failure;
  net::reply r;
  r.delivery = net::delivery::answered;
  r.http_status = 200;
  cr_assert(x.t.stream_end(9, 1, r, failure).why == outcome::broken);
  cr_assert(has(failure.message, "http://b:2379"));
  r.http_status = 401;
  r.body = R"({"code":16,"message":"etcdserver: invalid auth token"})";
  cr_assert(x.t.stream_end(9, 1, r, failure).why == outcome::token_invalid);
  r.delivery = net::delivery::not_sent;
  cr_assert(x.t.stream_end(9, 1, r, failure).why == outcome::not_sent);
}

Test(translate, every_cause_and_request_has_a_name) {
  for (int i = 0; i <= static_cast<int>(core::cause::closed); ++i) {
    cr_assert(to_reason(static_cast<core::cause>(i)) != tenure::reason::internal);
  }
  for (int i = 0; i <= static_cast<int>(op::watch); ++i)
    cr_assert(std::string(name(static_cast<op>(i))) != "ask");
}
