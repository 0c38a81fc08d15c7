// An etcd cluster around the store: members that lag, are cut off, freeze and crash, a leader that
// times the leases, and one that was deposed and does not know it.
#pragma once

#include <cstdint>
#include <vector>

#include "choice.hpp"
#include "store.hpp"

namespace sim {

class world;

struct member {
  bool up = true;
  bool cut = false;     // off its peers
  bool lies = false;    // its next answer has a term that never was
  bool zombie = false;  // deposed as leader; goes on acknowledging renewals under its old term
  bool beside_zombie = false;
  nanos cut_since = 0;
  nanos frozen_until = 0;
  nanos stranger_until = 0;  // somebody else answers at its address
  std::uint64_t term = 1;    // of the last entry it applied
  // It caught up by a snapshot that holds the log up to this entry: until it applies the next one
  // it reads under the term of before. 0: no.
  std::uint64_t snapshot = 0;
  nanos asleep_since = never;  // deposed in its sleep
  std::int64_t applied = 1;    // revision
  nanos apply_at = 0;
  std::int64_t sent_revision = 0;  // what it was sent to apply last
  std::uint64_t sent_term = 0;
  std::int32_t ppm = 0;
  std::uint32_t generation = 0;  // of its troubles, so that an old healing does not end a new one
};

// What a member has to say to a request: executed, wait for later, or an outcome.
enum class serve : std::uint8_t { done, later, refused, broken };

class cluster {
 public:
  void reset(world& w);

  // A process's request at a member. For `later`, `again` is when to look again.
  serve request(std::size_t process, std::size_t at, const tenure::core::send& s, nanos sent,
                nanos server_deadline, std::uint64_t token, tenure::core::answer& out,
                nanos& again);

  void depose(bool frozen_first, nanos how_long, nanos vacancy);  // its leader
  void swift_change();
  void crash(std::size_t at, nanos how_long);
  void freeze(std::size_t at, nanos how_long);
  void cut(std::size_t at, nanos how_long);
  void lose_quorum(nanos how_long);
  void quorum_is_back() { no_quorum_ = false; }
  void restore();
  void lower_terms();
  void lies(std::size_t at);
  void no_entries(nanos how_long);
  // Instead of the term of an answer that has one.
  std::uint64_t told_term(std::size_t at, std::size_t process, std::uint64_t term);
  [[nodiscard]] bool takes_writes() const;
  // Nothing in what this process heard contradicts the terms of before, or not for long.
  [[nodiscard]] bool terms_may_stand(std::size_t process) const;
  void terms_given_up(std::size_t process);
  void tokens_expire();
  void writes_refused(std::size_t process, bool are);
  void full(bool is);
  void compact();
  // Another program writes that much.
  void flood(std::int64_t revisions);
  // At least so far the history had come by then.
  [[nodiscard]] std::int64_t revision_at(nanos then) const;
  // A session that begins at a stranger's would rightly stay with it.
  void strangers_go();
  void calm_down();

  void elected(std::size_t at, std::uint32_t generation);
  void heal(std::size_t at, std::uint32_t generation);
  void expire(std::int64_t lease, bool ripe);
  void applied(std::size_t at, std::int64_t revision);
  void checkpoint();
  void revoke_by_stale_count(std::int64_t lease);
  // Tells the members of what was committed.
  void committed();

  [[nodiscard]] member& at(std::size_t m) { return members_[m]; }
  [[nodiscard]] std::size_t size() const { return members_.size(); }
  [[nodiscard]] bool has_leader() const { return leader_ != none; }
  [[nodiscard]] std::uint64_t token() const { return token_; }
  [[nodiscard]] std::uint64_t term() const { return term_; }
  [[nodiscard]] bool connected(std::size_t m) const { return members_[m].up && !members_[m].cut; }
  [[nodiscard]] bool knows_no_leader(std::size_t m) const;
  [[nodiscard]] bool may_write(std::size_t process) const { return may_write_[process]; }
  [[nodiscard]] nanos refused_since(std::size_t process) const { return refused_since_[process]; }
  [[nodiscard]] nanos led_since() const { return led_since_; }

  sim::store store;
  static constexpr std::uint64_t id = 77;
  static constexpr std::uint64_t other_id = 78;
  [[nodiscard]] std::uint64_t id_at(std::size_t m) const;
  nanos last_end = -second;  // a lease ended then

 private:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);
  serve keepalive(std::size_t at, const tenure::core::send& s, nanos sent,
                  tenure::core::answer& out, nanos& again);
  // Whether the process's role allows it.
  [[nodiscard]] bool permitted(std::size_t process, const tenure::core::send& s);
  void shows_term(member& m) const;
  void lie(std::size_t process, const tenure::core::send& s, tenure::core::answer& out);
  serve wait(std::size_t at, nanos server_deadline, tenure::core::answer& out, nanos& again);
  void vacate(nanos vacancy);
  void elect_if_needed();
  [[nodiscard]] nanos truly(nanos by_leader) const;
  [[nodiscard]] bool quorum_without(std::size_t m) const;

  world* w_ = nullptr;
  std::vector<member> members_;
  std::size_t leader_ = 0;
  std::uint64_t term_ = 2;
  std::uint32_t vacancy_ = 0;
  nanos vacant_since_ = 0;
  nanos led_since_ = 0;
  std::uint64_t entries_ = 1;  // of the log
  std::vector<bool> may_write_;
  std::vector<nanos> refused_since_;
  bool no_quorum_ = false;
  nanos no_entries_until_ = 0;
  std::vector<nanos> misled_;        // each process: an answer's term was no truth last then
  std::vector<nanos> contradicted_;  // of each process: its greatest term has been wrong since then
  std::uint64_t token_ = 1;
  struct copy {
    std::int64_t id;
    nanos ttl;
  };
  std::vector<copy> zombie_leases_;
  std::vector<copy> ended_;  // lately
  struct mark {
    nanos at;
    std::int64_t revision;
  };
  std::vector<mark> floods_;
  nanos ended_at_ = 0;
};

}  // namespace sim
