// Who leads and who waits in each shard. Pages and changes of the watch come in any order.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <algorithm>
#include <random>

#include "election/shard_table.hpp"
#include "wire/value.hpp"

using tenure::leader_info;
using tenure::detail::shard_table;
namespace etcd = tenure::etcd;

namespace {

etcd::key_value kv(const std::string& key, std::int64_t created, std::int64_t modified,
                   const std::string& value = "v") {
  return {key, value, created, modified, 0};
}
etcd::watch_event put(const std::string& key, std::int64_t created, std::int64_t modified,
                      const std::string& value = "v") {
  return {false, kv(key, created, modified, value)};
}
etcd::watch_event erased(const std::string& key, std::int64_t modified) {
  return {true, kv(key, 0, modified, "")};
}

struct table : shard_table {
  table() : shard_table("app/") {}

  void read(std::int64_t revision, std::vector<etcd::key_value> keys) {
    page(revision, std::move(keys));
    finish();
  }
  void finish() {
    complete();
    for (auto at = all().begin(); at != all().end(); ++at) drop_stale(at);
  }
  // The keys' names, in order: "created:key created:key".
  std::string shown(const std::string& shard) const {
    std::string out;
    for (const leader_info& who : queue(shard)) {
      out += (out.empty() ? "" : " ") + std::to_string(who.fencing_token) + ":" + who.key;
    }
    return out;
  }
};

}  // namespace

Test(shard_table, a_shards_queue_is_in_the_order_of_create_revisions) {
  table t;
  t.read(50, {kv("app/leader/a", 9, 9), kv("app/leader/b", 7, 40), kv("app/s/leader/c", 8, 8)});
  cr_assert(eq(type(std::string), t.shown(""), std::string("7:app/leader/b 9:app/leader/a")));
  cr_assert(eq(type(std::string), t.shown("s"), std::string("8:app/s/leader/c")));
  cr_assert(eq(type(std::string), t.shown("nowhere"), std::string("")));
  cr_assert(eq(sz, t.occupied(), 2));
}

Test(shard_table, only_keys_of_elections_count) {
  table t;
  const struct {
    const char* key;
    const char* shard;  // null: of no election
  } rows[] = {
      {"app/leader/1234", ""},
      {"app/leader/zz", ""},
      {"app/leader/", ""},
      {"app/leader/01234", ""},
      {"app/leader/deeper/1234", ""},
      {"app/leader/leader/1234", ""},
      {"app/b/leader/x/y/z/1234", "b"},
      {"app/b/leader/1234", "b"},
      {"app/leader", nullptr},
      {"app/leaderx/1234", nullptr},
      {"app/b/c/leader/1234", nullptr},  // another application's, app/b
      {"app/b/leaders/1234", nullptr},
      {"app/1234", nullptr},
      {"app//leader/1234", nullptr},
      {"app/\n/leader/1234", nullptr},
      {"app/", nullptr},
      {"ap/leader/1", nullptr},
      {"", nullptr},
  };
  for (const auto& row : rows) {
    shard_table one("app/");
    one.page(50, {kv(row.key, 5, 5)});
    cr_assert(eq(sz, one.all().size(), row.shard == nullptr ? 0 : 1), "%s", row.key);
    if (row.shard == nullptr) continue;
    auto queue = one.queue(row.shard);
    cr_assert(eq(sz, queue.size(), 1), "%s", row.key);
    cr_assert(eq(type(std::string), queue[0].key, std::string(row.key)));
    cr_assert(eq(type(std::string), queue[0].value, std::string("v")));
    one.change(erased(row.key, 60));
    cr_assert(eq(sz, one.occupied(), 0), "%s", row.key);
  }
}

Test(shard_table, a_leaders_later_value_and_instance_are_kept) {
  table t;
  t.read(50, {kv("app/leader/abc", 9, 9, tenure::value::waiting("me", {}))});
  std::string later(tenure::value::leading("me too", {}).since({}));
  t.change(put("app/leader/abc", 9, 51, later));
  leader_info who = t.leader("", t.all().begin()->second);
  cr_assert(eq(type(std::string), who.value, later));
  cr_assert(eq(type(std::string), who.instance, std::string("me too")));
  cr_assert(eq(i64, who.fencing_token, 9));
}

Test(shard_table, a_huge_value_is_cut) {
  table t;
  t.read(50, {kv("app/leader/abc", 9, 9, std::string(100'000, 'x')),
              kv("app/leader/odd name", 10, 10, std::string(100'000, 'x'))});
  for (const auto& who : t.queue("")) cr_assert(eq(sz, who.value.size(), 64u << 10));
}

Test(shard_table, pages_go_on_behind_the_last_key) {
  table t;
  cr_assert(eq(type(std::string), std::string(t.next_key()), std::string("app/")));
  t.page(50, {kv("app/leader/a", 1, 1), kv("app/leader/b", 2, 2)});
  cr_assert(eq(type(std::string), std::string(t.next_key()), std::string("app/leader/b\0", 13)));
  t.begin(false);
  cr_assert(eq(type(std::string), std::string(t.next_key()), std::string("app/")));
}

Test(shard_table, a_delete_heard_before_the_page_that_still_shows_the_key_counts) {
  table t;
  t.change(erased("app/leader/b", 60));
  t.page(50, {kv("app/leader/a", 1, 1)});
  t.change(erased("app/leader/c", 61));
  t.page(50, {kv("app/leader/b", 2, 2), kv("app/leader/c", 3, 3), kv("app/leader/d", 4, 4)});
  t.finish();
  cr_assert(eq(type(std::string), t.shown(""), std::string("1:app/leader/a 4:app/leader/d")));
}

Test(shard_table, a_key_made_again_after_its_delete_is_another_candidate) {
  table t;
  t.change(erased("app/leader/a", 40));
  t.change(put("app/leader/a", 41, 41));
  t.page(50, {kv("app/leader/a", 41, 45, "later"), kv("app/leader/b", 3, 3)});
  t.finish();
  cr_assert(eq(type(std::string), t.shown(""), std::string("3:app/leader/b 41:app/leader/a")));
  cr_assert(eq(type(std::string), t.queue("")[1].value, std::string("later")));
  t.change(erased("app/leader/a", 60));
  t.change(put("app/leader/a", 61, 61));
  cr_assert(eq(type(std::string), t.shown(""), std::string("3:app/leader/b 61:app/leader/a")));
}

Test(shard_table, a_put_heard_before_an_older_page_is_kept) {
  table t;
  t.change(put("app/leader/a", 1, 70, "new"));
  t.change(put("app/leader/z", 71, 71));
  t.page(50, {kv("app/leader/a", 1, 1, "old")});
  t.finish();
  cr_assert(eq(type(std::string), t.shown(""), std::string("1:app/leader/a 71:app/leader/z")));
  cr_assert(eq(type(std::string), t.queue("")[0].value, std::string("new")));
}

Test(shard_table, changes_from_before_the_read_say_nothing_after_it) {
  table t;
  t.read(50, {});
  t.change(put("app/leader/a", 40, 40));  // and deleted by 50
  cr_assert(eq(sz, t.occupied(), 0));
  t.change(put("app/leader/a", 51, 51));
  cr_assert(eq(sz, t.occupied(), 1));
}

Test(shard_table, a_new_read_drops_what_it_did_not_find_and_keeps_what_came_later) {
  table t;
  t.read(50, {kv("app/leader/a", 1, 1), kv("app/leader/b", 2, 2), kv("app/s/leader/c", 3, 3)});
  t.begin(false);
  t.page(80, {kv("app/leader/b", 2, 60)});
  t.change(put("app/t/leader/d", 81, 81));
  t.finish();
  cr_assert(eq(type(std::string), t.shown(""), std::string("2:app/leader/b")));
  cr_assert(eq(type(std::string), t.shown("s"), std::string("")));
  cr_assert(eq(type(std::string), t.shown("t"), std::string("81:app/t/leader/d")));
}

Test(shard_table, a_new_history_counts_though_its_revisions_are_smaller) {
  table t;
  t.read(50, {kv("app/leader/a", 1, 45), kv("app/leader/b", 40, 44)});
  t.change(put("app/leader/c", 60, 60));
  t.begin(true);
  t.read(20, {kv("app/leader/a", 1, 10, "as it was"), kv("app/leader/e", 19, 19)});
  cr_assert(eq(type(std::string), t.shown(""), std::string("1:app/leader/a 19:app/leader/e")));
  cr_assert(eq(type(std::string), t.queue("")[0].value, std::string("as it was")));
}

// A random history, of which some part is read in pages while the changes of it come at any pace.
Test(shard_table, any_interleaving_of_pages_and_changes_ends_in_the_truth) {
  for (std::uint32_t seed = 1; seed <= 500; ++seed) {
    std::mt19937 draw(seed);
    const auto below = [&](std::size_t n) { return static_cast<std::size_t>(draw() % n); };
    std::map<std::string, etcd::key_value> store;
    std::vector<etcd::watch_event> history;  // the event at [i] has revision i + 1
    std::vector<std::map<std::string, etcd::key_value>> at_revision{store};
    const auto happen = [&] {
      const auto revision = static_cast<std::int64_t>(history.size()) + 1;
      const std::string key = "app/" + std::string(1, static_cast<char>('a' + below(3))) +
                              "/leader/" + std::to_string(1 + below(4));
      const auto found = store.find(key);
      if (found != store.end() && below(2) == 0) {
        store.erase(found);
        history.push_back(erased(key, revision));
      } else {
        const std::int64_t created =
            found != store.end() ? found->second.create_revision : revision;
        store[key] = kv(key, created, revision, std::to_string(revision));
        history.push_back({false, store[key]});
      }
      at_revision.push_back(store);
    };
    for (std::size_t i = below(30); i > 0; --i) happen();
    table t;
    std::size_t heard = below(history.size() + 1);  // the stream lags behind what is read
    const auto hear = [&] {
      if (heard < history.size()) t.change(etcd::watch_event(history[heard++]));
    };
    for (int reads = 0; reads < 3; ++reads) {
      if (reads != 0) {
        // Events were lost before the read.
        heard = std::max(heard, history.size() - below(history.size() + 1));
        t.begin(false);
      }
      for (std::size_t i = below(4); i > 0; --i) hear();
      const std::int64_t revision = static_cast<std::int64_t>(history.size());
      const auto whole = at_revision.back();
      auto next = whole.begin();
      do {
        std::vector<etcd::key_value> keys;
        for (std::size_t i = 1 + below(4); i > 0 && next != whole.end(); --i, ++next)
          keys.push_back(next->second);
        t.page(revision, std::move(keys));
        for (std::size_t i = below(4); i > 0; --i) happen();
        for (std::size_t i = below(4); i > 0; --i) hear();
      } while (next != whole.end());
      t.finish();
      while (heard < history.size()) hear();
      for (const char* shard : {"a", "b", "c"}) {
        std::vector<etcd::key_value> expected;
        for (const auto& [key, each] : store) {
          if (key.substr(0, 6) == std::string("app/") + shard + "/") expected.push_back(each);
        }
        std::sort(expected.begin(), expected.end(), [](const auto& x, const auto& y) {
          return x.create_revision < y.create_revision;
        });
        auto queue = t.queue(shard);
        cr_assert(eq(sz, queue.size(), expected.size()), "seed %u", seed);
        for (std::size_t i = 0; i < queue.size(); ++i) {
          cr_assert(eq(type(std::string), queue[i].key, expected[i].key), "seed %u", seed);
          cr_assert(eq(type(std::string), queue[i].value, expected[i].value), "seed %u", seed);
        }
      }
      for (std::size_t i = below(10); i > 0; --i) happen();
    }
  }
}
