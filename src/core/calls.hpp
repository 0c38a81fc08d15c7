// Requests under way. A job is a request that somebody wants. An attempt is one sending of it to
// one endpoint.
//
// A job tries each endpoint once. Each attempt has the request time-out. If the job is hedged, an
// attempt that stays unanswered for a while goes to a second endpoint as well. The job ends with
// the first conclusive answer, or as failed. Its owner decides whether it is tried again, and when.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/action.hpp"
#include "core/choices.hpp"
#include "core/endpoints.hpp"
#include "core/event.hpp"
#include "core/login.hpp"
#include "core/time.hpp"
#include "core/timings.hpp"

namespace tenure::core {

struct request {
  op what = op::confirm;
  std::int64_t lease = 0;
  nanos ttl = 0;
  bool together = false;
  bool hedged = false;
  std::int64_t revision = 0;  // these two as in `send`
  std::uint32_t limit = 0;
  std::optional<std::uint32_t> only;  // this endpoint and no other
  nanos give_up = never;              // no answer after this moment is waited for
  std::vector<item> items;
};

// How a job ended.
struct completion {
  request asked;
  outcome what = outcome::ok;
  nanos sent = 0;         // of the attempt that was answered
  nanos started = 0;      // of the job's first attempt
  nanos doubt_until = 0;  // an unanswered attempt may be executed until then; 0: there is none
  bool denied = false;    // some endpoint has said that we may not, whatever the others said
  std::uint32_t endpoint = 0;
};

class calls {
 public:
  calls(std::size_t endpoint_count, bool authenticate, choices& choose);

  void start(nanos now, const timings& t, request&& asked, std::vector<action>& out);
  // The attempt that an answer belongs to, if that is still waited for.
  struct attempt_info {
    op what;
    std::int64_t lease;
    nanos sent;
    std::int64_t revision_then;  // greatest revision seen when it was sent
    std::uint32_t endpoint;
  };
  [[nodiscard]] std::optional<attempt_info> find(call_id call) const;
  // Takes how an attempt ended. Returns the completion if its job ends with it. `token_life` is as
  // in `answer`.
  std::optional<completion> answered(nanos now, const timings& t, call_id call, outcome what,
                                     nanos token_life, std::vector<action>& out);
  // Ends attempts that are too late, and begins hedges. Appends the jobs that ended.
  void tick(nanos now, const timings& t, std::vector<action>& out, std::vector<completion>& ended);
  [[nodiscard]] nanos next_wake() const;
  [[nodiscard]] bool running(op what) const;
  [[nodiscard]] std::size_t count(op what) const;
  void abort_all(std::vector<action>& out);

  endpoints& nodes() { return nodes_; }
  [[nodiscard]] const endpoints& nodes() const { return nodes_; }
  void saw_revision(std::int64_t revision);
  // The greatest one seen.
  [[nodiscard]] std::int64_t revision() const { return revision_; }
  void history_went_back(std::int64_t revision);
  // A watch was refused because of its token.
  void token_refused() { login_.refused_to_watch(); }
  [[nodiscard]] bool has_token() const { return login_.held(); }
  [[nodiscard]] std::uint64_t sent_count() const { return next_call_ - 1; }
  [[nodiscard]] std::uint64_t hedge_count() const { return hedges_; }

 private:
  struct attempt {
    call_id call;
    std::uint32_t endpoint;
    nanos sent;
    nanos expires;
    std::int64_t revision_then;
    std::uint32_t token;
  };
  struct job {
    request asked;
    std::vector<attempt> attempts;
    endpoint_set tried = 0;
    endpoint_set refused = 0;  // those that refused it, perhaps each for itself
    bool denied = false;       // one of them for want of permission
    nanos started = 0;
    nanos hedge_at = never;
    nanos doubt_until = 0;
    std::optional<outcome> last;      // the weightiest reason of those attempts that failed
    std::uint32_t last_endpoint = 0;  // which gave it
    int logins = 0;                   // times it waited for a new token
  };

  [[nodiscard]] static bool elsewhere(const job& j, outcome what);
  bool attempt_next(nanos now, const timings& t, job& j, std::vector<action>& out);
  static void note_failure(job& j, std::uint32_t endpoint, outcome what);
  void hold_refusals_against(const job& j, nanos now, const timings& t);
  void may_be_executed(job& j, const attempt& a, const timings& t) const;
  [[nodiscard]] bool may_send(const job& j) const;
  [[nodiscard]] nanos hedge_due(const job& j) const;
  void log_in(nanos now, const timings& t, std::vector<action>& out);
  void resume_parked(nanos now, const timings& t, std::vector<action>& out);
  completion finish(std::size_t at, outcome what, const attempt* by, const timings& t,
                    std::vector<action>& out);

  endpoints nodes_;
  std::vector<job> jobs_;
  call_id next_call_ = 1;
  std::int64_t revision_ = 0;
  std::uint64_t hedges_ = 0;
  choices& choose_;
  login login_;
};

}  // namespace tenure::core
