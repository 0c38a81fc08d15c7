// One election as this process sees it: its standing, the queue in front of it, its leader.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/action.hpp"
#include "core/event.hpp"
#include "core/time.hpp"

namespace tenure::core {

enum class standing : std::uint8_t {
  idle,      // no key and none wanted
  wanting,   // a key is wanted
  creating,  // `stand` is under way
  queued,    // the key is there; others are in front, or the deadline does not allow to lead
  leading,
  stopping,     // it led, and the user's work is being stopped
  withdrawing,  // the key is to be deleted
};

struct election {
  standing state = standing::idle;
  bool stands = false;         // a candidate of the user's is attached
  bool again = false;          // campaign again after a loss
  bool resign_wanted = false;  // the user waits for `resigned`
  bool leave_wanted = false;   // the user waits for `left`
  bool rejoin = false;         // stand as soon as the withdrawal is over
  bool observed = false;
  bool unsure = false;      // events were lost: the queue has to be read before leading
  bool front_more = false;  // more in front than were read
  bool reading = false;     // a read of the queue is under way
  bool reading_leader = false;
  bool leader_known = false;
  bool reassurance_reminded = false;
  bool loss_held = false;    // `lost` is told when the reason is known
  bool apart = false;        // a batch with it differed: next time its entry is decided by itself
  std::uint8_t pending = 0;  // one bit for each batch list that it is on
  cause why = cause::resigned;

  std::int64_t fencing_token = 0;    // of the present leadership, or of the last one
  std::int64_t own_revision = 0;     // create revision of our key; 0: no key, as far as we know
  std::int64_t read_revision = 0;    // the queue is known as of this revision
  nanos read_sent = 0;               // and was asked for at this moment
  std::int64_t leader_revision = 0;  // create revision of the leader's key, as told
  std::int64_t leader_lease = 0;     // from its name
  std::int64_t leader_dirty = 0;     // something happened to the leader's key at this revision
  // Not 0: a stand got no answer. It may have been executed, or may still be, until this moment.
  nanos doubt_until = 0;
  nanos doubt_pause = 0;   // before the next look for its key
  nanos left_until = 0;    // `leave` is answered then at the latest
  nanos stop_until = 0;    // stopping: the grace is over then
  nanos confirmed_at = 0;  // leading: sending of the last answer that confirmed the key
  nanos reassure_at = 0;

  std::vector<rival> front;   // those with a smaller create revision, in order
  std::vector<change> early;  // deletes heard while the queue is being read

  [[nodiscard]] bool wanted() const { return stands && !resign_wanted && !leave_wanted; }
  [[nodiscard]] bool has_key() const { return own_revision != 0; }
  // Nobody here has to do with it, and nothing that is under way is about it. What an appointment
  // or a list may still say of it is looked at when its time comes.
  [[nodiscard]] bool forgettable() const {
    return state == standing::idle && !stands && !observed && !resign_wanted && !leave_wanted &&
           !rejoin && !reading && !reading_leader && !loss_held && !reassurance_reminded &&
           pending == 0 && doubt_until == 0;
  }
};

// All elections of a session, counted by their standing.
class elections {
 public:
  election& of(election_id id);  // made if it is new
  election& operator[](election_id id) { return all_[id]; }
  const election& operator[](election_id id) const { return all_[id]; }
  void enter(election& e, standing next);
  [[nodiscard]] std::size_t count(standing which) const {
    return counts_[static_cast<std::size_t>(which)];
  }
  [[nodiscard]] election_id size() const { return static_cast<election_id>(all_.size()); }

 private:
  std::vector<election> all_;
  std::array<std::size_t, 7> counts_{};
};

// Takes the queue as it was read at `revision`: `front` becomes those before `own_revision`.
void take_queue(election& e, const rival* first, std::size_t count, bool more,
                std::int64_t revision, std::int64_t own_lease);

// What this delete did to the queue. `unclear`: only a new read can tell.
enum class effect_of_delete { none, own_key, shorter, unclear };
effect_of_delete take_delete(election& e, const change& c, std::int64_t own_lease);

}  // namespace tenure::core
