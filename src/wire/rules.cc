#include "wire/rules.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>

namespace tenure::wire {

namespace {

bool different(const std::vector<etcd::key_value>& kvs) {
  std::vector<std::string_view> names;
  names.reserve(kvs.size());
  for (const etcd::key_value& kv : kvs) names.push_back(kv.key);
  std::sort(names.begin(), names.end());
  return std::adjacent_find(names.begin(), names.end()) == names.end();
}

}  // namespace

bool is_revision(std::int64_t r) { return r >= 1 && r < std::numeric_limits<std::int64_t>::max(); }

bool header_holds(const etcd::header& h, std::string& why) {
  if (h.member_id == 0) return no(why, "header.member_id: missing");
  if (!is_revision(h.revision)) return no(why, "header.revision: not one that etcd can have");
  return true;
}

bool key_holds(const etcd::key_value& kv, std::int64_t revision, std::string& why) {
  if (kv.create_revision < 1 || kv.mod_revision < kv.create_revision)
    return no(why, "a key was modified before it was created");
  if (kv.mod_revision > revision) return no(why, "a key is younger than the answer");
  // A revision writes a key once.
  const std::int64_t writes = kv.mod_revision - kv.create_revision;
  if (kv.version < 1 || kv.version - 1 > writes || (kv.version == 1) != (writes == 0))
    return no(why, "the version of a key does not fit to its revisions");
  return true;
}

bool range_holds(const told_range& r, const asked_range& a, std::string& why) {
  const auto size = static_cast<std::int64_t>(r.kvs.size());
  if (size > a.limit) return no(why, "kvs: more than were asked for");
  if (r.count < size || r.more != (r.count > size))
    return no(why, "count: it does not fit to the keys");
  if (r.more && size != a.limit) return no(why, "more: but there are fewer than were asked for");
  const etcd::key_value* before = nullptr;
  for (const etcd::key_value& kv : r.kvs) {
    if (kv.key.compare(0, a.below.size(), a.below) != 0 || kv.key < a.from)
      return no(why, "kvs: a key that was not asked for");
    if (a.keys_only && !kv.value.empty()) return no(why, "kvs: a value that was not asked for");
    if (!key_holds(kv, a.revision, why)) return false;
    if (before != nullptr &&
        (a.by_age ? kv.create_revision < before->create_revision : kv.key <= before->key))
      return no(why, "kvs: not in the order that was asked for");
    before = &kv;
  }
  return !a.by_age || r.kvs.size() < 2 || different(r.kvs) || no(why, "kvs: a key comes twice");
}

bool single_holds(const told_range& r, std::string_view key, std::int64_t revision,
                  std::string& why) {
  return range_holds(r, {key, key, 1, true, true, revision}, why) &&
         (!r.more || no(why, "more: but one key was asked for")) &&
         (r.kvs.empty() || r.kvs.front().key == key ||
          no(why, "kvs: a key that was not asked for"));
}

}  // namespace tenure::wire
