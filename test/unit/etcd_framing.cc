// Cutting a stream into documents: any split by the network gives the same ones.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <string>
#include <vector>

#include "etcd/framing.hpp"

namespace {

using tenure::etcd::framing;
using strings = std::vector<std::string>;

struct outcome {
  strings documents;
  bool bad = false;
  bool inside = false;
  bool operator==(const outcome& other) const {
    return documents == other.documents && bad == other.bad && inside == other.inside;
  }
};

outcome cut(const strings& chunks, std::size_t limit = 1000) {
  outcome out;
  framing stream(limit);
  for (const std::string& chunk : chunks) {
    const bool fed = stream.feed(chunk, [&](std::string_view document) {
      out.documents.emplace_back(document);
      return true;
    });
    if (fed == stream.bad()) return {{"feed and bad contradict each other"}, true, true};
  }
  out.bad = stream.bad();
  out.inside = stream.inside();
  return out;
}

// Whole, in two at every byte, in three at every pair of bytes (if short), and byte by byte.
bool same_however_split(const std::string& text, const outcome& expected,
                        std::size_t limit = 1000) {
  if (!(cut({text}, limit) == expected)) return false;
  strings bytes;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (!(cut({text.substr(0, i), text.substr(i)}, limit) == expected)) return false;
    for (std::size_t j = i; text.size() < 120 && j <= text.size(); ++j) {
      if (!(cut({text.substr(0, i), text.substr(i, j - i), text.substr(j)}, limit) == expected))
        return false;
    }
    if (i < text.size()) bytes.push_back(text.substr(i, 1));
  }
  return cut(bytes, limit) == expected;
}

const std::string created = R"({"result":{"header":{"cluster_id":"1"},"created":true}})";
const std::string error_34 =
    R"({"error":{"grpc_code":14,"http_code":503,"message":"transport is closing","http_status":"Service Unavailable"}})";

}  // namespace

Test(etcd_framing, ends_a_document_at_its_closing_brace) {
  cr_assert(same_however_split(created, {{created}, false, false}));
  cr_assert(same_however_split("{}", {{"{}"}, false, false}));
}

Test(etcd_framing, gives_the_error_document_that_has_no_newline) {
  cr_assert(same_however_split(created + "\n" + error_34, {{created, error_34}, false, false}));
}

Test(etcd_framing, skips_white_space_between_documents_only) {
  cr_assert(
      same_however_split(" \r\n\t{ } \n\n{\"a\": 1}\n ", {{"{ }", "{\"a\": 1}"}, false, false}));
}

Test(etcd_framing, needs_no_space_between_documents) {
  cr_assert(same_however_split("{}{\"a\":[]}{}", {{"{}", "{\"a\":[]}", "{}"}, false, false}));
}

Test(etcd_framing, counts_no_braces_in_strings) {
  for (const char* text : {R"({"a":"}"})", R"({"a":"\"}"})", R"({"a":"\\"})", R"({"{":"[\\\"]"})",
                           R"({"a":"\\\\\"{"})"}) {
    cr_assert(same_however_split(text, {{text}, false, false}), "%s", text);
  }
}

Test(etcd_framing, says_whether_a_document_has_begun) {
  cr_assert(same_however_split("{} ", {{"{}"}, false, false}));
  cr_assert(same_however_split("{}{", {{"{}"}, false, true}));
  cr_assert(same_however_split("{\"a\":\"}", {{}, false, true}));
  cr_assert(same_however_split("", {{}, false, false}));
}

Test(etcd_framing, is_bad_for_good_after_what_cannot_begin_a_document) {
  for (const char* text : {"x", "[", "]", "}", "\"", "1", "null", "<html>{}", "\xef\xbb\xbf{}"}) {
    cr_assert(same_however_split(text, {{}, true, false}), "%s", text);
  }
  cr_assert(same_however_split("{},{}", {{"{}"}, true, false}));
  cr_assert(same_however_split(std::string("{}\0{}", 5), {{"{}"}, true, false}));
}

Test(etcd_framing, takes_a_document_of_the_limit_and_refuses_one_above) {
  const std::string ten = "{\"a\":1234}";
  cr_assert(same_however_split("{}" + ten + " " + ten, {{"{}", ten, ten}, false, false}, 10));
  cr_assert(cut({ten + "{}"}, 9).documents.empty());
  for (std::size_t split = 0; split <= ten.size(); ++split) {
    const outcome out = cut({"{}" + ten.substr(0, split), ten.substr(split) + "{}"}, 9);
    cr_assert(out.bad);
    cr_assert(out.documents == strings{"{}"});
  }
  cr_assert(cut({"{\"aaaaaaaaa"}, 9).bad);  // need not end to be too large
}

Test(etcd_framing, keeps_no_more_than_the_limit) {
  framing stream(1000);
  const std::string piece(100, '[');
  std::size_t taken = 0;
  const auto none = [](std::string_view) { return true; };
  cr_assert(stream.feed("{", none));
  while (stream.feed(piece, none)) taken += piece.size();
  cr_assert(le(sz, taken, 1000u));
  cr_assert(stream.bad());
  cr_assert(not(stream.feed("{}", none)));
}

Test(etcd_framing, stops_when_told_and_calls_no_more) {
  framing stream(1000);
  int calls = 0;
  cr_assert(not(stream.feed("{}{}{}", [&](std::string_view) { return ++calls < 2; })));
  cr_assert(eq(int, calls, 2));
  cr_assert(not(stream.bad()));
}

Test(etcd_framing, may_be_destroyed_by_the_taker_that_stops) {
  auto* stream = new framing(1000);
  cr_assert(stream->feed("{\"a\"", [](std::string_view) { return true; }));
  cr_assert(not(stream->feed(":1}{}", [&](std::string_view) {
    delete stream;
    return false;
  })));
}

namespace {

struct part {
  std::string text;
  bool more;
};

struct many_events {
  std::string head = R"({"result":{"header":{"revision":"7","x":[1,2]},"more":true,"events":[)";
  std::string list;
  std::string tail = R"(],"z":{}}})";
  std::string text;
  many_events() {
    for (int i = 0; i < 9; ++i) {
      list += (i == 0 ? "" : ",") +
              (R"({"type":"DELETE","kv":{"key":"a,]}\"b)" + std::to_string(i)) +
              R"(","l":[1,{"a":2}]}})";
    }
    text = head + list + tail;
  }
};

std::vector<part> parts(const std::string& text, std::size_t size, std::size_t step) {
  std::vector<part> all;
  framing stream(100'000, size);
  for (std::size_t at = 0; at < text.size(); at += step) {
    const bool fed =
        stream.feed(std::string_view(text).substr(at, step), [&](std::string_view document) {
          all.push_back({std::string(document), stream.partial()});
          return true;
        });
    if (!fed) return {};
  }
  return all;
}

}  // namespace

Test(etcd_framing, a_long_list_comes_in_parts_that_are_documents) {
  many_events events;
  for (std::size_t step = 1; step < 300; step += 7) {
    const std::vector<part> got = parts(events.text + events.text, 90, step);
    std::string elements;
    for (const part& p : got) {
      cr_assert(eq(type(std::string), p.text.substr(0, events.head.size()), events.head));
      std::string tail = p.more ? "]}}" : events.tail;
      cr_assert(eq(type(std::string), p.text.substr(p.text.size() - tail.size()), tail));
      elements +=
          p.text.substr(events.head.size(), p.text.size() - tail.size() - events.head.size()) +
          (p.more ? "," : ";");
    }
    cr_assert(gt(sz, got.size(), 4));
    cr_assert(not(got.back().more));
    cr_assert(eq(type(std::string), elements, events.list + ";" + events.list + ";"));
  }
}

Test(etcd_framing, what_is_no_list_of_a_watch_message_stays_whole) {
  for (const std::string& text : {std::string(R"({"a":[1,2,3,4,5,6,7,8],"b":2})"),
                                  std::string(R"({"a":{"b":{"c":1,"d":2,"e":3}}})"),
                                  std::string(R"({"a":{"b":["x,y,z,\"],"]}})")}) {
    std::vector<part> got = parts(text, 4, 1000);
    cr_assert(eq(sz, got.size(), 1));
    cr_assert(eq(type(std::string), got[0].text, std::string(text)));
  }
}

// What stands before a list is handed out, and read, with each part of it.
Test(etcd_framing, a_long_text_before_a_list_is_not_handed_out_with_each_part) {
  constexpr std::size_t limit = 100000;
  constexpr std::size_t part = 1000;
  framing stream(limit, part);
  std::size_t taken = 0;
  const auto take = [&](std::string_view) { return ++taken, true; };
  const std::string open = R"({"result":{"pad":")";
  cr_assert(stream.feed(open + std::string(limit - open.size() - 10, 'x'), take));
  // It goes beyond the limit just where the list begins.
  cr_assert(not(stream.feed(std::string(100, 'x') + R"(","events":[{},")", take)));
  cr_assert(stream.bad());
  cr_assert(zero(sz, +taken));
}
