#include "test/chaos/driver.hpp"

#include <cstdio>
#include <utility>

#include "test/support/wait.hpp"

namespace tenure::chaos {
namespace {

constexpr std::uint64_t turn_ms = 10;
constexpr nanos ask_every = 250 * millisecond;
constexpr int try_again_ms = 500;
constexpr int try_for_ms = 5000;
constexpr int try_must_ms = 10000;  // of what no run may be without
constexpr nanos leave_limit = 15 * second;

}  // namespace

struct driver::delayed {
  uv_timer_t timer{};
  action then;
  driver* of = nullptr;
};

driver::driver(const circumstances& under, std::vector<planned_fault> schedule, network* net)
    : under_(under), schedule_(std::move(schedule)), net_(net) {
  uv_loop_init(&loop_);
  uv_timer_init(&loop_, &turn_);
  turn_.data = this;
  etcd_ = std::make_unique<cluster>(static_cast<std::size_t>(under.members), net);
  for (int i = 0; i < under.candidates; ++i) {
    const bool far = net != nullptr && i == under.candidates - 1;
    contenders_.push_back(std::make_unique<contender>(&loop_, "c" + std::to_string(i), *etcd_,
                                                      far ? net : nullptr, under.ttl_ms, journal_));
  }
}

driver::~driver() {
  // What was to be done later is not done any more: it is about those that go now.
  for (delayed* each : std::exchange(delayed_, {})) close(each);
  contenders_.clear();
  uv_close(reinterpret_cast<uv_handle_t*>(&turn_), nullptr);
  uv_run(&loop_, UV_RUN_DEFAULT);
  uv_loop_close(&loop_);
}

void driver::run() {
  began_ = now();
  journal_.write("run", began_,
                 {{"seed", std::to_string(under_.seed)},
                  {"members", std::int64_t{under_.members}},
                  {"candidates", std::int64_t{under_.candidates}},
                  {"ttl_ms", std::int64_t{under_.ttl_ms}},
                  {"etcd", etcd_->version()}});
  for (const planned_fault& each : schedule_) {
    journal_.write("plan", began_, {{"what", describe(each)}});
    after(each.at_ms, [this, &each] { begin(each); });
  }
  etcd_->watch(&loop_, journal_);
  for (const auto& each : contenders_) each->start();
  after(under_.seconds * 1000, [this] { wind_up(); });
  uv_timer_start(
      &turn_, [](uv_timer_t* timer) { static_cast<driver*>(timer->data)->turn(); }, turn_ms,
      turn_ms);
  while (!over_) uv_run(&loop_, UV_RUN_ONCE);
  uv_timer_stop(&turn_);
}

void driver::turn() {
  for (const auto& each : contenders_) each->read();
  if (now() - asked_ >= ask_every) {
    asked_ = now();
    etcd_->watch(&loop_, journal_);
  }
  // An action may add to the list.
  for (std::size_t i = 0; i < waiting_.size();) {
    if (!waiting_[i].first()) {
      ++i;
      continue;
    }
    const action then = std::move(waiting_[i].second);
    waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(i));
    then();
  }
}

void driver::wind_up() {
  journal_.write("over", now(), {});
  for (const auto& each : contenders_) each->leave();
  const nanos limit = now() + leave_limit;
  when(
      [this, limit] {
        bool all = true;
        for (const auto& each : contenders_) all = all && each->ended();
        return all || now() > limit;
      },
      [this] {
        for (const auto& each : contenders_) {
          if (!each->ended())
            std::fprintf(stderr, "%s did not end when told to\n", each->name().c_str());
          each->kill();
        }
        over_ = true;
      });
}

void driver::begin(const planned_fault& plan) {
  switch (facts(plan.kind).on) {
    case victim::candidate:
      if (contender* const target = pick_candidate(plan)) return strike_candidate(plan, *target);
      return try_later(plan);
    case victim::member:
      if (const auto target = pick_member(plan)) return strike_member(plan, *target);
      return skip(plan, "the member is not well");
    case victim::election: return strike_election(plan);
  }
}

// There is no leader just now, or something is being done to it.
void driver::try_later(const planned_fault& plan) {
  const bool must = plan.leader_only || plan.kind == fault_kind::quorum_lost;
  const nanos latest = began_ + (plan.at_ms + (must ? try_must_ms : try_for_ms)) * millisecond;
  if (now() > latest) return skip(plan, "nobody to do it to");
  after(try_again_ms, [this, &plan] { begin(plan); });
}

// Whoever is meant, unless something is being done to it already: then the next one.
contender* driver::pick_candidate(const planned_fault& plan) {
  if (plan.leader_only && members_busy()) return nullptr;
  if (plan.target == whoever_leads) {
    for (const auto& each : contenders_) {
      if (each->leads() && !busy(each->name())) return each.get();
    }
    if (tampers(plan.kind) || plan.leader_only) return nullptr;
  }
  const std::size_t first =
      plan.target == whoever_leads ? 0 : static_cast<std::size_t>(plan.target);
  for (std::size_t i = 0; i < contenders_.size(); ++i) {
    contender& each = *contenders_[(first + i) % contenders_.size()];
    if (!busy(each.name()) && !each.ended()) return &each;
    if (plan.kind == fault_kind::cut) return nullptr;  // only that one has a link
  }
  return nullptr;
}

std::optional<std::size_t> driver::pick_member(const planned_fault& plan) const {
  const std::size_t member = plan.target == whoever_leads ? etcd_->leader().value_or(0)
                                                          : static_cast<std::size_t>(plan.target);
  if (busy("m" + std::to_string(member))) return std::nullopt;
  return member;
}

bool driver::members_busy() const {
  for (std::size_t i = 0; i < etcd_->size(); ++i) {
    if (busy("m" + std::to_string(i))) return true;
  }
  return busy("etcd");
}

driver::action driver::note(const planned_fault& plan, const std::string& target) {
  const std::int64_t id = ++faults_;
  const nanos t = now();
  const fault_facts& what = facts(plan.kind);
  struck_.insert(target);
  journal_.write(
      "fault", t,
      {{"id", id}, {"kind", std::string(what.name)}, {"target", target}, {"note", describe(plan)}});
  std::printf("%7.1f s  %s: %s\n", static_cast<double>(t - began_) / 1e9, target.c_str(),
              std::string(what.shown).c_str());
  return [this, id, target] {
    struck_.erase(target);
    journal_.write("fault_over", now(), {{"id", id}, {"target", target}});
  };
}

void driver::skip(const planned_fault& plan, const char* why) {
  std::printf("%7.1f s  skipped (%s): %s\n", static_cast<double>(now() - began_) / 1e9, why,
              describe(plan).c_str());
}

void driver::after(int ms, action then) {
  auto* each = new delayed;
  each->then = std::move(then);
  each->timer.data = each;
  uv_timer_init(&loop_, &each->timer);
  each->of = this;
  delayed_.insert(each);
  const auto on_time = [](uv_timer_t* timer) {
    auto* due = static_cast<delayed*>(timer->data);
    const action then_due = std::move(due->then);
    due->of->delayed_.erase(due);
    close(due);
    then_due();
  };
  uv_update_time(&loop_);
  uv_timer_start(&each->timer, on_time, static_cast<std::uint64_t>(ms), 0);
}

void driver::close(delayed* each) {
  const auto on_closed = [](uv_handle_t* handle) { delete static_cast<delayed*>(handle->data); };
  uv_close(reinterpret_cast<uv_handle_t*>(&each->timer), on_closed);
}

void driver::when(condition holds, action then) {
  waiting_.emplace_back(std::move(holds), std::move(then));
}

}  // namespace tenure::chaos
