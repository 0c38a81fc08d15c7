// Golden requests: byte for byte what was tried on etcd 3.4.23. The gateway ignores misspelt names
// and the one of 3.5 misspelt enum values, so a change here must be tried on a real etcd again.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <cstdint>
#include <limits>
#include <string>

#include "etcd/base64.hpp"
#include "etcd/request.hpp"

namespace {

using namespace tenure::etcd;
using std::string;

constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();

// What `write(out)` writes.
template <class Write>
string written(Write write) {
  string out;
  write(out);
  return out;
}

template <class Write>
string batched(Write write) {
  return written([&](string& out) {
    batch one(out);
    write(one);
    one.end();
  });
}

// "app/leader/" and its end, "app/leader/4d2", "v"
const string prefix = "app/leader/", key = "app/leader/4d2", value = "v";
const string key64 = "YXBwL2xlYWRlci80ZDI=";
const string range64 = R"("key":"YXBwL2xlYWRlci8=","range_end":"YXBwL2xlYWRlcjA=")";

const string read_key_op = R"({"request_range":{"key":")" + key64 + R"(","keys_only":true}})";
const string read_queue_op =
    R"({"request_range":{)" + range64 +
    R"(,"sort_order":"ASCEND","sort_target":"CREATE","keys_only":true,"limit":"16"}})";
const string put_op = R"({"request_put":{"key":")" + key64 + R"(","value":"dg==","lease":"1234"}})";

string if_created_at(const string& revision) {
  return R"({"request_txn":{"compare":[{"target":"CREATE","result":"EQUAL","key":")" + key64 +
         R"(","create_revision":")" + revision + R"("}])";
}

// As the prefix's only keys, or the oldest of them.
const string nobody_before_66 =
    R"({"target":"CREATE","result":"GREATER",)" + range64 + R"(,"create_revision":"65"})";
const string if_first =
    R"({"request_txn":{"compare":[{"target":"CREATE","result":"EQUAL","key":")" + key64 +
    R"(","create_revision":"77"},)" + nobody_before_66 + "]";
const string read_oldest_op =
    R"({"request_range":{)" + range64 +
    R"(,"sort_order":"ASCEND","sort_target":"CREATE","keys_only":true,"limit":"1"}})";

}  // namespace

Test(etcd_encode, ends_a_range_behind_the_last_key_with_the_prefix) {
  cr_assert(eq(type(string), range_end("app/"), string("app0")));
  cr_assert(eq(type(string), range_end("a"), string("b")));
  cr_assert(eq(type(string), range_end("a\xff"), string("b")));
  cr_assert(eq(type(string), range_end("a\x7f"), string("a\x80")));
  cr_assert(eq(type(string), range_end("a\xfe\xff\xff"), string("a\xff")));
  cr_assert(eq(type(string), range_end(string("a\0", 2)), string("a\x01")));
  cr_assert(eq(type(string), range_end("\xff\xff"), string(1, '\0')));
  cr_assert(eq(type(string), range_end(""), string(1, '\0')));
}

Test(etcd_encode, writes_lease_requests) {
  cr_assert(eq(type(string), written([](string& out) { grant(out, 1234, 10); }),
               string(R"({"ID":"1234","TTL":"10"})")));
  cr_assert(eq(type(string), written([](string& out) { keepalive(out, 1234); }),
               string(R"({"ID":"1234"})")));
  cr_assert(eq(type(string), written([](string& out) { revoke(out, 1234); }),
               string(R"({"ID":"1234"})")));
}

Test(etcd_encode, writes_all_64_bits_of_an_integer) {
  const struct {
    std::int64_t id;
    const char* text;
  } ids[] = {{0, "0"},
             {1, "1"},
             {-7, "-7"},
             {(std::int64_t{1} << 53) + 1, "9007199254740993"},
             {most, "9223372036854775807"},
             {least, "-9223372036854775808"}};
  for (const auto& i : ids) {
    cr_assert(eq(type(string), written([&](string& out) { keepalive(out, i.id); }),
                 R"({"ID":")" + string(i.text) + "\"}"));
  }
}

Test(etcd_encode, escapes_name_and_password) {
  cr_assert(eq(type(string), written([](string& out) { authenticate(out, "cand", "secret"); }),
               string(R"({"name":"cand","password":"secret"})")));
  cr_assert(eq(type(string), written([](string& out) {
                 authenticate(out, "a\"b\\", string("\n\x01\0/\xc3\xa9", 6));
               }),
               string(R"({"name":"a\"b\\","password":"\n\u0001\u0000/)") + "\xc3\xa9\"}"));
}

Test(etcd_encode, introduces_itself_by_a_linearizable_read_of_one_key) {
  cr_assert(eq(type(string), written([](string& out) { introduce(out, key); }),
               R"({"key":")" + key64 + R"(","keys_only":true})"));
}

Test(etcd_encode, reads_a_page_from_a_key_to_the_end_of_its_prefix) {
  cr_assert(eq(type(string), written([](string& out) { read_page(out, prefix, prefix, 0, 64); }),
               "{" + range64 + R"(,"limit":"64"})"));
  cr_assert(eq(
      type(string), written([](string& out) { read_page(out, key, prefix, 7, 1); }),
      R"({"key":")" + key64 + R"(","range_end":"YXBwL2xlYWRlcjA=","limit":"1","revision":"7"})"));
}

Test(etcd_encode, writes_watch_requests) {
  cr_assert(
      eq(type(string), written([](string& out) { watch_create(out, prefix, 9, false); }),
         R"({"create_request":{)" + range64 + R"(,"start_revision":"9","filters":["NOPUT"]}})"));
  cr_assert(
      eq(type(string), written([](string& out) { watch_create(out, prefix, most, true); }),
         R"({"create_request":{)" + range64 + R"(,"start_revision":"9223372036854775807"}})"));
  cr_assert(eq(type(string), written([](string& out) { watch_progress(out); }),
               string(R"({"progress_request":{}})")));
}

Test(etcd_encode, never_watches_from_a_revision_that_would_skip_in_silence) {
  for (const std::int64_t revision : {std::int64_t{0}, std::int64_t{-1}, least}) {
    cr_assert(eq(type(string),
                 written([&](string& out) { watch_create(out, prefix, revision, true); }),
                 R"({"create_request":{)" + range64 + R"(,"start_revision":"1"}})"));
  }
}

Test(etcd_encode, writes_whole_key_space_for_the_empty_prefix) {
  cr_assert(
      eq(type(string), written([](string& out) { watch_create(out, "", 1, true); }),
         string(R"({"create_request":{"key":"AA==","range_end":"AA==","start_revision":"1"}})")));
}

Test(etcd_encode, stands_and_reads_the_queue_in_one_transaction) {
  cr_assert(eq(type(string), batched([](batch& one) { one.stand(key, value, 1234, prefix, 16); }),
               R"({"success":[)" + if_created_at("0") + R"(,"success":[)" + put_op + "," +
                   read_queue_op + R"(],"failure":[)" + read_key_op + "," + read_queue_op +
                   "]}}]}"));
}

Test(etcd_encode, confirms_by_a_transaction_that_leaves_nothing) {
  cr_assert(eq(type(string), written([](string& out) { confirm(out); }),
               string(R"({"success":[{"request_txn":{}}]})")));
}

Test(etcd_encode, reassures_a_key_without_writing_it) {
  cr_assert(eq(type(string), batched([](batch& one) { one.reassure(key, 77, prefix, 66); }),
               R"({"success":[)" + if_first + R"(,"failure":[)" + read_key_op + "," +
                   read_oldest_op + "]}}]}"));
  cr_assert(
      eq(type(string), batched([](batch& one) { one.reassure(key, 77, prefix, 0); }),
         R"({"success":[)" + if_created_at("77") + R"(,"failure":[)" + read_key_op + "]}}]}"));
}

Test(etcd_encode, announces_only_in_its_own_key_and_keeps_it_on_its_lease) {
  cr_assert(eq(type(string),
               batched([](batch& one) { one.announce(key, 77, prefix, 66, value, 1234); }),
               R"({"success":[)" + if_first + R"(,"success":[)" + put_op + R"(],"failure":[)" +
                   read_key_op + "," + read_oldest_op + "]}}]}"));
}

Test(etcd_encode, deletes_only_its_own_key) {
  cr_assert(eq(type(string), batched([](batch& one) { one.withdraw(key, 77); }),
               R"({"success":[)" + if_created_at("77") +
                   R"(,"success":[{"request_delete_range":{"key":")" + key64 +
                   R"("}}],"failure":[)" + read_key_op + "]}}]}"));
}

Test(etcd_encode, deletes_nothing_where_no_key_is_expected) {
  cr_assert(eq(type(string), batched([](batch& one) { one.withdraw(key, 0); }),
               R"({"success":[)" + if_created_at("0") + R"(,"failure":[)" + read_key_op + "]}}]}"));
}

Test(etcd_encode, reads) {
  cr_assert(eq(type(string), batched([](batch& one) {
                 one.read_queue(key, prefix, 16);
                 one.read_leader(prefix);
               }),
               R"({"success":[)" + read_queue_op + "," + read_key_op + R"(,{"request_range":{)" +
                   range64 + R"(,"sort_order":"ASCEND","sort_target":"CREATE","limit":"1"}}]})"));
}

Test(etcd_encode, counts_the_entries_of_a_batch_and_appends) {
  string out = "x";
  batch one(out);
  cr_assert(eq(sz, one.size(), 0u));
  one.read_leader(prefix);
  one.withdraw(key, 1);
  one.stand(key, value, 1, prefix, 1);
  cr_assert(eq(sz, one.size(), 3u));
  one.end();
  cr_assert(eq(type(string), out.substr(0, 13), string("x{\"success\":[")));
  cr_assert(eq(type(string), batched([](batch&) {}), string("{\"success\":[]}")));
}

Test(etcd_encode, puts_no_key_without_its_lease) {
  string out;
  batch many(out);
  for (int i = 0; i < 120; ++i) {
    many.stand(prefix + std::to_string(i), value, least, prefix, 1);
    many.announce(prefix + std::to_string(i + 1000), i, prefix, i, "", most);
  }
  many.end();
  std::size_t puts = 0;
  for (std::size_t at = out.find("request_put"); at != string::npos;
       at = out.find("request_put", at + 1)) {
    const string put = out.substr(at, out.find('}', at) - at);
    cr_assert(put.find(R"(,"lease":"-9223372036854775808")") != string::npos ||
              put.find(R"(,"lease":"9223372036854775807")") != string::npos);
    ++puts;
  }
  cr_assert(eq(sz, puts, 240u));
}

Test(etcd_encode, sends_any_bytes_as_base64) {
  string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  string all;
  append_base64(all, bytes);
  cr_assert(batched([&](batch& one) {
              one.announce(bytes, 1, prefix, 1, bytes, 1);
            }).find("\"" + all + "\",\"lease\"") != string::npos);
}

Test(etcd_encode, writes_a_joint_transaction_whose_stands_want_empty_queues) {
  const string compare =
      R"({"target":"CREATE","result":"EQUAL",)" + range64 + R"(,"create_revision":"0"})";
  cr_assert(eq(type(string), written([](string& out) {
                 joint all(out);
                 all.stand(key, value, 1234, prefix);
                 all.expect(2);
                 all.stand(key, value, 1234, prefix);
                 all.end();
               }),
               R"({"compare":[)" + compare + "," + compare + R"(],"success":[)" + put_op + "," +
                   put_op + "]}"));
}

Test(etcd_encode, reassures_many_keys_by_one_empty_transaction) {
  const string compare = R"({"target":"CREATE","result":"EQUAL","key":")" + key64 +
                         R"(","create_revision":"77"},)" + nobody_before_66;
  cr_assert(
      eq(type(string), written([](string& out) {
           joint all(out);
           all.reassure(key, 77, prefix, 66);
           all.reassure(key, 77, prefix, 66);
           all.end();
         }),
         R"({"compare":[)" + compare + "," + compare + R"(],"success":[{"request_txn":{}}]})"));
}

Test(etcd_encode, writes_a_joint_transaction_of_keys_that_are_there) {
  const string compare =
      R"({"target":"CREATE","result":"EQUAL","key":")" + key64 + R"(","create_revision":"7"})";
  const string remove = R"({"request_delete_range":{"key":")" + key64 + R"("}})";
  cr_assert(eq(type(string), written([](string& out) {
                 joint all(out);
                 all.announce(key, 7, prefix, 66, value, 1234);
                 all.withdraw(key, 7);
                 all.end();
                 cr_assert(eq(sz, all.size(), 2));
               }),
               R"({"compare":[)" + compare + "," + nobody_before_66 + "," + compare +
                   R"(],"success":[)" + put_op + "," + remove + "]}"));
}
