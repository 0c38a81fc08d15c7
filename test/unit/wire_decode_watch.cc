// What is made of a watch's messages, and of its end.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <string>
#include <vector>

#include "test/unit/wire_world.hpp"

using namespace wire_world;

namespace {

std::string event(const char* key, bool deleted, int at) {
  const std::string revision = std::to_string(at);
  return R"({"kv":{"key":")" + b64(key) + R"(","mod_revision":")" + revision + "\"" +
         (deleted ? "}" : R"(,"version":"1","create_revision":")" + revision + "\"}") +
         (deleted ? R"(,"type":"DELETE"})" : "}");
}

}  // namespace

Test(wire_decode_watch, events_of_known_elections_become_changes_and_all_count_for_the_revision) {
  world x;
  watch_heard heard;
  cr_assert(x.watch.message(9, 1,
                            R"({"result":{)" + header + R"(,"events":[)" +
                                event("app/leader/77", true, 60) + "," +
                                event("app/x/leader/1234", false, 61) + "," +
                                event("app/unknown/leader/1", true, 62) + "]}}",
                            heard));
  const core::stream_news& n = heard.news;
  cr_assert(eq(u64, +n.stream, 9));
  cr_assert(eq(u64, +n.cluster, 14841639068965178418U));
  cr_assert(eq(i64, +n.last_revision, 62));
  cr_assert(eq(sz, n.changes.size(), 2));
  cr_assert(n.changes[0].deleted && n.changes[0].lease == 0x77 && n.changes[0].mod_revision == 60);
  cr_assert(eq(u32, +n.changes[1].election, 1));
  cr_assert(eq(i64, +n.changes[1].create_revision, 61));
  cr_assert(eq(sz, heard.events.size(), 3));
  cr_assert(heard.failure.code == errc::ok);
}

Test(wire_decode_watch, a_cancelled_watch_says_why) {
  world x;
  const struct {
    const char* reason;
    std::int64_t compact_revision;
    outcome why;
    errc to_user;
  } table[] = {{"etcdserver: mvcc: required revision has been compacted", 40, outcome::compacted,
                errc::refused},
               {"", 40, outcome::compacted, errc::refused},
               {"rpc error: code = Unauthenticated desc = etcdserver: invalid auth token", 0,
                outcome::token_invalid, errc::authentication_failed},
               {"rpc error: code = PermissionDenied desc = etcdserver: permission denied", 0,
                outcome::permission_denied, errc::permission_denied},
               {"rpc error: code = Unavailable desc = etcdserver: no leader", 0,
                outcome::unavailable, errc::unavailable},
               {"", 0, outcome::unavailable, errc::unavailable}};
  for (const auto& row : table) {
    watch_heard heard;
    cr_assert(x.watch.message(9, 1,
                              R"({"result":{)" + header + R"(,"created":true,"canceled":true)" +
                                  R"(,"cancel_reason":")" + row.reason +
                                  R"(","compact_revision":")" +
                                  std::to_string(row.compact_revision) + "\"}}",
                              heard));
    cr_assert(heard.news.canceled && heard.news.why == row.why, "%s", row.reason);
    cr_assert(eq(i64, +heard.news.compact_revision, +row.compact_revision));
    cr_assert(heard.failure.code == row.to_user, "%s", row.reason);
    cr_assert(has(heard.failure.message, "http://b:2379"));
  }
}

Test(wire_decode_watch, what_is_no_message_of_etcds_says_why) {
  world x;
  for (const char* text : {"{", "7", R"({"result":{"events":7}})"}) {
    watch_heard heard;
    cr_assert(not(x.watch.message(9, 1, text, heard)), "%s", text);
    cr_assert(heard.failure.code == errc::bad_answer, "%s", text);
    cr_assert(has(heard.failure.message, "http://b:2379"));
    cr_assert(heard.news.changes.empty() && heard.events.empty());
  }
}

Test(wire_decode_watch, a_watch_that_ended_says_where_and_how) {
  world x;
  net::reply r;
  r.delivery = net::delivery::answered;
  r.http_status = 200;
  watch_over over = x.watch.end(9, 1, r);
  cr_assert(eq(u64, +over.gone.stream, 9));
  cr_assert(over.gone.why == outcome::broken);
  cr_assert(over.failure.code == errc::unreachable);
  cr_assert(has(over.failure.message, "http://b:2379"));
  r.http_status = 401;
  r.body = R"({"code":16,"message":"etcdserver: invalid auth token"})";
  over = x.watch.end(9, 1, r);
  cr_assert(over.gone.why == outcome::token_invalid);
  cr_assert(eq(int, +over.failure.etcd_code, 16));
  r.delivery = net::delivery::not_sent;
  cr_assert(x.watch.end(9, 1, r).gone.why == outcome::not_sent);
}
