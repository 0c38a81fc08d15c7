// What can be done to an election, by name, and what each of it may cost.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tenure::chaos {

enum class victim : unsigned char { candidate, member, election };

// What a fault may do to the leadership of a candidate that was not its victim, or that was.
enum class cost : unsigned char {
  nothing,   // nobody may lose a leadership through it
  own_term,  // its victim may lose its leadership, nobody else
  // etcd itself is hurt: its leader, or one member too many. Then whoever leads may lose.
  every_term,
};

// kind, shown as, victim, cost, lasts.
#define TENURE_CHAOS_FAULTS(X)                                        \
  /* the candidate's packets, through its proxies */                  \
  X(hole, "black hole", candidate, own_term, true)                    \
  X(hole_out, "black hole, out", candidate, own_term, true)           \
  X(hole_in, "black hole, in", candidate, own_term, true)             \
  X(hole_one, "one endpoint silent", candidate, nothing, true)        \
  X(reset, "connections reset", candidate, nothing, false)            \
  X(delay, "delay", candidate, own_term, true)                        \
  X(throttle, "throttle", candidate, own_term, true)                  \
  /* the candidate's own link: a real cut, in a network namespace */  \
  X(cut, "link cut", candidate, own_term, true)                       \
  /* the candidate's process */                                       \
  X(freeze, "frozen", candidate, own_term, true)                      \
  X(kill, "kill -9", candidate, own_term, true)                       \
  X(hand_over, "told to hand over", candidate, nothing, false)        \
  /* its key and its lease, by somebody else's hand */                \
  X(delete_key, "key deleted", candidate, own_term, true)             \
  X(revoke_lease, "lease revoked", candidate, own_term, true)         \
  /* etcd */                                                          \
  X(member_freeze, "frozen", member, every_term, true)                \
  X(member_kill, "kill -9", member, every_term, true)                 \
  X(member_restart, "restart", member, every_term, true)              \
  X(member_slow, "slow disk", member, every_term, true)               \
  X(member_isolated, "cut from its peers", member, every_term, true)  \
  X(member_cut, "cut from the candidates", member, nothing, true)     \
  X(member_rolled, "restarted in turn", member, nothing, true)        \
  X(move_leader, "etcd leader moved", election, nothing, false)       \
  X(rolling_restart, "rolling restart", election, nothing, true)      \
  /* its parts are faults of their own: members frozen or isolated */ \
  X(quorum_lost, "quorum lost", election, nothing, true)

enum class fault_kind : unsigned char {
#define X(kind, shown, on, costs, lasts) kind,
  TENURE_CHAOS_FAULTS(X)
#undef X
};

struct fault_facts {
  std::string_view name;   // in the history
  std::string_view shown;  // to people
  victim on;
  cost costs;
  bool lasts;
};

[[nodiscard]] const fault_facts& facts(fault_kind kind);
[[nodiscard]] std::optional<fault_kind> fault_named(std::string_view name);

// By another's hand: the one thing that no election can survive without a moment of two leaders.
[[nodiscard]] constexpr bool tampers(fault_kind kind) {
  return kind == fault_kind::delete_key || kind == fault_kind::revoke_lease;
}

// While it lasts the member takes no part in the quorum.
[[nodiscard]] constexpr bool stops_member(fault_kind kind) {
  return kind == fault_kind::member_freeze || kind == fault_kind::member_kill ||
         kind == fault_kind::member_restart || kind == fault_kind::member_rolled ||
         kind == fault_kind::member_isolated || kind == fault_kind::member_slow;
}

}  // namespace tenure::chaos
