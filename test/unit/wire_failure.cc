// What people are told of failures.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <string>
#include <vector>

#include "test/unit/wire_world.hpp"

using namespace wire_world;

Test(wire_failure, refusals_of_both_gateways_become_an_outcome_and_a_message_with_the_remedy) {
  world x;
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
      {"etcdserver: request is too large", 3, 400, outcome::request_too_large, errc::refused,
       "--max-request-bytes"},
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
      const decoded heard = x.hear(x.asked(op::grant), body, row.status);
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

Test(wire_failure, a_gateway_that_is_off_is_named_with_the_option_that_turns_it_on) {
  world x;
  const decoded heard = x.hear(x.asked(op::confirm), "404 page not found\n", 404);
  cr_assert(has(heard.failure.message, "--enable-grpc-gateway=true"), "%s",
            heard.failure.message.c_str());
}

Test(wire_failure, every_cause_and_request_has_a_name) {
  for (int i = 0; i <= static_cast<int>(core::cause::closed); ++i) {
    cr_assert(to_reason(static_cast<core::cause>(i)) != tenure::reason::internal);
  }
  for (int i = 0; i <= static_cast<int>(op::watch); ++i)
    cr_assert(std::string(name(static_cast<op>(i))) != "ask");
}
