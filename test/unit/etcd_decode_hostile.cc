// What a hostile or broken server might answer: each is refused, and the place is named.
#include "test/unit/etcd_answers.hpp"

using namespace tenure::etcd;

namespace {

struct place {
  string text;  // with $ where the value goes
  string path;
  string takes;  // of the values below, those that fit, by their letters
  string complaint;
};

// o object, a array, i integer, m negative integer, f fraction, b boolean, s string, d a string
// that has only digits
const struct {
  char letter;
  const char* text;
} values[] = {{'o', "{}"},    {'a', "[]"},   {'i', "3"},      {'m', "-3"},      {'f', "3.5"},
              {'b', "false"}, {'b', "true"}, {'s', "\"x!\""}, {'d', "\"1234\""}};

const string int64 = "not a 64-bit integer", uint64 = "not an unsigned 64-bit integer",
             list = "not an array", flag = "neither true nor false", object = "not an object";

// Every value in the wrong place gives an error that names the place. Every value that fits gives
// no error.
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

Test(etcd_decode_hostile, names_the_place_of_a_wrong_type_in_a_header) {
  try_all<range_response>({"$", "", "o", object});
  try_all<range_response>({R"({"header":$})", "header", "o", object});
  for (const char* name : {"cluster_id", "member_id", "raft_term"}) {
    try_all<range_response>({R"({"header":{")" + string(name) + R"(":$,"cluster_id":"1"}})",
                             "header." + string(name), "id", uint64});
  }
  try_all<range_response>(
      {R"({"header":{"cluster_id":"1","revision":$}})", "header.revision", "imd", int64});
}

Test(etcd_decode_hostile, names_the_place_of_a_wrong_type_in_a_range) {
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

Test(etcd_decode_hostile, names_the_place_of_a_wrong_type_in_a_transaction) {
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

Test(etcd_decode_hostile, takes_no_entry_of_a_transaction_that_does_not_say_its_one_kind) {
  const string why =
      "responses[0]: not one of response_put, response_range, response_delete_range, response_txn";
  for (const char* entry : {"{}", R"({"response_put":null})", R"({"response_lock":{}})",
                            R"({"response_put":{},"response_range":{}})"}) {
    cr_assert(refused_as<txn_response>("{" + H + R"(,"responses":[)" + entry + "]}", why));
  }
}

Test(etcd_decode_hostile, names_the_place_of_a_wrong_type_in_lease_and_authenticate_answers) {
  const string start = "{" + H + ",";
  try_all<lease_response>({R"({"result":$})", "result", "o", object});
  try_all<lease_response>({start + R"("ID":$})", "ID", "imd", int64});
  try_all<lease_response>({start + R"("TTL":$})", "TTL", "imd", int64});
  try_all<lease_response>({R"({"result":)" + start + R"("TTL":$}})", "result.TTL", "imd", int64});
  try_all<authenticate_response>({start + R"("token":$})", "token", "sd", "not a string"});
}

Test(etcd_decode_hostile, names_the_place_of_a_wrong_type_in_a_watch_message) {
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

Test(etcd_decode_hostile, ignores_members_it_does_not_know) {
  auto lease = parsed<lease_response>("{\"new\":{\"a\":[1,2.5e3,{\"b\":null}]}," + H +
                                      R"(,"ID":"1","ttl":[]})");
  cr_assert(eq(i64, lease.id, 1));
}

Test(etcd_decode_hostile, refuses_documents_cut_short_at_any_byte) {
  for (std::size_t i = 0; i < standing.size(); ++i) {
    cr_assert(ne(type(string), refused<txn_response>(standing.substr(0, i)), string()), "%zu", i);
  }
}

Test(etcd_decode_hostile, refuses_any_byte_after_the_document_but_white_space) {
  parsed<txn_response>(" \t\r\n" + standing + " \t\r\n");
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') continue;
    cr_assert(ne(type(string), refused<txn_response>(standing + c), string()), "%d", byte);
  }
  cr_assert(ne(type(string), refused<txn_response>(standing + string("\0{", 2)), string()));
}

Test(etcd_decode_hostile, survives_any_byte_in_any_place) {
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

Test(etcd_decode_hostile, refuses_what_is_not_utf_8) {
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

Test(etcd_decode_hostile, refuses_a_text_that_ends_in_a_character) {
  const string start = "{" + H + R"(,"unknown":")";
  for (const char* bytes : {"\xc3", "\xe0", "\xe2", "\xe2\x82", "\xed", "\xf0", "\xf3", "\xf3\xa0",
                            "\xf3\xa0\x80", "\xf4"}) {
    cr_assert(refused<lease_response>(start + bytes).rfind("not JSON: ", 0) == 0);
  }
}

Test(etcd_decode_hostile, refuses_deep_nesting_at_once, .timeout = 5) {
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

Test(etcd_decode_hostile, reads_transactions_nested_deeper_than_any_of_ours) {
  string nested = R"({"response_range":{"kvs":[{"key":"YQ=="}]}})";
  for (int i = 0; i < 10; ++i) nested = R"({"response_txn":{"responses":[)" + nested + "]}}";
  auto txn = parsed<txn_response>("{" + H + R"(,"responses":[)" + nested + "]}");
  op_response* op = &txn.responses.at(0);
  for (int i = 0; i < 10; ++i) op = &op->responses.at(0);
  cr_assert(eq(sz, op->kvs.size(), 1u));
}

Test(etcd_decode_hostile, refuses_more_values_than_etcd_has_for_so_many_bytes, .timeout = 5) {
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

Test(etcd_decode_hostile, takes_the_densest_answer_that_etcd_can_give) {
  string text = "{" + H + R"(,"responses":[)";
  for (int i = 0; i < 10000; ++i) text += R"({"response_put":{}},)";
  text.back() = ']';
  cr_assert(eq(sz, parsed<txn_response>(text + "}").responses.size(), 10000u));
}

Test(etcd_decode_hostile, survives_numbers_of_any_size, .timeout = 5) {
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
