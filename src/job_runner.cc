#include "tenure/job_runner.hpp"

#include <utility>

#include "base/guarded.hpp"
#include "jobs/job_runner_impl.hpp"

namespace tenure {

job_runner::job_runner(job_runner&& other) noexcept = default;

job_runner& job_runner::operator=(job_runner&& other) noexcept {
  std::swap(impl_, other.impl_);
  return *this;
}

job_runner::~job_runner() {
  if (impl_ && !has_memory_for([this] { impl_->silence(); })) impl_->out_of_memory();
}

error job_runner::run(session& session, std::vector<job> jobs, job_runner_options options,
                      job_runner_events events) {
  const auto in_use = [this]() -> error {
    if (!impl_ || impl_->ended()) return {};
    return {errc::wrong_state, "the job runner is in use: close it first", 0};
  };
  if (error e = in_use()) return e;
  if (!session.is_open()) return detail::session_impl::not_open();
  return guarded([&]() -> error {
    if (error e = detail::job_runner_impl::check(jobs, options)) return e;
    auto made = std::make_shared<detail::job_runner_impl>(session.impl_, std::move(options),
                                                          std::move(events));
    if (error e = made->enlist(std::move(jobs))) return e;
    if (error e = in_use()) return e;  // begun from within `start_delay`
    undo_unless_kept running([&] { made->silence(); });
    made->begin();
    running.keep();
    impl_ = std::move(made);
    return {};
  });
}

error job_runner::add(job one) {
  if (!impl_) return {errc::wrong_state, "the job runner does not run", 0};
  // `start_delay` may let go of us.
  return guarded([&, held = impl_] { return held->add(std::move(one)); });
}

error job_runner::remove(const std::string& name, std::function<void()> removed) {
  if (!impl_) return {errc::wrong_state, "the job runner does not run", 0};
  return guarded([&] { return impl_->remove(name, std::move(removed)); });
}

void job_runner::failed(const std::string& name, const error& why) {
  if (impl_ && !has_memory_for([&] { impl_->failed(name, why); })) impl_->out_of_memory();
}

bool job_runner::close(std::function<void()> closed) {
  bool closes = false;
  if (!impl_) return false;
  if (has_memory_for([&] { closes = impl_->close(std::move(closed)); })) return closes;
  impl_->out_of_memory();
  return true;
}

std::size_t job_runner::running() const noexcept { return impl_ ? impl_->running() : 0; }

bool job_runner::running(const std::string& name) const noexcept {
  return impl_ && impl_->running(name);
}

}  // namespace tenure
