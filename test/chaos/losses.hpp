// What may have cost a leadership.
//
// Every candidate of a run has proxies of its own to all members and takes whichever answers. So
// with a quorum a follower that is frozen, killed, slow or isolated costs nobody anything: its
// endpoint is one silent one of several. A member's fault is an excuse only
// - if it led etcd then: renewals stop until there is a new leader, so a loss comes within a TTL of
// that;
// - if etcd elected because of it (one that was isolated comes back with a higher term): within a
// TTL of that election;
// - if it woke as a deposed leader and etcd has the defect that it then revokes by itself: at once;
// - if it was one too many: as long as there is no quorum, and a TTL after that.
#pragma once

#include <string>

#include "test/chaos/checker.hpp"
#include "test/chaos/history.hpp"

namespace tenure::chaos {

// etcd#15247: before 3.4.31 and 3.5.13 a leader that was deposed in its sleep revokes, when it
// wakes, leases that are alive. Of an unknown version it is not believed.
[[nodiscard]] bool revokes_when_it_wakes(const std::string& version);

[[nodiscard]] bool loss_is_explained(const history& of, const allowances& allowed,
                                     const term& lost);

}  // namespace tenure::chaos
