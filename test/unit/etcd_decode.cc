// Answers as real gateways of both generations give them, and what a hostile server might.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include "etcd/response.hpp"

namespace {

using namespace tenure::etcd;
using std::string;

constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
const string H =
    R"("header":{"cluster_id":"14841639068965178418","member_id":"10276657743932975437","revision":"3","raft_term":"2"})";

template <class Answer>
Answer parsed(const string& text) {
  Answer out;
  string why;
  cr_assert(parse(text, out, why), "%s: %s", text.c_str(), why.c_str());
  return out;
}

// The reason for refusing `text`; empty if it was taken.
template <class Answer>
string refused(const string& text) {
  Answer out;
  string why;
  return parse(text, out, why) ? "" : why;
}

template <class Answer>
bool refused_as(const string& text, const string& expected) {
  const string why = refused<Answer>(text);
  if (why != expected) cr_log_error("%s\n  refused with: %s", text.c_str(), why.c_str());
  return why == expected;
}

string put_in(const string& in, const string& value) {
  string out = in;
  return out.replace(out.find('$'), 1, value);
}

const string standing = "{" + H + R"(,"succeeded":true,"responses":[
  {"response_txn":{"header":{},"succeeded":true,"responses":[
    {"response_put":{"header":{"revision":"3"}}},
    {"response_range":{"header":{"revision":"3"},"kvs":[
      {"key":"YXBwL2E=","create_revision":"2","mod_revision":"2","version":"1","lease":"-7"},
      {"key":"YXBwL2I=","create_revision":"3","mod_revision":"3","version":"1","value":"dg==","lease":"9223372036854775807"}],
      "more":true,"count":"5"}}]}},
  {"response_txn":{"header":{},"responses":[{"response_range":{"header":{"revision":"3"}}}]}},
  {"response_txn":{"header":{},"succeeded":true}},
  {"response_delete_range":{"header":{"revision":"3"},"deleted":"1"}},
  {"response_delete_range":{"header":{"revision":"3"}}}]})";

}  // namespace

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

namespace {

struct place {
  string text;  // with $ where the value goes
  string path;
  string takes;  // of the values below, those that fit, by their letters
  string complaint;
};

// o object, a array, i integer, m negative integer, f fraction, b boolean, s string, d string of
// digits
const struct {
  char letter;
  const char* text;
} values[] = {{'o', "{}"},    {'a', "[]"},   {'i', "3"},      {'m', "-3"},      {'f', "3.5"},
              {'b', "false"}, {'b', "true"}, {'s', "\"x!\""}, {'d', "\"1234\""}};

const string int64 = "not a 64-bit integer", uint64 = "not an unsigned 64-bit integer",
             list = "not an array", flag = "neither true nor false", object = "not an object";

// Every value in the wrong place gives an error that names the place, every one that fits gives
// none.
template <class Answer>
void try_all(const place& p) {
  for (const auto& v : values) {
    const string text = put_in(p.text, v.text);
    const string why = refused<Answer>(text);
    if (p.takes.find(v.letter) != string::npos) {
      // What fits by its type may still be refused for another reason further in (an empty object).
      cr_assert(why.find(p.path + ": " + p.complaint) == string::npos, "%s: %s", text.c_str(),
                why.c_str());
    } else {
      cr_assert(
          refused_as<Answer>(text, p.path.empty() ? p.complaint : p.path + ": " + p.complaint));
    }
  }
}

}  // namespace

Test(etcd_decode, names_the_place_of_a_wrong_type_in_a_header) {
  try_all<range_response>({"$", "", "o", object});
  try_all<range_response>({R"({"header":$})", "header", "o", object});
  for (const char* name : {"cluster_id", "member_id", "raft_term"}) {
    try_all<range_response>({R"({"header":{")" + string(name) + R"(":$,"cluster_id":"1"}})",
                             "header." + string(name), "id", uint64});
  }
  try_all<range_response>(
      {R"({"header":{"cluster_id":"1","revision":$}})", "header.revision", "imd", int64});
}

Test(etcd_decode, names_the_place_of_a_wrong_type_in_a_range) {
  const string start = "{" + H + ",";
  try_all<range_response>({start + R"("kvs":$})", "kvs", "a", list});
  try_all<range_response>({start + R"("count":$})", "count", "imd", int64});
  try_all<range_response>({start + R"("more":$})", "more", "b", flag});
  const string kv = start + R"("kvs":[{"key":"YQ=="},)";
  try_all<range_response>({kv + "$]}", "kvs[1]", "o", object});
  for (const char* name : {"create_revision", "mod_revision", "lease"}) {
    try_all<range_response>(
        {kv + R"({"key":"YQ==",")" + name + R"(":$}]})", string("kvs[1].") + name, "imd", int64});
  }
  for (const char* name : {"key", "value"}) {
    try_all<range_response>({kv + R"({")" + name + R"(":$,"key":"YQ=="}]})",
                             string("kvs[1].") + name, "sd", "not a string"});
    cr_assert(refused_as<range_response>(kv + R"({")" + name + R"(":"YQ","key":"YQ=="}]})",
                                         string("kvs[1].") + name + ": not base64"));
  }
  cr_assert(refused_as<range_response>(kv + "{}]}", "kvs[1].key: missing"));
  cr_assert(refused_as<range_response>(kv + R"({"key":""}]})", "kvs[1].key: missing"));
}

Test(etcd_decode, names_the_place_of_a_wrong_type_in_a_transaction) {
  const string start = "{" + H + ",";
  try_all<txn_response>({start + R"("succeeded":$})", "succeeded", "b", flag});
  try_all<txn_response>({start + R"("responses":$})", "responses", "a", list});
  const string second = start + R"("responses":[{"response_put":{}},)";
  try_all<txn_response>({second + "$]}", "responses[1]", "o", object});
  for (const char* name :
       {"response_put", "response_range", "response_delete_range", "response_txn"}) {
    try_all<txn_response>(
        {second + "{\"" + name + "\":$}]}", string("responses[1].") + name, "o", object});
  }
  try_all<txn_response>({second + R"({"response_delete_range":{"deleted":$}}]})",
                         "responses[1].response_delete_range.deleted", "imd", int64});
  try_all<txn_response>({second + R"({"response_txn":{"succeeded":$}}]})",
                         "responses[1].response_txn.succeeded", "b", flag});
  try_all<txn_response>({second + R"({"response_txn":{"responses":$}}]})",
                         "responses[1].response_txn.responses", "a", list});
  try_all<txn_response>(
      {second +
           R"({"response_txn":{"responses":[{"response_range":{"kvs":[{"key":"YQ==","lease":$}]}}]}}]})",
       "responses[1].response_txn.responses[0].response_range.kvs[0].lease", "imd", int64});
}

Test(etcd_decode, takes_no_entry_of_a_transaction_that_does_not_say_its_one_kind) {
  const string why =
      "responses[0]: not one of response_put, response_range, response_delete_range, response_txn";
  for (const char* entry : {"{}", R"({"response_put":null})", R"({"response_lock":{}})",
                            R"({"response_put":{},"response_range":{}})"}) {
    cr_assert(refused_as<txn_response>("{" + H + R"(,"responses":[)" + entry + "]}", why));
  }
}

Test(etcd_decode, names_the_place_of_a_wrong_type_in_lease_and_authenticate_answers) {
  const string start = "{" + H + ",";
  try_all<lease_response>({R"({"result":$})", "result", "o", object});
  try_all<lease_response>({start + R"("ID":$})", "ID", "imd", int64});
  try_all<lease_response>({start + R"("TTL":$})", "TTL", "imd", int64});
  try_all<lease_response>({R"({"result":)" + start + R"("TTL":$}})", "result.TTL", "imd", int64});
  try_all<authenticate_response>({start + R"("token":$})", "token", "sd", "not a string"});
}

Test(etcd_decode, names_the_place_of_a_wrong_type_in_a_watch_message) {
  const string start = R"({"result":{)" + H + ",";
  try_all<watch_message>({"$", "", "o", object});
  try_all<watch_message>({R"({"result":$})", "result", "o", object});
  try_all<watch_message>({start + R"("created":$}})", "result.created", "b", flag});
  try_all<watch_message>({start + R"("canceled":$}})", "result.canceled", "b", flag});
  try_all<watch_message>(
      {start + R"("compact_revision":$}})", "result.compact_revision", "imd", int64});
  try_all<watch_message>(
      {start + R"("cancel_reason":$}})", "result.cancel_reason", "sd", "not a string"});
  try_all<watch_message>({start + R"("events":$}})", "result.events", "a", list});
  try_all<watch_message>({start + R"("events":[$]}})", "result.events[0]", "o", object});
  try_all<watch_message>({start + R"("events":[{"kv":$}]}})", "result.events[0].kv", "o", object});
  try_all<watch_message>({start + R"("events":[{"kv":{"key":"YQ==","mod_revision":$}}]}})",
                          "result.events[0].kv.mod_revision", "imd", int64});
  cr_assert(
      refused_as<watch_message>(start + R"("events":[{}]}})", "result.events[0].kv: missing"));
  for (const char* type : {"\"delete\"", "\"\"", "2", "-1"}) {
    cr_assert(refused_as<watch_message>(
        start + R"("events":[{"type":)" + type + R"(,"kv":{"key":"YQ=="}}]}})",
        "result.events[0].type: neither PUT nor DELETE"));
  }
  cr_assert(refused_as<watch_message>(start + R"("events":[{"type":{},"kv":{"key":"YQ=="}}]}})",
                                      "result.events[0].type: not a 64-bit integer"));
}

Test(etcd_decode, ignores_members_it_does_not_know) {
  auto lease = parsed<lease_response>("{\"new\":{\"a\":[1,2.5e3,{\"b\":null}]}," + H +
                                      R"(,"ID":"1","ttl":[]})");
  cr_assert(eq(i64, lease.id, 1));
}

Test(etcd_decode, refuses_documents_cut_short_at_any_byte) {
  for (std::size_t i = 0; i < standing.size(); ++i) {
    cr_assert(ne(type(string), refused<txn_response>(standing.substr(0, i)), string()), "%zu", i);
  }
}

Test(etcd_decode, refuses_any_byte_after_the_document_but_white_space) {
  parsed<txn_response>(" \t\r\n" + standing + " \t\r\n");
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') continue;
    cr_assert(ne(type(string), refused<txn_response>(standing + c), string()), "%d", byte);
  }
  cr_assert(ne(type(string), refused<txn_response>(standing + string("\0{", 2)), string()));
}

Test(etcd_decode, survives_any_byte_in_any_place) {
  string text = standing;
  for (std::size_t i = 0; i < text.size(); ++i) {
    for (const char c : {'\0', '"', '\\', '{', ']', ',', '9', 'e', '\x80', '\xff'}) {
      const char before = std::exchange(text[i], c);
      txn_response txn;
      string why;
      cr_assert(parse(text, txn, why) || !why.empty());
      text[i] = before;
    }
  }
}

Test(etcd_decode, refuses_what_is_not_utf_8) {
  for (const char* bytes :
       {"\xff", "\xc3", "\xc0\x80", "\xed\xa0\x80", "\xf5\x80\x80\x80", "\xe2\x82"}) {
    const string start = "{" + H + R"(,"unknown":")";
    cr_assert(refused<lease_response>(start + bytes + "\"}").rfind("not JSON: ", 0) == 0);
    cr_assert(refused<lease_response>("{" + H + ",\"" + bytes + "\":1}").rfind("not JSON: ", 0) ==
              0);
  }
  cr_assert(
      ne(type(string), refused<lease_response>("{" + H + R"(,"unknown":"\ud800"})"), string()));
  cr_assert(ne(type(string), refused<lease_response>("{" + H + ",\"unknown\":\"\n\"}"), string()));
}

Test(etcd_decode, refuses_a_text_that_ends_in_a_character) {
  const string start = "{" + H + R"(,"unknown":")";
  for (const char* bytes : {"\xc3", "\xe0", "\xe2", "\xe2\x82", "\xed", "\xf0", "\xf3", "\xf3\xa0",
                            "\xf3\xa0\x80", "\xf4"}) {
    cr_assert(refused<lease_response>(start + bytes).rfind("not JSON: ", 0) == 0);
  }
}

Test(etcd_decode, refuses_deep_nesting_at_once, .timeout = 5) {
  for (const string opening : {"[", "{\"a\":", "[{\"responses\":"}) {
    string text = "{" + H + ",\"x\":";
    for (int i = 0; i < 2000000; ++i) text += opening;
    cr_assert(refused<txn_response>(text).rfind("not JSON: nested too deeply at byte ", 0) == 0);
    cr_assert(not(is_error(text.substr(1 + H.size() + 5))));
  }
  string nested = R"({"response_put":{}})";
  for (int i = 0; i < 1000; ++i) nested = R"({"response_txn":{"responses":[)" + nested + "]}}";
  cr_assert(ne(type(string), refused<txn_response>("{" + H + R"(,"responses":[)" + nested + "]}"),
               string()));
}

Test(etcd_decode, reads_transactions_nested_deeper_than_any_of_ours) {
  string nested = R"({"response_range":{"kvs":[{"key":"YQ=="}]}})";
  for (int i = 0; i < 10; ++i) nested = R"({"response_txn":{"responses":[)" + nested + "]}}";
  auto txn = parsed<txn_response>("{" + H + R"(,"responses":[)" + nested + "]}");
  op_response* op = &txn.responses.at(0);
  for (int i = 0; i < 10; ++i) op = &op->responses.at(0);
  cr_assert(eq(sz, op->kvs.size(), 1u));
}

Test(etcd_decode, refuses_more_values_than_etcd_has_for_so_many_bytes, .timeout = 5) {
  for (const char* element : {"0,", "{},", "[],", "\"\",", "null,"}) {
    string text = "{" + H + ",\"kvs\":[";
    while (text.size() < 1000000) text += element;
    text.back() = ']';
    text += '}';
    const string why = refused<range_response>(text);
    // "null," is above a value in four bytes; then the first element is refused for what it is.
    cr_assert(why.rfind("not JSON: too many values", 0) == 0 || why == "kvs[0].key: missing", "%s",
              why.c_str());
  }
}

Test(etcd_decode, takes_the_densest_answer_that_etcd_can_give) {
  string text = "{" + H + R"(,"responses":[)";
  for (int i = 0; i < 10000; ++i) text += R"({"response_put":{}},)";
  text.back() = ']';
  cr_assert(eq(sz, parsed<txn_response>(text + "}").responses.size(), 10000u));
}

Test(etcd_decode, survives_numbers_of_any_size, .timeout = 5) {
  const string digits(1000000, '9'), zeros(1000000, '0');
  for (const string& number :
       {digits, "-" + digits, "1e" + digits, "1e-" + digits, "0." + zeros + "1e-2147483639",
        "0." + zeros + "1e308", "1" + zeros + "." + zeros + "e-" + digits, "-0." + digits,
        string("1e400"), string("1e-400"), string("0e2147483647")}) {
    cr_assert(
        ne(type(string), refused<lease_response>("{" + H + R"(,"ID":)" + number + "}"), string()));
    string why;
    lease_response lease;
    (void)parse("{" + H + R"(,"unknown":)" + number + "}", lease, why);  // either way, but alive
  }
  for (const char* number :
       {"01", "-", "+1", ".5", "1.", "1e", "0x1", "NaN", "Infinity", "-Infinity"}) {
    cr_assert(
        refused<lease_response>("{" + H + R"(,"ID":)" + number + "}").rfind("not JSON: ", 0) == 0);
  }
}
