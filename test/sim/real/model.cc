// The simulation's model of etcd held against a real one: the same random requests go to both,
// through the shipped encoder and decoder, and the answers must be the same. model [SEQUENCES]
// [SEED]
#include <curl/curl.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "etcd/base64.hpp"
#include "etcd/framing.hpp"
#include "etcd/request.hpp"
#include "etcd/response.hpp"
#include "test/sim/choice.hpp"
#include "test/sim/real/alike.hpp"
#include "test/sim/store.hpp"
#include "test/support/etcd.hpp"
#include "wire/decode.hpp"
#include "wire/decode_watch.hpp"
#include "wire/encode.hpp"
#include "wire/names.hpp"

namespace {

namespace core = tenure::core;
namespace wire = tenure::wire;
using core::op;
using core::outcome;

constexpr std::size_t elections = 3;
constexpr int steps = 80;

class comparison {
 public:
  comparison(tenure::test::etcd& real, std::uint64_t seed)
      : real_(real), known_("model" + std::to_string(seed)) {
    draw_.seed(seed, 1, nullptr);
    options_.endpoints = {real.endpoint()};
    report_.rename({real.endpoint()});
    options_.app = "model" + std::to_string(seed);
    options_.instance = "one";
    for (std::size_t i = 0; i < elections; ++i) known_.add("s" + std::to_string(i));
    model_.reset(elections, 2 * core::second);
  }

  bool run() {
    core::send first;
    first.what = op::confirm;
    const core::answer at = ask(first);
    model_.revision = at.revision;
    begin_ = at.revision;
    for (int i = 0; i < steps && good_; ++i) step();
    if (good_) compare_watch();
    for (const std::int64_t l : leases_) {
      core::send s;
      s.what = op::revoke;
      s.lease = l;
      ask(s);
    }
    if (model_.full) alarm(false);
    return good_;
  }
  [[nodiscard]] int requests() const { return requests_; }

 private:
  std::string body(const char* format_key, const std::string& key, const std::string& rest) {
    std::string coded;
    tenure::etcd::append_base64(coded, key);
    return std::string("{\"") + format_key + "\":\"" + coded + "\"" + rest + "}";
  }

  core::answer ask(const core::send& s) {
    ++requests_;
    const wire::expected asked(s);
    const wire::http_request r = encoder_.encode(s, std::chrono::system_clock::now());
    const tenure::test::answer got = real_.post(std::string(r.path), r.body);
    tenure::net::reply reply;
    reply.delivery = tenure::net::delivery::answered;
    reply.http_status = got.status;
    reply.body = got.body;
    text_ = r.body + "\n  -> " + std::to_string(got.status) + " " + got.body;
    return decoder_.decode(1, asked, reply).answer;
  }

  void step() {
    core::send s;
    s.lease = leases_.empty() || draw_.chance(50)
                  ? static_cast<std::int64_t>(1 + draw_.below(1u << 30))
                  : leases_[draw_.index(leases_.size())];
    switch (draw_.below(16)) {
      case 0:
      case 1:
        s.what = op::grant;
        if (draw_.chance(800)) s.lease = static_cast<std::int64_t>(1 + draw_.below(1ull << 62));
        s.ttl =
            static_cast<core::nanos>(draw_.chance(200) ? 1 : 60 + draw_.below(100)) * core::second;
        break;
      case 2:
        s.what = op::keepalive;
        s.ttl = granted_[s.lease];
        break;
      case 3:
        if (!draw_.chance(400)) return;
        s.what = op::revoke;
        break;
      case 4: s.what = op::confirm; break;
      case 5:
      case 6:
      case 7: s.what = op::stand; break;
      case 8:
      case 9: s.what = op::withdraw; break;
      case 10: s.what = op::reassure; break;
      case 11: s.what = op::announce; break;
      case 12: s.what = op::read_queue; break;
      case 13: s.what = op::read_leader; break;
      default: by_hand(); return;
    }
    if (s.what == op::withdraw || s.what >= op::stand) add_items(s);
    // Entries that are all executed or none. Without a create revision a key is withdrawn by
    // itself.
    const bool known = std::all_of(s.items.begin(), s.items.end(),
                                   [](const core::item& it) { return it.create_revision != 0; });
    if (s.what == op::stand || s.what == op::reassure ||
        (known && (s.what == op::withdraw || s.what == op::announce))) {
      s.together = draw_.chance(400);
    }
    compare(s);
  }

  // Each election once, and mostly the true create revisions.
  void add_items(core::send& s) {
    for (core::election_id e = 0; e < elections; ++e) {
      if (draw_.chance(400) && !(e + 1 == elections && s.items.empty())) continue;
      std::int64_t revision = 0;
      for (const sim::key& k : model_.elections[e]) {
        if (k.name == s.lease) revision = k.create;
      }
      if (s.what != op::stand && draw_.chance(200)) revision = draw_.chance(500) ? 0 : revision + 1;
      s.items.push_back({e, revision});
    }
  }

  void compare(const core::send& s) {
    core::answer mine;
    mine.what = model_.execute(s, mine);
    if (s.what == op::grant && mine.what == outcome::ok) {
      leases_.push_back(s.lease);
      granted_[s.lease] = s.ttl;
    }
    const core::answer theirs = ask(s);
    const bool same =
        mine.what == theirs.what && (mine.what != outcome::ok || sim::alike(mine, theirs));
    if (!same)
      differ(wire::name(s.what), static_cast<int>(mine.what), mine.revision,
             static_cast<int>(theirs.what), theirs.revision);
  }

  void differ(const char* what, long long a, long long b, long long c, long long d) {
    good_ = false;
    std::printf("cannot %s alike: model %lld at %lld, etcd %lld at %lld\n  %s\n", what, a, b, c, d,
                text_.c_str());
  }

  void by_hand() {
    const auto e = static_cast<core::election_id>(draw_.below(elections));
    auto& keys = model_.elections[e];
    const std::string& prefix = known_.prefix(e);
    const std::size_t at = keys.empty() ? 0 : draw_.index(keys.size());
    switch (draw_.below(5)) {
      case 0: {
        if (model_.full) return;
        const auto label = static_cast<std::int64_t>(model_.revision);
        model_.put_foreign(e, label);
        (void)real_.post("/v3/kv/put",
                         body("key", prefix + "/x" + std::to_string(label), ",\"value\":\"eA==\""));
        break;
      }
      case 1: {
        if (keys.empty()) return;
        const std::string key = keys[at].name != 0 ? tenure::names::key(prefix, keys[at].name)
                                                   : prefix + "/x" + std::to_string(keys[at].label);
        model_.delete_key(e, at, sim::ending::by_hand);
        (void)real_.post("/v3/kv/deleterange", body("key", key, ""));
        break;
      }
      case 2: {
        if (keys.empty() || keys[at].name == 0 || model_.full) return;
        model_.attach(e, at, 0);
        (void)real_.post("/v3/kv/put", body("key", tenure::names::key(prefix, keys[at].name),
                                            ",\"value\":\"eA==\""));
        break;
      }
      case 3: {
        const std::int64_t to = model_.revision - static_cast<std::int64_t>(draw_.below(3));
        if (to <= model_.compacted || to <= begin_) return;
        model_.compact(to);
        (void)real_.post("/v3/kv/compaction", "{\"revision\":\"" + std::to_string(to) + "\"}");
        break;
      }
      default: alarm(!model_.full); break;
    }
  }

  // The space alarm can be raised by hand: the answers are those of a full store.
  void alarm(bool on) {
    const std::string status = real_.post("/v3/maintenance/status", "{}").body;
    const auto from = status.find("\"member_id\":\"") + 13;
    const std::string member = status.substr(from, status.find('"', from) - from);
    (void)real_.post("/v3/maintenance/alarm",
                     std::string("{\"action\":\"") + (on ? "ACTIVATE" : "DEACTIVATE") +
                         "\",\"memberID\":\"" + member + "\",\"alarm\":\"NOSPACE\"}");
    model_.full = on;
  }

  struct heard {
    comparison* self;
    tenure::etcd::framing framing{1u << 20};
    std::vector<core::change> changes;
    std::int64_t compacted = 0;
    std::int64_t until = 0;
  };

  static std::size_t hear(char* data, std::size_t, std::size_t size, void* to) {
    auto& h = *static_cast<heard*>(to);
    bool more = true;
    (void)h.framing.feed({data, size}, [&](std::string_view document) {
      wire::watch_heard m;
      if (!h.self->watch_decoder_.message(1, 0, document, m)) return false;
      const core::stream_news& n = m.news;
      for (const core::change& c : n.changes) h.changes.push_back(c);
      if (n.canceled) h.compacted = n.compact_revision;
      more = !n.canceled && n.last_revision < h.until;
      return true;
    });
    return more ? size : 0;
  }

  // What a watch from some revision says: all that followed, or that it was compacted.
  void compare_watch() {
    std::int64_t from = std::max<std::int64_t>(
        begin_ + 1, model_.revision - static_cast<std::int64_t>(draw_.below(12)));
    // Of the compacted revision itself older versions lose the deletes (etcd#18089).
    if (from == model_.compacted) ++from;
    const bool puts = draw_.chance(500);
    core::open_stream open;
    open.revision = from;
    open.puts = puts;
    heard h{};
    h.self = this;
    std::vector<core::change> mine;
    for (std::size_t i = model_.first_record(from); i < model_.history.size(); ++i) {
      const sim::record& r = model_.history[i];
      if (r.deleted || puts)
        mine.push_back({r.election, r.deleted, r.name, r.deleted ? 0 : r.create, r.revision});
    }
    const bool refused = from < model_.compacted;
    if (mine.empty() && !refused) return;
    h.until = mine.empty() ? core::never : mine.back().mod_revision;
    const std::string request = encoder_.watch(open);
    CURL* curl = curl_easy_init();
    curl_easy_setopt(curl, CURLOPT_URL, (real_.endpoint() + "/v3/watch").c_str());
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.c_str());
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &hear);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &h);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 5000L);
    (void)curl_easy_perform(curl);
    curl_easy_cleanup(curl);
    if (refused) {
      if (h.compacted != model_.compacted) differ("watch", from, model_.compacted, 0, h.compacted);
      return;
    }
    const auto order = [](const core::change& a, const core::change& b) {
      return a.mod_revision != b.mod_revision ? a.mod_revision < b.mod_revision
                                              : a.election < b.election;
    };
    std::stable_sort(mine.begin(), mine.end(), order);
    std::stable_sort(h.changes.begin(), h.changes.end(), order);
    const bool same = sim::alike(mine, h.changes);
    if (!same)
      differ("watch", from, static_cast<long long>(mine.size()), 0,
             static_cast<long long>(h.changes.size()));
  }

  tenure::test::etcd& real_;
  tenure::session_options options_;
  wire::electorate known_;
  wire::reporter report_;
  wire::encoder encoder_{known_, options_};
  wire::decoder decoder_{known_, report_};
  wire::watch_decoder watch_decoder_{known_, report_};
  sim::store model_;
  sim::stream draw_;
  std::vector<std::int64_t> leases_;
  std::map<std::int64_t, core::nanos> granted_;
  std::int64_t begin_ = 0;
  std::string text_;
  int requests_ = 0;
  bool good_ = true;
};

}  // namespace

int main(int argc, char** argv) {
  const int count = argc > 1 ? std::atoi(argv[1]) : 40;
  const std::uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 0) : 1;
  tenure::test::etcd real;
  int failed = 0;
  int requests = 0;
  for (int i = 0; i < count; ++i) {
    comparison one(real, seed + static_cast<std::uint64_t>(i));
    if (!one.run()) {
      ++failed;
      std::printf("sequence %llu differs\n",
                  static_cast<unsigned long long>(seed) + static_cast<unsigned long long>(i));
    }
    requests += one.requests();
  }
  std::printf("%d requests in %d sequences, answered by both\n", requests, count);
  std::printf("%d passed, %d failed\n", count - failed, failed);
  return failed != 0;
}
