// All elections of a session. Who stands, waits, leads, stops? What has to be asked of etcd for it?
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <vector>

#include "core/batches.hpp"
#include "core/context.hpp"
#include "core/election.hpp"

namespace tenure::core {

class roster {
 public:
  // At most `slice` leaderships are lost in one turn.
  explicit roster(std::size_t slice) : slice_(slice) {}

  // The user's calls.
  void stand(const context& c, election_id id, bool campaign_again);
  void work_stopped(const context& c, election_id id, std::int64_t fencing_token);
  void resign(const context& c, election_id id);
  void leave(const context& c, election_id id);
  void observe(const context& c, election_id id, bool on);
  // Its number may be given to another election. False: not yet.
  bool forget(election_id id);
  // Cancels every leadership; nothing new is asked for.
  void close(const context& c);

  // One of the batched requests has ended. `a` is null if it was not answered.
  void completed(const context& c, const completion& done, const answer* a);
  // What the watch said.
  void apply(const context& c, const std::vector<change>& changes);
  // Events before this revision were lost. No queue is sure until it was read as of that revision
  // or later.
  void events_lost(std::int64_t before);
  // All queues were read as of this revision, or later: up to it nobody needs the watch. `newest`
  // if there is nobody. 0 if that is not known.
  [[nodiscard]] std::int64_t read_as_of(std::int64_t newest) const;
  // The watch tells of nothing before. From now on older answers say too little.
  void listens_from(std::int64_t revision) { lost_until_ = std::max(lost_until_, revision); }
  // The cluster was restored from a backup. Revisions begin anew.
  void history_went_back();

  void lease_granted(const context& c);
  void lease_gone(const context& c, cause why);
  // The deadline moved. Those who are first and waited for that may lead.
  void renewed();
  // It moved after it had passed. What was read of queues before does not count any more.
  void back(const context& c);
  void deadline_passed(const context& c);
  // A keepalive shows that the lease lives. If it was sent after a loss, the reason of that loss is
  // the key.
  void lease_lives(const context& c, nanos asked_at);

  // What is due by time; the moment of the next.
  nanos tick(const context& c);

  [[nodiscard]] bool wants_lease() const;
  [[nodiscard]] bool wants_watch() const;
  [[nodiscard]] bool wants_puts() const { return observed_ > 0; }
  [[nodiscard]] core::stake stake() const;
  [[nodiscard]] std::size_t leaders() const { return all_.count(standing::leading); }
  // All leaderships are being lost, a slice a turn. Nothing else begins before that is done.
  [[nodiscard]] bool losing() const { return losing_.what != ended::nothing; }
  // Withdrawals are refused, time and again. Only the end of the lease takes those keys away.
  [[nodiscard]] bool keeps_refused_keys() const { return refused_ >= 3; }
  [[nodiscard]] bool stopping() const { return all_.count(standing::stopping) != 0; }
  [[nodiscard]] bool holds_losses() const { return !held_.empty(); }
  [[nodiscard]] const election& at(election_id id) const { return all_[id]; }
  [[nodiscard]] election_id size() const { return all_.size(); }

 private:
  void want(election_id id);
  void try_lead(const context& c, election_id id);
  void tell_place(const context& c, election_id id);
  void go(const context& c, election_id id, cause why);
  void overtake_resignation(const context& c, election_id id);
  void lose(const context& c, election_id id, cause why, bool hold);
  void stopped(const context& c, election_id id);
  void withdraw(election_id id);
  void withdrawn(const context& c, election_id id);
  void let_go(const context& c, election_id id);
  static rival own_key(const context& c, const election& e) {
    return {e.own_revision, c.lease.id()};
  }
  void own_key_gone(const context& c, election_id id);
  void deleted(const context& c, election_id id, const change& what);
  bool outdated(const answer& a) const { return a.revision + 1 < lost_until_; }
  void catch_up(const context& c, election_id id);
  void read_anew(election_id id);
  void leader_moved(election_id id, std::int64_t revision);
  void tell_held(const context& c, cause why);
  void tell_some(const context& c);
  void tell_loss(const context& c, election_id id);

  // What has ended, and takes all leaderships along. The later ones take more.
  enum class ended : std::uint8_t { nothing, deadline, lease, session };
  void lose_all(const context& c, ended what, cause why);
  void lose_slice(const context& c);
  void give_up(const context& c, election_id id);
  void give_up_first(const context& c, election_id id);

  [[nodiscard]] reading reading_of(const completion& done, const answer& a,
                                   const item_answer& got) const;
  void stood(const context& c, const completion& done, const answer& a);
  void stand_failed(const context& c, const completion& done);
  void reassured(const context& c, const completion& done, const answer& a);
  void reassure_at(election_id id, nanos when);
  void queue_read(const context& c, const completion& done, const answer& a);
  void leader_read(const context& c, const completion& done, const answer& a);
  void withdrawal_denied(const context& c, const completion& done);
  void withdrawal_answered(const context& c, const completion& done, const answer& a);

  // Each says when it has more to do.
  nanos announce_new(const context& c);
  nanos announce_again(const context& c);
  nanos reassure_some(const context& c);
  nanos reread_some(const context& c);
  // Of what only puts elections on a list.
  [[nodiscard]] std::size_t light_slice() const { return 4 * slice_; }
  static constexpr nanos announce_delay = 20 * millisecond;

  enum class due : std::uint8_t { grace, reassurance, doubt, left };
  struct appointment {
    nanos at;
    election_id id;
    due what;
    bool operator<(const appointment& other) const {
      return at > other.at;
    }  // the earliest on top of the heap
  };
  void remind(nanos at, election_id id, due what);
  void keep(const context& c, const appointment& a);

  const std::size_t slice_;
  struct {
    ended what = ended::nothing;
    cause why = cause::closed;
    election_id next = 0;
    election_id end = 0;
  } losing_;
  elections all_;
  std::size_t observed_ = 0;
  std::size_t attached_ = 0;  // elections with a candidate of the user's
  bool closing_ = false;
  std::int64_t lost_until_ = 0;
  nanos back_at_ = 0;  // the deadline moved then, though it had passed: no queue read before counts
  int refused_ = 0;    // withdrawals refused for want of permission since one came through
  batches batches_;
  bool busy_ = false;                // this turn has done enough
  std::vector<appointment> agenda_;  // a heap
  std::vector<election_id> ready_;   // first in the queue, but the deadline did not allow to lead
  std::vector<election_id> held_;    // losses whose reason is being found out
  std::deque<election_id> telling_;  // losses whose reason is known now
  nanos held_since_ = 0;
  nanos held_until_ = never;
  std::vector<election_id> unannounced_;  // new leaders whose key does not say so yet
  nanos announce_at_ = never;
  nanos announce_until_ = never;  // at the latest
  bool announcing_ = false;
  std::size_t announced_ = 0;  // so many of them
  struct {
    nanos began = 0;        // 0: there is no round, as nobody leads
    nanos next = never;     // its next step
    election_id done = 0;   // it has come so far
    election_id until = 0;  // the step under way ends here
  } round_;                 // the leaders are announced again, evenly over `last_seen_interval`
  struct reassurance {
    nanos at;
    election_id id;
  };
  std::deque<reassurance> reassurances_;  // in order of time
  nanos reassure_until_ = 0;  // not 0: those up to this moment are being put on their list
  nanos reread_at_ = never;
  election_id reread_from_ = 0;  // a re-reading of all queues has come so far
};

}  // namespace tenure::core
