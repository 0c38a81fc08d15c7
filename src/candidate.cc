#include "tenure/candidate.hpp"

#include <utility>

#include "base/guarded.hpp"
#include "election/candidate_impl.hpp"
#include "wire/names.hpp"

namespace tenure {

candidate::candidate(candidate&& other) noexcept = default;

candidate& candidate::operator=(candidate&& other) noexcept {
  std::swap(impl_, other.impl_);
  return *this;
}

candidate::~candidate() {
  if (impl_ != nullptr) impl_->silence();
}

error candidate::stand(session& session, const candidate_options& options,
                       candidate_events events) {
  if (impl_ != nullptr && impl_->in_use())
    return {errc::wrong_state, "the candidate is in use: close it first", 0};
  if (!session.is_open()) return detail::session_impl::not_open();
  if (error e = names::check_shard(options.shard)) return e;
  return guarded([&] {
    return detail::candidate_impl::stand(*session.impl_, options, std::move(events), impl_);
  });
}

void candidate::work_stopped(std::int64_t fencing_token) {
  if (impl_ != nullptr) impl_->work_stopped(fencing_token);
}

void candidate::work_stopped() {
  if (impl_ != nullptr) impl_->work_stopped(impl_->ending());
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

}  // namespace tenure
