// The public handles: one pointer each, and nothing but the way to what is behind it.
#include <new>
#include <utility>

#include "election/candidate_impl.hpp"
#include "election/directory_impl.hpp"
#include "election/observer_impl.hpp"
#include "jobs/job_runner_impl.hpp"
#include "session/session_impl.hpp"
#include "wire/names.hpp"

namespace tenure {

namespace {

// The one place where running out of memory becomes a value.
template <class Call>
error guarded(Call&& call) {
#ifdef __cpp_exceptions
  try {
    return call();
  } catch (const std::bad_alloc&) {
    return {errc::no_memory, {}, 0};
  }
#else
  return call();
#endif
}

error not_open() { return {errc::closed, "the session is not open", 0}; }

}  // namespace

session::session(session&& other) noexcept : impl_(std::exchange(other.impl_, nullptr)) {}

session& session::operator=(session&& other) noexcept {
  std::swap(impl_, other.impl_);
  return *this;
}

session::~session() {
  if (impl_ == nullptr) return;
  impl_->silence();
  impl_->release();
}

error session::open(uv_loop_s* loop, const session_options& options, session_events events) {
  if (impl_ != nullptr && impl_->is_open())
    return {errc::wrong_state, "the session is open already", 0};
  return guarded([&]() -> error {
    auto* made = new detail::session_impl();
    if (error e = made->open(loop, options, std::move(events))) {
      made->release();
      return e;
    }
    if (impl_ != nullptr) impl_->release();  // an earlier one, closing or closed; it ends by itself
    impl_ = made;
    return {};
  });
}

bool session::close(std::function<void()> closed) {
  return impl_ != nullptr && impl_->close(std::move(closed));
}

bool session::is_open() const noexcept { return impl_ != nullptr && impl_->is_open(); }

session_stats session::stats() const noexcept {
  return impl_ != nullptr ? impl_->stats() : session_stats();
}

candidate::candidate(candidate&& other) noexcept : impl_(std::exchange(other.impl_, nullptr)) {}

candidate& candidate::operator=(candidate&& other) noexcept {
  std::swap(impl_, other.impl_);
  return *this;
}

candidate::~candidate() {
  if (impl_ != nullptr) impl_->silence();
}

error candidate::stand(session& session, const candidate_options& options,
                       candidate_events events) {
  if (impl_ != nullptr && !impl_->ended())
    return {errc::wrong_state, "the candidate is in use: close it first", 0};
  if (!session.is_open()) return not_open();
  if (error e = names::check_shard(options.shard)) return e;
  return guarded([&]() -> error {
    detail::session_impl& s = *session.impl_;
    const core::election_id id = s.elections().add(options.shard);
    detail::slot& e = s.elections()[id];
    if (e.candidate != nullptr) {
      const char* const how = e.candidate->closing()
                                  ? " that is still closing: stand when its `closed` was called"
                                  : " already";
      return {errc::wrong_state, "this session has a candidate in the election " + e.prefix + how,
              0};
    }
    auto* made = new detail::candidate_impl(&s, id, options.campaign_again, std::move(events));
    if (impl_ != nullptr) impl_->release();
    impl_ = made;
    e.candidate = made;
    s.apply(core::stand{id, options.campaign_again});
    return {};
  });
}

void candidate::work_stopped() {
  if (impl_ != nullptr) impl_->work_stopped();
}

error candidate::resign(milliseconds limit, std::function<void(const error&)> done) {
  if (impl_ == nullptr) return {errc::wrong_state, "the candidate does not stand", 0};
  return guarded([&] { return impl_->resign(limit, std::move(done)); });
}

error candidate::stand_again() {
  if (impl_ == nullptr) return {errc::wrong_state, "the candidate has never stood: use stand", 0};
  return guarded([&] { return impl_->stand_again(); });
}

bool candidate::close(std::function<void()> closed) {
  return impl_ != nullptr && impl_->close(std::move(closed));
}

bool candidate::leading() const noexcept { return impl_ != nullptr && impl_->leading(); }

observer::observer(observer&& other) noexcept : impl_(std::exchange(other.impl_, nullptr)) {}

observer& observer::operator=(observer&& other) noexcept {
  std::swap(impl_, other.impl_);
  return *this;
}

observer::~observer() {
  if (impl_ != nullptr) impl_->silence();
}

error observer::follow(session& session, const std::string& shard, observer_events events) {
  if (impl_ != nullptr && !impl_->ended())
    return {errc::wrong_state, "the observer is in use: close it first", 0};
  if (!session.is_open()) return not_open();
  if (error e = names::check_shard(shard)) return e;
  return guarded([&]() -> error {
    detail::session_impl& s = *session.impl_;
    const core::election_id id = s.elections().add(shard);
    detail::slot& e = s.elections()[id];
    auto* made = new detail::observer_impl(&s, id, std::move(events));
    if (impl_ != nullptr) impl_->release();
    impl_ = made;
    detail::outlook& seen = e.see();
    seen.observers.push_back(made);
    if (seen.leader_known) made->told_leader(seen.leader);
    s.apply(core::observe{id, true});
    return {};
  });
}

bool observer::close(std::function<void()> closed) {
  return impl_ != nullptr && impl_->close(std::move(closed));
}

directory::directory(directory&& other) noexcept : impl_(std::exchange(other.impl_, nullptr)) {}

directory& directory::operator=(directory&& other) noexcept {
  std::swap(impl_, other.impl_);
  return *this;
}

directory::~directory() {
  if (impl_ != nullptr) impl_->silence();
}

error directory::follow(session& session, directory_events events) {
  if (impl_ != nullptr && !impl_->ended())
    return {errc::wrong_state, "the directory is in use: close it first", 0};
  if (!session.is_open()) return not_open();
  return guarded([&]() -> error {
    auto* made = new detail::directory_impl(session.impl_, std::move(events));
    if (impl_ != nullptr) impl_->release();
    impl_ = made;
    session.impl_->directories().add(made);
    return {};
  });
}

bool directory::close(std::function<void()> closed) {
  return impl_ != nullptr && impl_->close(std::move(closed));
}

bool directory::current() const noexcept { return impl_ != nullptr && impl_->current(); }

leader_info directory::leader(const std::string& shard) const {
  const auto table = impl_ != nullptr ? impl_->table() : nullptr;
  if (!table) return {};
  const auto at = table->all().find(shard);
  return at != table->all().end() ? table->leader(at->first, at->second) : leader_info();
}

std::vector<leader_info> directory::queue(const std::string& shard) const {
  const auto table = impl_ != nullptr ? impl_->table() : nullptr;
  return table ? table->queue(shard) : std::vector<leader_info>();
}

std::vector<std::string> directory::shards() const {
  std::vector<std::string> names;
  const auto table = impl_ != nullptr ? impl_->table() : nullptr;
  if (!table) return names;
  names.reserve(table->all().size());
  for (const auto& [name, shard] : table->all()) {
    if (!shard.queue.empty()) names.push_back(name);
  }
  return names;
}

void directory::for_each(
    const std::function<void(const std::string&, const leader_info&)>& each) const {
  const auto table = impl_ != nullptr ? impl_->table() : nullptr;  // held, whatever `each` closes
  if (!table) return;
  for (const auto& [name, shard] : table->all()) {
    if (!shard.queue.empty()) each(name, table->leader(name, shard));
  }
}

std::size_t directory::size() const noexcept {
  const auto table = impl_ != nullptr ? impl_->table() : nullptr;
  return table ? table->occupied() : 0;
}

job_runner::job_runner(job_runner&& other) noexcept = default;

job_runner& job_runner::operator=(job_runner&& other) noexcept {
  std::swap(impl_, other.impl_);
  return *this;
}

job_runner::~job_runner() {
  if (impl_) impl_->silence();
}

error job_runner::run(session& session, std::vector<job> jobs, job_runner_options options,
                      job_runner_events events) {
  const auto in_use = [this]() -> error {
    if (!impl_ || impl_->ended()) return {};
    return {errc::wrong_state, "the job runner is in use: close it first", 0};
  };
  if (error e = in_use()) return e;
  if (!session.is_open()) return not_open();
  return guarded([&]() -> error {
    if (error e = detail::job_runner_impl::check(jobs, options)) return e;
    auto made =
        std::make_shared<detail::job_runner_impl>(session, std::move(options), std::move(events));
    if (error e = made->enlist(std::move(jobs))) return e;
    if (error e = in_use()) return e;  // begun from within `start_delay`
    impl_ = std::move(made);
    impl_->begin();
    return {};
  });
}

error job_runner::add(job one) {
  if (!impl_) return {errc::wrong_state, "the job runner does not run", 0};
  return guarded(
      [&, held = impl_] { return held->add(std::move(one)); });  // `start_delay` may let go of us
}

error job_runner::remove(const std::string& name, std::function<void()> removed) {
  if (!impl_) return {errc::wrong_state, "the job runner does not run", 0};
  return guarded([&] { return impl_->remove(name, std::move(removed)); });
}

void job_runner::failed(const std::string& name, const error& why) {
  if (impl_) impl_->failed(name, why);
}

bool job_runner::close(std::function<void()> closed) {
  return impl_ && impl_->close(std::move(closed));
}

std::size_t job_runner::running() const noexcept { return impl_ ? impl_->running() : 0; }

bool job_runner::running(const std::string& name) const noexcept {
  return impl_ && impl_->running(name);
}

}  // namespace tenure
