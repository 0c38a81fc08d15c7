// Names of elections and keys: what is taken, what is refused and why, and the way back from a key.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <cstdint>
#include <string>

#include "wire/names.hpp"

namespace names = tenure::names;
using tenure::errc;
using tenure::error;

namespace {

std::string bytes(std::size_t count, char c = 'x') { return std::string(count, c); }

bool taken(const error& e) { return !e; }

bool refused(const error& e, const std::string& field) {
  return e.code == errc::invalid_argument && e.message.compare(0, field.size(), field) == 0;
}

bool printable(const std::string& text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return false;
  }
  return true;
}

const char* const good_text[] = {"a",
                                 "a b",
                                 "a.b-c_d",
                                 "ä",
                                 "日本語",
                                 "\xf0\x9f\x99\x82",
                                 "\xf4\x8f\xbf\xbf",
                                 "0",
                                 "\"\\",
                                 "a\xc2\xa0"
                                 "b"};
const char* const bad_text[] = {"\xff",
                                "a\xff",
                                "\xff\xff",
                                "\x80",
                                "\xc0\xaf",
                                "\xc1\x81",
                                "\xe0\x80\xaf",
                                "\xed\xa0\x80",
                                "\xf0\x80\x80\xaf",
                                "\xf4\x90\x80\x80",
                                "\xf5\x80\x80\x80",
                                "\xc3",
                                "\xe2\x82",
                                "\xf0\x9f\x99",
                                "a\nb",
                                "\t",
                                "\x7f",
                                "\x01",
                                "\xc2\x80",
                                "a\xc2\x9b"
                                "31m",
                                "\xc2\x9f"};

}  // namespace

Test(wire_names, text_that_is_utf8_without_control_characters_is_taken_everywhere) {
  for (const char* text : good_text) {
    cr_assert(taken(names::check_app(text)), "%s", text);
    cr_assert(taken(names::check_shard(text)), "%s", text);
    cr_assert(taken(names::check_instance(text)), "%s", text);
  }
}

Test(wire_names, other_bytes_are_refused_everywhere_and_shown_escaped) {
  for (const char* text : bad_text) {
    for (const error& e :
         {names::check_app(text), names::check_shard(text), names::check_instance(text)}) {
      cr_assert(e.code == errc::invalid_argument);
      cr_assert(printable(e.message));
      cr_assert(e.message.find("\\x") != std::string::npos, "%s", e.message.c_str());
    }
  }
  cr_assert(refused(names::check_app(std::string("a\0b", 3)), "app"));
}

Test(wire_names, a_long_one_is_shown_without_a_character_cut_in_half) {
  for (const char* filler : {"", "a", "ab"}) {
    std::string name = filler;
    while (name.size() <= 255) name += "\xe2\x82\xac";
    const error e = names::check_instance(name);
    cr_assert(e.message.find("…") != std::string::npos);
    cr_assert(taken(names::check_instance(e.message)), "%s", e.message.c_str());
  }
}

Test(wire_names, lengths_are_limited_to_255_bytes) {
  cr_assert(taken(names::check_app(bytes(255))));
  cr_assert(taken(names::check_shard(bytes(255))));
  cr_assert(taken(names::check_instance(bytes(255))));
  cr_assert(refused(names::check_app(bytes(256)), "app"));
  cr_assert(refused(names::check_shard(bytes(256)), "shard"));
  cr_assert(refused(names::check_instance(bytes(256)), "instance"));
  cr_assert(lt(sz, names::check_app(bytes(100000)).message.size(), 300),
            "a message does not repeat all of it");
}

Test(wire_names, only_a_shard_may_be_empty) {
  cr_assert(refused(names::check_app(""), "app"));
  cr_assert(refused(names::check_instance(""), "instance"));
  cr_assert(taken(names::check_shard("")));
}

Test(wire_names, an_app_has_no_empty_part_and_no_part_that_is_leader) {
  for (const char* text :
       {"a/b", "a/b/c", "leaders", "a/leaders", "leader2/a", "my-leader", "Leader"}) {
    cr_assert(taken(names::check_app(text)), "%s", text);
  }
  for (const char* text :
       {"/", "//", "/a", "a/", "a//b", "leader", "a/leader", "leader/a", "a/leader/b"}) {
    cr_assert(refused(names::check_app(text), "app"), "%s", text);
  }
}

Test(wire_names, a_shard_is_one_part_and_not_leader) {
  for (const char* text : {"leaders", "eu-1", "Leader", "."})
    cr_assert(taken(names::check_shard(text)), "%s", text);
  for (const char* text : {"a/b", "/", "/a", "a/", "leader"})
    cr_assert(refused(names::check_shard(text), "shard"), "%s", text);
}

Test(wire_names, an_instance_may_contain_slashes) {
  cr_assert(taken(names::check_instance("host/1//leader/")));
}

Test(wire_names, no_two_elections_lie_inside_each_other) {
  const char* const apps[] = {"a", "a/b", "ab", "b", "a/b/c", "leaders"};
  const char* const shards[] = {"", "b", "ab", "leaders", "c"};
  std::string all[30];
  std::size_t count = 0;
  for (const char* app : apps) {
    for (const char* shard : shards) all[count++] = names::election(app, shard);
  }
  for (const std::string& x : all) {
    for (const std::string& y : all) {
      if (x == y) continue;
      cr_assert(ne(int, y.compare(0, x.size() + 1, x + "/"), 0), "%s is inside %s", y.c_str(),
                x.c_str());
    }
  }
}

Test(wire_names, are_built_as_go_does) {
  cr_assert(eq(type(std::string), names::election("app", ""), std::string("app/leader")));
  cr_assert(eq(type(std::string), names::election("a/b", "eu"), std::string("a/b/eu/leader")));
  cr_assert(eq(type(std::string), names::key("app/leader", 0x694d7a9b1c2d3e4f),
               std::string("app/leader/694d7a9b1c2d3e4f")));
}

Test(wire_names, a_key_leads_back_to_its_lease) {
  const std::int64_t leases[] = {
      1, 15, 16, 0xabcdef, (std::int64_t{1} << 53) - 1, (std::int64_t{1} << 53) + 1, INT64_MAX};
  for (const std::int64_t lease : leases) {
    const std::string key = names::key("a/b/leader", lease);
    const names::parts p = names::split(key);
    cr_assert(eq(i64, +p.lease, +lease));
    cr_assert(p.prefix == "a/b/leader");
  }
  cr_assert(eq(type(std::string), names::key("p", INT64_MAX), std::string("p/7fffffffffffffff")));
  cr_assert(eq(type(std::string), names::key("p", (std::int64_t{1} << 53) + 1),
               std::string("p/20000000000001")));
}

Test(wire_names, what_go_would_not_write_is_no_lease) {
  for (const char* name : {"", "0", "01", "00ff", "FF", "aB", "xyz", "1g", "0x1", " 1", "1 ", "+1",
                           "-0", "8000000000000000", "ffffffffffffffffff", "1.0", "\xff"}) {
    const std::string key = std::string("p/leader/") + name;
    const names::parts p = names::split(key);
    cr_assert(eq(i64, +p.lease, 0), "%s", name);
    cr_assert(p.prefix == "p/leader");
  }
}

Test(wire_names, negative_leases_of_others_are_read_as_go_writes_them) {
  // Go's %x of a negative id has a sign. Ours are positive. So a key like that is somebody else's.
  const std::string key = "p/leader/-1";
  cr_assert(le(i64, +names::split(key).lease, 0));
}

Test(wire_names, a_key_without_a_slash_has_no_prefix) {
  cr_assert(names::split("abc").prefix.empty());
  cr_assert(names::split("").prefix.empty());
  cr_assert(names::split("/1").prefix.empty());
}
