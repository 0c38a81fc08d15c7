// The one watch stream of a session. When is it opened, from which revision, and does it still
// live?
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "core/action.hpp"
#include "core/backoff.hpp"
#include "core/choices.hpp"
#include "core/endpoints.hpp"
#include "core/event.hpp"
#include "core/time.hpp"
#include "core/timings.hpp"

namespace tenure::core {

class watch {
 public:
  // Whether a stream is wanted, and whether it has to bring puts. Observers need those.
  void want(bool wanted, bool puts, std::vector<action>& out);
  // A two-way stream that has been silent for this long is asked whether it lives.
  void ask_after(nanos silence);
  // A linearizable answer to what was sent then: the history goes at least so far. True of the
  // first one: the watch begins behind it.
  bool learned(std::int64_t revision, nanos sent);
  // Nothing before this revision is missing, though no stream has told so: it was read. False if
  // that is no news.
  bool advance(std::int64_t next);
  // The history went back. Nothing that was known of revisions counts any more.
  void reset(std::vector<action>& out);

  // What a message of the stream means for the session.
  enum class effect {
    stale,  // of a stream that is no longer ours
    none,
    deliver,    // its changes are to be applied
    compacted,  // events were lost: every queue has to be read again
    token,      // refused for its token
  };
  effect heard(nanos now, const timings& t, const stream_news& n, endpoints& nodes, choices& choose,
               std::vector<action>& out);
  // False if that stream is no longer ours.
  bool gone(nanos now, const timings& t, const stream_gone& g, endpoints& nodes, choices& choose,
            std::vector<action>& out);
  // Does what is due; returns when there is more to do.
  nanos tick(nanos now, const timings& t, endpoints& nodes, choices& choose,
             std::vector<action>& out);
  // A stream is to be opened now.
  [[nodiscard]] bool due(nanos now) const {
    return wanted_ && resume_ != 0 && state_ == state::closed && now >= act_at_;
  }
  // It has to be known first how far the history goes: a linearizable answer is wanted.
  [[nodiscard]] bool must_look(nanos now, const timings& t) const {
    return due(now) && now > known_at_ + fresh * t.renew_interval;
  }
  // That answer did not come.
  void look_failed(nanos now, const timings& t, choices& choose);
  // Not 0, once: changes before this revision will not be told. All has to be read anew.
  std::int64_t take_gap() { return std::exchange(gap_, 0); }
  [[nodiscard]] bool open() const { return state_ == state::open; }
  // Whether it is known from which revision on to listen.
  [[nodiscard]] bool has_start() const { return resume_ != 0; }
  // How often a stream has failed. The renewal of a one-way stream is no failure.
  [[nodiscard]] std::uint64_t faults() const { return faults_; }
  [[nodiscard]] std::uint64_t opens() const { return next_stream_ - 1; }
  [[nodiscard]] std::uint32_t endpoint() const { return endpoint_; }
  [[nodiscard]] std::int64_t next_needed() const { return resume_; }

  // A stream that begins further back is not asked for: etcd would read all that lies between, and
  // hold its lock meanwhile, whatever the stream leaves out (etcd#22264). A revision can hold 128
  // changes; to read all queues anew costs less than so many thousand.
  static constexpr std::int64_t near = 1000;
  // What is known of the revision is looked at anew after so many renewals.
  static constexpr int fresh = 3;

 private:
  void skip();
  enum class state { closed, opening, open };
  void act(nanos now, const timings& t, endpoints& nodes, choices& choose,
           std::vector<action>& out);
  void start(nanos now, const timings& t, const endpoints& nodes, std::vector<action>& out);
  void stop(std::vector<action>& out);
  [[nodiscard]] nanos earliest() const { return std::max(backoff_.until(), anew_.until()); }
  void lived(nanos now, const timings& t);
  void fail(nanos now, const timings& t, endpoints& nodes, choices& choose, outcome why,
            std::vector<action>& out);

  state state_ = state::closed;
  bool wanted_ = false;
  bool puts_ = false;
  stream_id stream_ = 0;
  stream_id next_stream_ = 1;
  std::uint32_t endpoint_ = 0;
  endpoint_set tried_ = 0;   // since the last success
  std::int64_t resume_ = 0;  // the next revision needed; 0: not known yet
  std::int64_t known_ = 0;   // the history goes so far
  nanos known_at_ = 0;       // as of then
  std::int64_t gap_ = 0;
  nanos silence_ = 0;  // accepted of a two-way stream
  int futile_ = 0;     // streams in a row that opened and brought `resume_` no further
  bool two_way_ = true;
  bool ever_echoed_ = false;  // a two-way stream has answered on this session
  std::uint64_t faults_ = 0;
  nanos opened_at_ = 0;
  nanos act_at_ =
      never;  // closed: retry; opening: time-out; open: next probe, or the probe's time-out
  bool probing_ = false;
  backoff backoff_;
  pace anew_;  // after a compaction
};

}  // namespace tenure::core
