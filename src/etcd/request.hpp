// What we say to etcd's v3 gateway: paths and JSON bodies.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tenure::etcd {

inline constexpr std::string_view path_authenticate = "/v3/auth/authenticate";
inline constexpr std::string_view path_grant = "/v3/lease/grant";
inline constexpr std::string_view path_keepalive = "/v3/lease/keepalive";
inline constexpr std::string_view path_revoke = "/v3/lease/revoke";
inline constexpr std::string_view path_txn = "/v3/kv/txn";
inline constexpr std::string_view path_range = "/v3/kv/range";
inline constexpr std::string_view path_watch = "/v3/watch";

// All keys that start with `prefix` are those from it up to this one (exclusive): the last byte
// below 0xff is raised and the rest cut; all 0xff or empty: "\0", which means "to the end".
[[nodiscard]] std::string range_end(std::string_view prefix);

// Each appends one JSON document to `out`. Keys and values are bytes (sent as standard base64).
void authenticate(std::string& out, std::string_view user, std::string_view password);
void grant(std::string& out, std::int64_t lease, std::int64_t ttl_s);
void keepalive(std::string& out, std::int64_t lease);
void revoke(std::string& out, std::int64_t lease);
// A linearizable read of whether one key exists: keys_only.
void introduce(std::string& out, std::string_view key);
// A transaction that holds an empty one. etcd takes it for a write: it passes through raft, and
// leaves neither a revision nor anything in the database, nor does a watch hear of it. A full store
// takes it as well.
void confirm(std::string& out);
// A linearizable read of keys and values from `first` to the end of those that start with `prefix`,
// in their order, at most `limit`, as of `revision` (0: the present one).
void read_page(std::string& out, std::string_view first, std::string_view prefix,
               std::int64_t revision, std::int64_t limit);
// start_revision must be > 0 (0 would silently skip). puts=false filters puts out (NOPUT).
void watch_create(std::string& out, std::string_view prefix, std::int64_t start_revision,
                  bool puts);
void watch_progress(std::string& out);

// A batch: one transaction without compares of its own whose success branch holds one entry per
// election, so that each is decided by its own compare and all share one commit.
// Appends to `out` between begin and end; at most --max-txn-ops (128) less the inner operations.
class batch {
 public:
  explicit batch(std::string& out);
  batch(const batch&) = delete;
  batch& operator=(const batch&) = delete;

  // Nested: if CREATE(key) == 0 { put key=value with lease; range queue } else { range key; range
  // queue } where `range key` is keys_only and `range queue` is: prefix.., by CREATE ascending,
  // keys_only, limit.
  void stand(std::string_view key, std::string_view value, std::int64_t lease,
             std::string_view prefix, std::int64_t limit);
  // Nested: if CREATE(key) == create_revision and no key that begins with the prefix is older than
  // `nobody_before` {} else { range key; range the oldest of the prefix, keys_only }: a write that
  // leaves nothing. With `nobody_before` 0 nothing is asked of the prefix.
  void reassure(std::string_view key, std::int64_t create_revision, std::string_view prefix,
                std::int64_t nobody_before);
  // Nested: the same, but { put key=value with lease } if it holds.
  void announce(std::string_view key, std::int64_t create_revision, std::string_view prefix,
                std::int64_t nobody_before, std::string_view value, std::int64_t lease);
  // Nested: if CREATE(key) == create_revision { delete key } else { range key };
  // with create_revision 0 (expected absent) the success branch is empty.
  void withdraw(std::string_view key, std::int64_t create_revision);
  // Two plain ranges: prefix.., by CREATE ascending, keys_only, limit; and the key, keys_only,
  // which a long queue's first `limit` need not have in them. A batch of ranges only is a
  // linearizable read and needs no disk space.
  void read_queue(std::string_view key, std::string_view prefix, std::int64_t limit);
  // Plain range: the first of prefix.. by CREATE, with its value.
  void read_leader(std::string_view prefix);

  void end();
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  void begin_entry();
  std::string_view encoded(std::string_view key);
  std::string_view begin_if_first(std::string_view key, std::int64_t create_revision,
                                  std::string_view prefix, std::int64_t nobody_before);
  void end_if_first(std::string_view key64, std::string_view prefix, std::int64_t nobody_before);

  std::string& out_;
  std::size_t size_ = 0;
  std::string key64_;
};

// A transaction whose entries are executed all, or none if the condition of any of them does not
// hold; then its answer has neither `succeeded` nor responses. It takes etcd a third of the time of
// a batch.
class joint {
 public:
  explicit joint(std::string& out);
  joint(const joint&) = delete;
  joint& operator=(const joint&) = delete;

  // If no key begins with the prefix: put key=value with lease.
  void stand(std::string_view key, std::string_view value, std::int64_t lease,
             std::string_view prefix);
  // If CREATE(key) == create_revision and no key that begins with the prefix is older than
  // `nobody_before`: nothing. Not mixed with others: all of them together make a write that leaves
  // nothing, as `confirm` does.
  void reassure(std::string_view key, std::int64_t create_revision, std::string_view prefix,
                std::int64_t nobody_before);
  // If the same holds: put key=value with lease.
  void announce(std::string_view key, std::int64_t create_revision, std::string_view prefix,
                std::int64_t nobody_before, std::string_view value, std::int64_t lease);
  // If CREATE(key) == create_revision, which is not 0: delete key.
  void withdraw(std::string_view key, std::int64_t create_revision);

  void end();
  void expect(std::size_t entries);  // of about the size of those so far; saves copying
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  std::string_view begin_entry(std::string_view key);
  std::string_view begin_if_first(std::string_view key, std::int64_t create_revision,
                                  std::string_view prefix, std::int64_t nobody_before);

  std::string& out_;  // the conditions
  std::string doings_;
  std::size_t size_ = 0;
  std::string key64_;
};

}  // namespace tenure::etcd
