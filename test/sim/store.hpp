// What etcd's members agree upon, as a pure step function: keys with their revisions, leases, and
// the history that watches read. No time passes in here: the cluster decides when a lease has run
// out.
#pragma once

#include <cstdint>
#include <vector>

#include "choice.hpp"
#include "core/action.hpp"
#include "core/event.hpp"

namespace sim {

using tenure::core::election_id;
using tenure::core::nanos;
using tenure::core::op;
using tenure::core::outcome;

inline constexpr std::size_t nobody = static_cast<std::size_t>(-1);

struct key {
  std::int64_t name = 0;   // a candidate's key is named after its lease; 0: a foreign key
  std::int64_t lease = 0;  // that it is attached to; 0: none, it stays
  std::int64_t create = 0;
  std::int64_t mod = 0;
  std::int64_t label = 0;      // tells foreign keys apart
  std::size_t owner = nobody;  // the process that stood
};

struct lease_entry {
  std::int64_t id = 0;
  nanos ttl = 0;
  std::size_t owner = nobody;  // the process that asked for it
  nanos granted = 0;
  nanos expires = 0;         // by the primary lessor, in true time
  nanos remainder = 0;       // as last written down by a leader; 0: nothing was, or it was cleared
  nanos cleared_at = never;  // by a renewal after it
  std::uint32_t generation = 0;  // of `expires`
};

struct record {
  std::int64_t revision = 0;
  election_id election = 0;
  bool deleted = false;
  std::int64_t name = 0;
  std::int64_t create = 0;
  bool hidden = false;  // no watch tells of it
};

// Why a key went.
enum class ending : std::uint8_t {
  withdrawn,
  revoked,
  expired,
  by_hand,
  stale_count,  // a leader of etcd that had slept took its lease for expired
  restored,
};

struct gone_key {
  election_id election;
  key what;
  ending how;
  std::size_t by;  // the process that asked for it
};

class store {
 public:
  void reset(std::size_t elections, nanos least_ttl);

  // Executes one of the core's requests; `cluster`, `term` and `call` of the answer are for others
  // to fill in.
  outcome execute(const tenure::core::send& s, tenure::core::answer& out, std::size_t who = nobody);
  [[nodiscard]] std::size_t keys_of(std::int64_t lease) const;
  // What a keepalive finds: the TTL, or 0.
  [[nodiscard]] nanos ttl_of(std::int64_t lease) const;

  // By lessor, operator or other programs.
  void end_lease(std::int64_t id, ending how, std::size_t who = nobody);
  bool delete_key(election_id e, std::size_t at, ending how, bool hidden = false);
  void put_foreign(election_id e, std::int64_t label);
  void attach(election_id e, std::size_t at, std::int64_t lease);
  void compact(std::int64_t revision);
  void restore_from_backup(std::int64_t revision);

  bool full = false;
  // etcd 3.4 and 3.5 do not see the puts of nested transactions, as ours are, when the store is
  // full (found by holding this model against them); a version that does may come.
  bool sees_nested_puts = false;
  std::size_t most_operations = 128;
  std::size_t room = 128;  // of a request, in entries that are asked for together
  std::size_t queue_limit =
      32;  // keys of a queue that are read at once; the shipped encoder asks for so many
  std::int64_t revision = 1;
  std::int64_t compacted = 0;
  std::uint64_t rewritten = 0;              // how often a key that was there was put again
  std::vector<std::vector<key>> elections;  // each in order of creation
  std::vector<lease_entry> leases;
  std::vector<record> history;
  std::vector<gone_key> gone;  // since the host looked last

  [[nodiscard]] lease_entry* find_lease(std::int64_t id);
  // The records from `revision` on.
  [[nodiscard]] std::size_t first_record(std::int64_t revision) const;

 private:
  [[nodiscard]] std::size_t find_key(election_id e, std::int64_t name) const;
  [[nodiscard]] bool differs(const tenure::core::send& s) const;
  [[nodiscard]] bool somebody_before(const tenure::core::item& it) const;
  [[nodiscard]] static std::size_t operations(const tenure::core::send& s);
  void remove(election_id e, std::size_t at, ending how, std::size_t who);
  void put(election_id e, std::int64_t name, std::int64_t lease, std::size_t who);
  void queue(election_id e, std::size_t limit, tenure::core::answer& out,
             tenure::core::item_answer& item) const;

  static constexpr std::size_t absent = static_cast<std::size_t>(-1);
  nanos least_ttl_ = 0;
};

}  // namespace sim
