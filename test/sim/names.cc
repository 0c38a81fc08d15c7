#include "names.hpp"

namespace sim {

namespace core = tenure::core;

namespace {

constexpr const char* ops[] = {"authenticate", "grant",       "keepalive", "revoke",   "introduce",
                               "confirm",      "stand",       "reassure",  "announce", "withdraw",
                               "read_queue",   "read_leader", "look",      "watch",    "read_all"};
constexpr const char* outcomes[] = {"ok",
                                    "not_sent",
                                    "broken",
                                    "timed_out",
                                    "bad_answer",
                                    "unavailable",
                                    "overloaded",
                                    "lease_gone",
                                    "lease_exists",
                                    "no_space",
                                    "too_many_operations",
                                    "request_too_large",
                                    "token_invalid",
                                    "credentials_rejected",
                                    "auth_off",
                                    "permission_denied",
                                    "wrong_cluster",
                                    "compacted",
                                    "rejected"};
constexpr const char* to_session[] = {
    "lease_granted", "lease_lost",    "jeopardy",        "safe",
    "stalled",       "all_cancelled", "timings_refused", "trouble"};
constexpr const char* to_candidate[] = {"campaigning", "position", "acquired",
                                        "cancelled",   "lost",     "resigned",
                                        "left",        "tampered", "stand_delayed"};
constexpr const char* causes[] = {
    "resigned",           "deadline_passed",       "lease_gone",      "key_deleted",
    "reassurance_failed", "reassurance_timed_out", "cluster_changed", "closed",
    "lease_let_go"};

// What is of interest in a message: a reason, or a number.
template <class Message>
std::string more(const Message&) {
  return {};
}
std::string more(const core::lease_granted& m) { return " " + std::to_string(m.lease); }
std::string more(const core::lease_lost& m) { return std::string(" ") + tell_cause(m.why); }
std::string more(const core::trouble& m) {
  return std::string(" ") + tell_op(m.request) + " " + tell_outcome(m.why);
}
std::string more(const core::position& m) { return " " + std::to_string(m.in_front); }
std::string more(const core::acquired& m) { return " " + std::to_string(m.fencing_token); }
std::string more(const core::cancelled& m) { return std::string(" ") + tell_cause(m.why); }
std::string more(const core::lost& m) { return std::string(" ") + tell_cause(m.why); }
std::string more(const core::stand_delayed& m) { return std::string(" ") + tell_outcome(m.why); }

}  // namespace

const char* tell_op(tenure::core::op what) { return ops[static_cast<int>(what)]; }
const char* tell_outcome(tenure::core::outcome what) { return outcomes[static_cast<int>(what)]; }
const char* tell_cause(tenure::core::cause why) { return causes[static_cast<int>(why)]; }

std::string tell_message(const core::to_session& what) {
  return to_session[what.index()] + std::visit([](const auto& it) { return more(it); }, what);
}
std::string tell_message(const core::to_candidate& what) {
  return to_candidate[what.index()] + std::visit([](const auto& it) { return more(it); }, what);
}

}  // namespace sim
