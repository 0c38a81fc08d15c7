#include "names.hpp"

namespace sim {

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
                                    "token_invalid",
                                    "credentials_rejected",
                                    "auth_off",
                                    "permission_denied",
                                    "wrong_cluster",
                                    "compacted",
                                    "rejected"};
constexpr const char* all_news[] = {
    "granted", "lease_lost",      "jeopardy",    "safe",     "cancelled_all", "stalled",
    "trouble", "refused_timings", "campaigning", "position", "acquired",      "cancelled",
    "lost",    "resigned",        "left",        "leader",   "tampered"};
constexpr const char* causes[] = {
    "resigned",           "deadline_passed",       "lease_gone",      "key_deleted",
    "reassurance_failed", "reassurance_timed_out", "cluster_changed", "closed",
    "lease_let_go"};

}  // namespace

const char* tell_op(tenure::core::op what) { return ops[static_cast<int>(what)]; }
const char* tell_outcome(tenure::core::outcome what) { return outcomes[static_cast<int>(what)]; }
const char* tell_news(tenure::core::news what) { return all_news[static_cast<int>(what)]; }
const char* tell_cause(tenure::core::cause why) { return causes[static_cast<int>(why)]; }

}  // namespace sim
