// Which jobs a runner has, and what is refused.
#include "jobs/job_runner_impl.hpp"

#include <set>
#include <utility>

#include "base/clock.hpp"
#include "wire/names.hpp"

namespace tenure::detail {

namespace {

constexpr milliseconds longest = std::chrono::hours(24);

core::nanos to_nanos(milliseconds ms) { return std::chrono::nanoseconds(ms).count(); }

error bad(std::string message) { return {errc::invalid_argument, std::move(message), 0}; }

error check_job(const job& one) {
  if (one.name.empty()) return bad("jobs: a job without a name");
  if (error e = names::check_shard(one.name)) return e;
  if (!one.start || !one.stop) return bad("jobs: " + one.name + " needs both start and stop");
  return {};
}

error check_range(const char* name, milliseconds value, milliseconds least, milliseconds most) {
  if (value >= least && value <= most) return {};
  return bad(std::string(name) + " is " + std::to_string(value.count()) + " ms; it must be " +
             std::to_string(least.count()) + " ms to " + std::to_string(most.count()) + " ms");
}

}  // namespace

job_runner_impl::job_runner_impl(std::shared_ptr<session_impl> session, job_runner_options options,
                                 job_runner_events events)
    : session_(std::move(session)),
      options_(std::move(options)),
      events_(std::move(events)),
      places_(options_.quota),
      newcomers_(to_nanos(options_.balance_delay)) {}

job_runner_impl::~job_runner_impl() {
  if (directory_ != nullptr) directory_->silence();
}

error job_runner_impl::check(const std::vector<job>& jobs, const job_runner_options& o) {
  if (jobs.empty() && !o.allow_empty)
    return bad("jobs: the list is empty; set allow_empty to wait for `add`");
  std::set<std::string> names;
  for (const job& each : jobs) {
    if (error e = check_job(each)) return e;
    if (!names.insert(each.name).second)
      return bad("jobs: " + each.name + " is there twice; each needs a name of its own");
  }
  if (o.quota && *o.quota == 0)
    return bad("quota is 0; it must be at least 1, or empty for no limit");
  if (error e = check_range("balance_delay", o.balance_delay, milliseconds(0), longest)) return e;
  return check_range("retry_delay", o.retry_delay, milliseconds(10), std::chrono::hours(1));
}

error job_runner_impl::enlist(std::vector<job> jobs) {
  for (job& each : jobs) {
    if (error e = enlist(std::move(each))) return e;
  }
  return {};
}

void job_runner_impl::begin() {
  if (options_.balance || options_.step_down_after) follow();
  adjust_all();
}

error job_runner_impl::add(job one) {
  if (error e = check_job(one)) return e;
  if (error e = check_place(one.name)) return e;
  const std::string name = one.name;
  if (error e = enlist(std::move(one))) return e;
  adjust(*find(name));
  return {};
}

error job_runner_impl::check_place(const std::string& name) const {
  if (closing_) return {errc::closed, "the job runner is closing", 0};
  if (!session_->is_open()) return session_impl::not_open();
  if (find(name) != nullptr) return bad("jobs: " + name + " is there already");
  return {};
}

error job_runner_impl::enlist(job&& one) {
  core::nanos not_before = 0;
  if (options_.start_delay) {
    const milliseconds delay = options_.start_delay(one.name);
    if (error e =
            check_range(("start_delay of " + one.name).c_str(), delay, milliseconds(0), longest))
      return e;
    if (delay.count() != 0) not_before = boot_time() + to_nanos(delay);
    // From within it anything may have been called.
    if (error e = check_place(one.name)) return e;
  }
  auto made = std::make_shared<jobs::entry>(std::move(one));
  made->not_before = not_before;
  order_.push_back(made.get());
  list_changed();
  if (not_before != 0) adjust_at(not_before, *made);
  entries_.emplace(made->what.name, std::move(made));
  return {};
}

jobs::entry* job_runner_impl::find(const std::string& name) const {
  const auto at = entries_.find(name);
  return at == entries_.end() ? nullptr : at->second.get();
}

bool job_runner_impl::running(const std::string& name) const {
  const jobs::entry* one = find(name);
  return one != nullptr && one->state == jobs::work::running;
}

}  // namespace tenure::detail
