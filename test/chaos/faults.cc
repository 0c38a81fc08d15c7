// How each fault is done and undone.
#include <memory>
#include <utility>

#include "test/chaos/driver.hpp"

namespace tenure::chaos {
namespace {

using test::traffic;

constexpr int burst_ms = 400;  // of a slow disk: stopped for a part of it, again and again

std::string name_of(std::size_t member) { return "m" + std::to_string(member); }

}  // namespace

void driver::strike_candidate(const planned_fault& plan, contender& target) {
  switch (plan.kind) {
    case fault_kind::freeze: {
      // Noted once it has stopped: what it did until then was done.
      target.stop();
      const action over = note(plan, target.name());
      return after(plan.for_ms, [&target, over] {
        over();  // before it can run again
        target.cont();
      });
    }
    case fault_kind::kill: {
      const action over = note(plan, target.name());
      target.kill();
      return after(plan.for_ms, [&target, over] {
        target.start();
        over();
      });
    }
    case fault_kind::hand_over: {
      const action over = note(plan, target.name());
      target.hand_over();
      return over();
    }
    case fault_kind::cut: {
      const action over = note(plan, target.name());
      net_->connect_far(false);
      return after(plan.for_ms, [this, over] {
        net_->connect_far(true);
        over();
      });
    }
    case fault_kind::delete_key:
    case fault_kind::revoke_lease: return tamper(plan, target);
    default: return strike_link(plan, target);
  }
}

void driver::strike_link(const planned_fault& plan, contender& target) {
  const action over = note(plan, target.name());
  for (std::size_t i = 0; i < target.proxies().size(); ++i) {
    test::proxy& link = *target.proxies()[i];
    switch (plan.kind) {
      case fault_kind::hole: link.both(traffic::drop()); break;
      case fault_kind::hole_out: link.to_server(traffic::drop()); break;
      case fault_kind::hole_in: link.to_client(traffic::drop()); break;
      case fault_kind::hole_one:
        if (i == static_cast<std::size_t>(plan.amount)) link.both(traffic::drop());
        break;
      case fault_kind::reset: link.reset_all(); break;
      case fault_kind::delay: link.both(traffic::delayed(plan.amount)); break;
      case fault_kind::throttle:
        link.both(traffic::throttled(static_cast<std::size_t>(plan.amount)));
        break;
      default: break;
    }
  }
  if (plan.for_ms == 0) return over();
  after(plan.for_ms, [&target, over] {
    for (const auto& link : target.proxies()) link->both(traffic::pass());
    over();
  });
}

// The leader's key is PREFIX/<lease id in hex>.
void driver::tamper(const planned_fault& plan, contender& target) {
  const std::string key = target.key();
  if (key.empty()) return skip(plan, "nobody leads");
  const std::string lease = key.substr(key.rfind('/') + 1);
  const action over = note(plan, target.name());
  const auto hand = std::make_shared<test::process>(etcd_->etcdctl(
      plan.kind == fault_kind::delete_key ? std::vector<std::string>{"del", key}
                                          : std::vector<std::string>{"lease", "revoke", lease}));
  when([hand] { return !hand->running(); }, over);
}

void driver::strike_member(const planned_fault& plan, std::size_t target) {
  if (plan.kind == fault_kind::member_slow) {
    const action over = note(plan, name_of(target));
    return slow_down(target, plan.amount, now() + plan.for_ms * millisecond, over);
  }
  const action over = note(plan, name_of(target));
  switch (plan.kind) {
    case fault_kind::member_freeze:
      etcd_->stop(target);
      return after(plan.for_ms, [this, target, over] {
        over();  // before it can run again: what it does when it wakes comes after the end
        etcd_->cont(target);
      });
    case fault_kind::member_isolated:
      net_->connect_to_peers(target, false);
      return after(plan.for_ms, [this, target, over] {
        net_->connect_to_peers(target, true);
        over();
      });
    case fault_kind::member_cut:
      net_->connect_to_clients(target, false);
      return after(plan.for_ms, [this, target, over] {
        net_->connect_to_clients(target, true);
        over();
      });
    default:
      return restart_member(target, plan.for_ms, plan.kind == fault_kind::member_restart, over);
  }
}

void driver::restart_member(std::size_t member, int pause_ms, bool politely, action then) {
  if (politely) {
    etcd_->terminate(member);
  } else {
    etcd_->kill(member);
  }
  const auto start_again = [this, member, pause_ms, then] {
    after(pause_ms, [this, member, then] {
      etcd_->start(member);
      const nanos started = now();
      when([this, member, started] { return etcd_->healthy(member, started); }, then);
    });
  };
  when([this, member] { return !etcd_->running(member); }, start_again);
}

// What a slow disk does to a member, as seen by others: now and then it does not get on.
void driver::slow_down(std::size_t member, int percent, nanos until, action then) {
  etcd_->stop(member);
  after(burst_ms * percent / 100, [this, member, percent, until, then] {
    etcd_->cont(member);
    if (now() >= until) return then();
    after(burst_ms - burst_ms * percent / 100, [=] { slow_down(member, percent, until, then); });
  });
}

// As many members at once as it takes, each a fault of its own in the history.
void driver::lose_quorum(const planned_fault& plan, std::size_t leader) {
  const action over = note(plan, "etcd");
  const std::size_t first = (plan.amount & with_etcds_leader) != 0 ? 0 : 1;
  for (std::size_t i = 0; i < etcd_->size() / 2 + 1; ++i) {
    planned_fault one;
    one.kind =
        (plan.amount & by_cuts) != 0 ? fault_kind::member_isolated : fault_kind::member_freeze;
    const std::size_t member = (leader + first + i) % etcd_->size();
    one.target = static_cast<int>(member);
    one.for_ms = plan.for_ms;
    strike_member(one, member);
  }
  after(plan.for_ms, over);
}

void driver::strike_election(const planned_fault& plan) {
  const std::optional<std::size_t> leader = etcd_->leader();
  if (plan.kind == fault_kind::quorum_lost) {
    if (!leader || members_busy()) return try_later(plan);
    return lose_quorum(plan, *leader);
  }
  if (!leader) return skip(plan, "etcd has no leader");
  if (plan.kind == fault_kind::move_leader) {
    const std::size_t to = (*leader + 1) % etcd_->size();
    if (etcd_->hex_id(to).empty()) return skip(plan, "the member has never answered");
    const action over = note(plan, "etcd");
    const auto hand =
        std::make_shared<test::process>(etcd_->etcdctl({"move-leader", etcd_->hex_id(to)}));
    return when([hand] { return !hand->running(); }, over);
  }
  const action over = note(plan, "etcd");
  // One after the other, etcd's leader last; each is a fault of its own in the history.
  const auto restart = std::make_shared<std::function<void(std::size_t)>>();
  *restart = [this, restart, over, first = *leader + 1](std::size_t done) {
    if (done == etcd_->size()) {
      over();
      return after(0, [restart] { *restart = nullptr; });  // breaks the circle, not under our feet
    }
    const std::size_t member = (first + done) % etcd_->size();
    planned_fault one;
    one.kind = fault_kind::member_rolled;
    one.target = static_cast<int>(member);
    const action one_over = note(one, name_of(member));
    restart_member(member, 0, true, [restart, done, one_over] {
      one_over();
      (*restart)(done + 1);
    });
  };
  (*restart)(0);
}

}  // namespace tenure::chaos
