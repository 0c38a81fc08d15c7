// Answers as real gateways of both generations give them.
#include "test/unit/etcd_answers.hpp"

using namespace tenure::etcd;

Test(etcd_decode, reads_a_batch) {
  auto txn = parsed<txn_response>(standing);
  cr_assert(eq(u64, txn.header.cluster_id, 14841639068965178418u));
  cr_assert(eq(u64, txn.header.member_id, 10276657743932975437u));
  cr_assert(eq(i64, txn.header.revision, 3));
  cr_assert(eq(u64, txn.header.raft_term, 2u));
  cr_assert(txn.succeeded);
  cr_assert(eq(sz, txn.responses.size(), 5u));
  op_response& stood = txn.responses[0];
  cr_assert(stood.succeeded);
  cr_assert(eq(sz, stood.responses.size(), 2u));
  cr_assert(stood.responses[0].kvs.empty());
  op_response& queue = stood.responses[1];
  cr_assert(eq(sz, queue.kvs.size(), 2u));
  cr_assert(eq(i64, queue.count, 5));
  cr_assert(queue.more);
  cr_assert(eq(type(string), queue.kvs[0].key, string("app/a")));
  cr_assert(eq(type(string), queue.kvs[0].value, string()));
  cr_assert(eq(i64, queue.kvs[0].create_revision, 2));
  cr_assert(eq(i64, queue.kvs[0].lease, -7));
  cr_assert(eq(type(string), queue.kvs[1].value, string("v")));
  cr_assert(eq(i64, queue.kvs[1].mod_revision, 3));
  cr_assert(eq(i64, queue.kvs[1].lease, std::int64_t{most}));
  cr_assert(not(txn.responses[1].succeeded));
  cr_assert(eq(sz, txn.responses[1].responses.size(), 1u));
  cr_assert(txn.responses[1].responses[0].kvs.empty());
  cr_assert(txn.responses[2].succeeded);
  cr_assert(txn.responses[2].responses.empty());
  cr_assert(eq(i64, txn.responses[3].deleted, 1));
  cr_assert(eq(i64, txn.responses[4].deleted, 0));
}

Test(etcd_decode, takes_what_is_left_out_for_zero) {
  const string bare = R"({"header":{"cluster_id":"1"}})";
  auto txn = parsed<txn_response>(bare);
  cr_assert(not(txn.succeeded));
  cr_assert(txn.responses.empty());
  cr_assert(eq(i64, txn.header.revision, 0));
  auto range = parsed<range_response>(bare);
  cr_assert(range.kvs.empty() && range.count == 0 && !range.more);
  auto lease = parsed<lease_response>(bare);
  cr_assert(lease.id == 0 && lease.ttl_s == 0);
  auto kv =
      parsed<range_response>(R"({"header":{"cluster_id":"1"},"kvs":[{"key":"YQ=="}]})").kvs.at(0);
  cr_assert(kv.value.empty() && kv.create_revision == 0 && kv.mod_revision == 0 && kv.lease == 0);
  auto message = parsed<watch_message>(R"({"result":{"header":{"cluster_id":"1"}}})");
  cr_assert(not(message.created));
  cr_assert(message.canceled == false && !message.failed && message.compact_revision == 0 &&
            message.cancel_reason.empty() && message.events.empty());
}

Test(etcd_decode, takes_null_for_left_out) {
  auto range = parsed<range_response>(
      R"({"header":{"cluster_id":"1","revision":null},"kvs":null,"count":null,"more":null})");
  cr_assert(range.kvs.empty() && range.count == 0 && !range.more);
}

Test(etcd_decode, forgets_what_was_in_the_answer_before) {
  txn_response txn;
  string why;
  cr_assert(parse(standing, txn, why));
  cr_assert(parse(R"({"header":{"cluster_id":"1"}})", txn, why));
  cr_assert(txn.responses.empty() && !txn.succeeded && txn.header.revision == 0);
  cr_assert(parse(standing, txn, why));
  cr_assert(not(parse(standing.substr(0, standing.size() - 1), txn, why)));
  cr_assert(txn.responses.empty() && txn.header.cluster_id == 0);
  cr_assert(
      not(parse("{" + H + R"(,"succeeded":true,"responses":[{"response_put":{}},7]})", txn, why)));
  cr_assert(txn.responses.empty() && !txn.succeeded && txn.header.cluster_id == 0);
}

Test(etcd_decode, reads_a_range) {
  auto range = parsed<range_response>(
      "{" + H +
      R"(,"kvs":[{"key":"YQ==", "create_revision":"2", "mod_revision":"4", "version":"2", "value":"dg==", "lease":"12"}],"more":true,"count":"2"})");
  cr_assert(eq(sz, range.kvs.size(), 1u));
  cr_assert(eq(type(string), range.kvs[0].key, string("a")));
  cr_assert(eq(i64, range.kvs[0].mod_revision, 4));
  cr_assert(eq(i64, range.count, 2));
  cr_assert(range.more);
}

Test(etcd_decode, reads_lease_answers_bare_and_inside_a_result) {
  auto granted = parsed<lease_response>("{" + H + R"(,"ID":"12345","TTL":"10"})");
  cr_assert(eq(i64, granted.id, 12345));
  cr_assert(eq(i64, granted.ttl_s, 10));
  auto kept = parsed<lease_response>(R"({"result":{)" + H + R"(,"ID":"-7","TTL":"10"}})" + "\n");
  cr_assert(eq(i64, kept.id, -7));
  cr_assert(eq(i64, kept.ttl_s, 10));
  cr_assert(eq(u64, kept.header.raft_term, 2u));
  auto gone = parsed<lease_response>(R"({"result":{)" + H + R"(,"ID":"999"}})" + "\n");
  cr_assert(eq(i64, gone.ttl_s, 0));
  auto revoked = parsed<lease_response>("{" + H + "}");
  cr_assert(eq(i64, revoked.header.revision, 3));
}

Test(etcd_decode, takes_no_empty_or_foreign_answer_for_an_acknowledgement) {
  for (const char* text : {"", "\n", "{}", "[]", "null", "true", "7", "\"x\"", R"({"result":{}})",
                           R"({"result":null})", R"({"error":{"code":14,"message":"x"}})",
                           R"({"code":5,"message":"x"})", R"({"header":{}})",
                           R"({"header":null,"TTL":"10"})", R"({"header":{"cluster_id":"0"}})"}) {
    cr_assert(ne(type(string), refused<lease_response>(text), string()), "%s", text);
    cr_assert(ne(type(string), refused<txn_response>(text), string()), "%s", text);
    cr_assert(ne(type(string), refused<range_response>(text), string()), "%s", text);
    cr_assert(ne(type(string), refused<authenticate_response>(text), string()), "%s", text);
  }
  cr_assert(refused_as<lease_response>("{}", "header: missing"));
  cr_assert(refused_as<lease_response>(R"({"result":{"TTL":"10"}})", "result.header: missing"));
  cr_assert(refused_as<lease_response>(R"({"result":{"header":{"revision":"1"}}})",
                                       "result.header.cluster_id: missing"));
}

Test(etcd_decode, reads_a_token_that_can_stand_in_a_header) {
  cr_assert(eq(type(string),
               parsed<authenticate_response>("{" + H + R"(,"token":"dAlKmguXoTYLIuAo.30"})").token,
               string("dAlKmguXoTYLIuAo.30")));
  cr_assert(refused_as<authenticate_response>("{" + H + "}", "token: missing"));
  for (const char* token :
       {R"("a\r\nX-Evil: 1")", R"("a b")", R"("a\u0000")", "\"\xc3\xa9\"", R"("\u007f")"}) {
    cr_assert(refused_as<authenticate_response>("{" + H + R"(,"token":)" + token + "}",
                                                "token: not a token of printable characters"));
  }
}

Test(etcd_decode, reads_watch_messages) {
  auto created =
      parsed<watch_message>(R"({"result":{)" + H + R"(,"watch_id":"7","created":true}})");
  cr_assert(created.created && !created.canceled);
  auto put = parsed<watch_message>(
      R"({"result":{)" + H +
      R"(,"events":[{"kv":{"key":"cC9h","create_revision":"2","mod_revision":"2","version":"1","value":"dg=="}}]}})");
  cr_assert(eq(sz, put.events.size(), 1u));
  cr_assert(not(put.events[0].deleted));
  cr_assert(eq(type(string), put.events[0].kv.value, string("v")));
  auto deleted = parsed<watch_message>(
      R"({"result":{)" + H +
      R"(,"events":[{"type":"DELETE","kv":{"key":"cC9h","mod_revision":"3"},"prev_kv":{"key":"cC9h"}},{"type":"PUT","kv":{"key":"Yg=="}},{"type":1,"kv":{"key":"Yw=="}}]}})");
  cr_assert(eq(sz, deleted.events.size(), 3u));
  cr_assert(deleted.events[0].deleted && !deleted.events[1].deleted && deleted.events[2].deleted);
  cr_assert(eq(type(string), deleted.events[0].kv.key, string("p/a")));
  cr_assert(eq(i64, deleted.events[0].kv.mod_revision, 3));
  auto progress = parsed<watch_message>(R"({"result":{)" + H + R"(,"watch_id":"-1"}})");
  cr_assert(not(progress.created));
  cr_assert(progress.canceled == false && progress.events.empty());
  cr_assert(eq(i64, progress.header.revision, 3));
}

Test(etcd_decode, reads_the_ends_of_a_watch) {
  auto refused = parsed<watch_message>(
      R"({"result":{)" + H +
      R"(,"watch_id":"-1","created":true,"canceled":true,"cancel_reason":"rpc error: code = Unauthenticated desc = etcdserver: invalid auth token"}})");
  cr_assert(refused.created && refused.canceled);
  cr_assert(classify(0, refused.cancel_reason).refusal == refusal::token_invalid);
  auto compacted = parsed<watch_message>(
      R"({"result":{"header":{"cluster_id":"1","member_id":"2","raft_term":"2"},"canceled":true,"compact_revision":"14"}})");
  cr_assert(compacted.canceled);
  cr_assert(eq(i64, compacted.compact_revision, 14));
  cr_assert(eq(i64, compacted.header.revision, 0));
}

Test(etcd_decode, reads_the_errors_of_a_stream) {
  for (
      const char* text :
      {R"({"error":{"grpc_code":14,"http_code":503,"message":"transport is closing","http_status":"Service Unavailable"}})",
       "{\"error\":{\"code\":14,\"message\":\"transport is closing\"}}\n",
       R"({"code":14, "message":"transport is closing"})",
       R"({"error":"transport is closing","message":"transport is closing","code":14})"}) {
    auto message = parsed<watch_message>(text);
    cr_assert(message.failed);
    cr_assert(eq(int, message.error_code, 14));
    cr_assert(eq(type(string), message.error_text, string("transport is closing")));
  }
  cr_assert(refused_as<watch_message>(R"({"error":{"code":[],"message":"x"}})",
                                      "error.code: not a 64-bit integer"));
  cr_assert(refused_as<watch_message>(R"({"code":4294967296})", "code: not a 32-bit integer"));
  cr_assert(refused_as<watch_message>(R"({"error":7})", "error: not a string"));
  cr_assert(refused_as<watch_message>("{}", "result: missing"));
  cr_assert(refused_as<watch_message>(R"({"result":{}})", "result.header: missing"));
}

Test(etcd_decode, reads_64_bit_integers_as_strings_and_as_numbers) {
  const struct {
    const char* text;
    std::int64_t value;
  } good[] = {{"0", 0},
              {"-0", 0},
              {"1", 1},
              {"-7", -7},
              {"4294967296", 4294967296},
              {"9007199254740993", 9007199254740993},
              {"9223372036854775807", most},
              {"-9223372036854775808", std::numeric_limits<std::int64_t>::min()}};
  for (const auto& g : good) {
    const string text = g.text;
    cr_assert(parsed<lease_response>("{" + H + R"(,"ID":)" + text + "}").id == g.value);
    cr_assert(parsed<lease_response>("{" + H + R"(,"ID":")" + text + "\"}").id == g.value);
  }
  for (const char* text :
       {"9223372036854775808", "-9223372036854775809", "18446744073709551616", "1.0", "1.5", "1e3",
        "0.5", "99999999999999999999999999999999999", "0.00000000001e-2147483639",
        "0.1e-99999999999999", "0e0", "123456789012345678901234567890.5"}) {
    cr_assert(
        refused_as<lease_response>("{" + H + R"(,"ID":)" + text + "}", "ID: not a 64-bit integer"));
    cr_assert(refused_as<lease_response>("{" + H + R"(,"ID":")" + text + "\"}",
                                         "ID: not a 64-bit integer"));
  }
  for (const char* text :
       {"", " 1", "1 ", "+1", "0x10", "1_000", "--1", "-", "\\u0000", "1\\u0000", "one", "NaN"}) {
    cr_assert(refused_as<lease_response>("{" + H + R"(,"ID":")" + text + "\"}",
                                         "ID: not a 64-bit integer"));
  }
  cr_assert(refused_as<lease_response>(R"({"header":{"cluster_id":"-1"}})",
                                       "header.cluster_id: not an unsigned 64-bit integer"));
  cr_assert(refused_as<lease_response>(R"({"header":{"cluster_id":-1}})",
                                       "header.cluster_id: not an unsigned 64-bit integer"));
  cr_assert(eq(
      u64,
      parsed<lease_response>(R"({"header":{"cluster_id":18446744073709551615}})").header.cluster_id,
      std::numeric_limits<std::uint64_t>::max()));
}
