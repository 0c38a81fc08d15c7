// What is sent for each request of the core.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <string>
#include <vector>

#include "test/unit/wire_world.hpp"

using namespace wire_world;

Test(wire_encode, every_request_goes_to_its_path_with_what_it_needs) {
  world x;
  const std::string key = b64("app/leader/1234");
  const struct {
    op what;
    const char* path;
    std::vector<std::string> parts;
  } table[] = {
      {op::grant, "/v3/lease/grant", {R"("ID":"4660")", R"("TTL":"10")"}},
      {op::keepalive, "/v3/lease/keepalive", {R"("ID":"4660")"}},
      {op::revoke, "/v3/lease/revoke", {R"("ID":"4660")"}},
      {op::introduce, "/v3/kv/range", {b64("app/")}},
      {op::confirm, "/v3/kv/txn", {R"("request_txn":{})"}},
      {op::stand,
       "/v3/kv/txn",
       {key, b64("app/x/leader/1234"), b64("app/leader/"), R"("lease":"4660")",
        R"("create_revision":"0")"}},
      {op::reassure,
       "/v3/kv/txn",
       {key, R"("create_revision":"50")", R"("create_revision":"60")",
        R"("result":"GREATER","key":")" + b64("app/x/leader/"), R"("create_revision":"39")"}},
      {op::announce,
       "/v3/kv/txn",
       {key, R"("create_revision":"50")", R"("create_revision":"60")", R"("lease":"4660")",
        R"("result":"GREATER","key":")" + b64("app/x/leader/"), R"("create_revision":"39")"}},
      {op::withdraw, "/v3/kv/txn", {key, R"("create_revision":"50")", "request_delete_range"}},
      {op::read_queue,
       "/v3/kv/txn",
       {b64("app/leader/"), b64("app/x/leader/"), R"("keys_only":true)"}},
      {op::read_leader, "/v3/kv/txn", {b64("app/leader/"), R"("limit":"1")"}},
  };
  for (const auto& row : table) {
    const http_request r = x.say(x.send(row.what));
    cr_assert(r.path == row.path, "%s", row.path);
    for (const std::string& part : row.parts)
      cr_assert(has(r.body, part), "%s lacks %s", r.body.c_str(), part.c_str());
  }
}

Test(wire_encode, a_login_is_the_users_with_the_password_of_the_moment) {
  world x;
  const http_request r = x.out.authenticate("sword\"fish");
  cr_assert(r.path == "/v3/auth/authenticate");
  cr_assert(has(r.body, R"("name":"root")"));
  cr_assert(has(r.body, R"("password":"sword\"fish")"), "%s", r.body.c_str());
}

Test(wire_encode, a_reassurance_puts_nothing_and_is_a_write_all_the_same) {
  world x;
  core::send s = x.send(op::reassure);
  for (const bool together : {true, false}) {
    s.together = together;
    const http_request r = x.say(s);
    cr_assert(not(has(r.body, "request_put")));
    cr_assert(has(r.body, "request_txn"));
  }
}

Test(wire_encode, a_watch_asks_for_all_of_the_app_from_the_revision_on) {
  world x;
  core::open_stream s;
  s.revision = 71;
  cr_assert(has(x.out.watch(s), b64("app/")) && has(x.out.watch(s), R"("start_revision":"71")"));
  cr_assert(has(x.out.watch(s), "NOPUT") && has(x.out.watch(s), "progress_request"));
  s.puts = true;
  cr_assert(not(has(x.out.watch(s), "NOPUT")));
}
