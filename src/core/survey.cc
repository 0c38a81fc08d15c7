#include "core/survey.hpp"

#include <algorithm>
#include <utility>

namespace tenure::core {

namespace {

tell make(news what, std::int64_t revision = 0) {
  tell t{};
  t.what = what;
  t.value = revision;
  return t;
}

}  // namespace

void survey::follow(const context& c, bool on) {
  if (on == on_) return;
  on_ = on;
  if (under_way_) discard_ = true;
  if (on) outdated(c);
}

void survey::outdated(const context& c, bool anew) {
  if (!on_) return;
  if (under_way_) discard_ = true;
  phase_ = phase::due;
  revision_ = 0;
  c.say(make(news::outdated, anew ? 1 : 0));
}

void survey::heard(const context& c) const {
  if (on_) c.say(make(news::changed));
}

void survey::completed(const context& c, const completion& done, const answer* a) {
  under_way_ = false;
  if (std::exchange(discard_, false) || !on_) return;
  if (done.what != outcome::ok || a == nullptr) {
    pause_.failed(c.now, c.t.retry_delay, c.choose);
    // Values can be so large that a page of them is more than we take.
    if (done.what == outcome::bad_answer) limit_ = std::max(limit_ / 2, std::uint32_t{1});
    // A read is as of one revision: when that is gone, what was read of it is worth nothing.
    if (done.what == outcome::compacted) outdated(c);
    return;
  }
  pause_.succeeded();
  if (revision_ == 0) revision_ = a->revision;
  c.say(make(news::page, revision_));
  if (a->more) return;
  phase_ = phase::read;
  limit_ = std::min(limit_ * 2, full_page);
}

nanos survey::tick(const context& c, const watch& stream) {
  // While a stream is broken nobody knows what is missed, however it goes on later.
  if (const auto faults = stream.faults(); faults != faults_) {
    faults_ = faults;
    outdated(c);
  }
  if (!on_) return never;
  // Without a read of something the stream would not know where to begin.
  stream_ready_ = stream.open() || !stream.has_start();
  if (phase_ == phase::read && stream.open()) {
    phase_ = phase::current;
    c.say(make(news::complete, revision_));
  }
  if (!may_ask()) return never;
  if (c.now < pause_.until()) return pause_.until();
  phase_ = phase::reading;
  under_way_ = true;
  request r;
  r.what = op::read_all;
  r.revision = revision_;
  r.limit = limit_;
  c.requests.start(c.now, c.t, std::move(r), c.out);
  return never;
}

}  // namespace tenure::core
