#include "core/survey.hpp"

#include <algorithm>
#include <utility>

namespace tenure::core {

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
  if (anew) anew_.again(c.now, c.t.retry_delay, c.choose);
  c.tell(pages_outdated{anew});
}

void survey::heard(const context& c) const {
  if (on_) c.tell(keys_changed{});
}

void survey::completed(const context& c, const completion& done, const answer* a) {
  under_way_ = false;
  if (std::exchange(discard_, false) || !on_) return;
  if (done.what != outcome::ok || a == nullptr) {
    pause_.failed(c.now, c.t.retry_delay, c.choose);
    // The values may be so large that we refuse a page of them.
    if (done.what == outcome::bad_answer) limit_ = std::max(limit_ / 2, std::uint32_t{1});
    // A read is as of one revision. When that is compacted, all has to be read again.
    if (done.what == outcome::compacted) outdated(c);
    return;
  }
  pause_.succeeded();
  if (revision_ == 0) revision_ = a->revision;
  c.tell(page_read{revision_});
  if (a->more) return;
  phase_ = phase::read;
  limit_ = std::min(limit_ * 2, full_page);
}

nanos survey::tick(const context& c, const watch& stream) {
  // While a stream is broken, changes may be missed, however it goes on later.
  if (const auto faults = stream.faults(); faults != faults_) {
    faults_ = faults;
    outdated(c);
  }
  if (!on_) return never;
  // If nothing was read yet, the stream does not know where to begin.
  stream_ready_ = stream.open() || !stream.has_start();
  if (phase_ == phase::read && stream.open()) {
    phase_ = phase::current;
    c.tell(pages_complete{});
  }
  if (!may_ask()) return never;
  const nanos from = std::max(pause_.until(), anew_.until());
  if (c.now < from) return from;
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
