#include "session/session_impl.hpp"

#include <chrono>
#include <new>

#include "base/clock.hpp"
#include "base/fork_guard.hpp"
#include "session/check_options.hpp"

namespace tenure::detail {

session_impl::~session_impl() {
  if (line_ != nullptr) line_->release();
}

error session_impl::open(uv_loop_t* loop, const session_options& options, session_events events) {
  if (loop == nullptr) return {errc::invalid_argument, "loop is null", 0};
  checked_options checked;
  if (error e = check_options(options, checked)) return e;
  if (boot_time() == no_clock) {
    return {
        errc::system,
        "clock_gettime(CLOCK_BOOTTIME) fails: no token could end in time; allow it, e.g. in the "
        "seccomp filter",
        0};
  }
  const std::uint32_t process = fork_guard::begin();
  if (process == 0)
    return {errc::no_memory, "no memory for the page that tells forked children", 0};
  line_ = new (std::nothrow) teller_line(this);
  if (line_ == nullptr) return {errc::no_memory, "no memory for the session", 0};
  options_ = options;
  options_.endpoints = checked.transport.endpoints;
  report_.rename(std::vector(options_.endpoints));
  elections_ = wire::electorate(options.app);
  const auto take = [this](const core::event& e, said&& besides) {
    host_.turn(e, std::move(besides));
  };
  if (error e = carrier_.open(loop, std::move(checked.transport), turn_, take)) return e;
  // From here on nothing of libuv's fails: these only fill in memory.
  turn_.open(loop);
  turn_.at_fork(process, [this] { left_behind(); });
  dispatcher_.open(loop, turn_, [this] { host_.turn(core::woke{}); });
  log_.open(options_.log, &dispatcher_);
  audience_.open(std::move(events));
  host_.open(loop, checked.settings, process);
  ends_.open(options.tls.warn_days);
  if (checked.files.tls) {
    files_.open(loop, std::move(checked.files), process,
                [this](kept_files::news&& news) { looked(std::move(news)); });
  }
  state_ = state::open;
  self_ = shared_from_this();
  return {};
}

bool session_impl::close(std::function<void()> closed) {
  if (state_ != state::open && !(state_ == state::closing && !closed_)) return false;
  closed_ = std::move(closed);
  if (state_ == state::open) {
    state_ = state::closing;
    host_.turn(core::close{});
  }
  return true;
}

void session_impl::silence() {
  audience_.silence();
  closed_ = nullptr;
  log_.silence();
  if (state_ == state::open) close({});
}

session_stats session_impl::stats() const {
  session_stats s;
  if (!host_.is_open()) return s;
  const core::machine& core = host_.core();
  const core::counters& c = core.counts();
  s.renewals = c.renewals;
  s.confirmations = c.confirmations;
  s.renewal_last = std::chrono::nanoseconds(c.renewal_last);
  s.renewal_max = std::chrono::nanoseconds(c.renewal_max);
  s.closest_to_deadline = std::chrono::nanoseconds(c.closest);
  s.stalls = c.stalls;
  s.stall_max = std::chrono::nanoseconds(c.stall_max);
  s.endpoint_changes = core.requests().nodes().changes();
  s.requests = core.requests().sent_count();
  s.hedges = core.requests().hedge_count();
  s.watch_opens = core.stream().opens();
  s.leases = c.leases;
  return s;
}

void session_impl::set_key_reader(std::shared_ptr<detail::key_reader> who) {
  const bool on = who != nullptr;
  audience_.set_key_reader(std::move(who));
  host_.turn(core::follow{on});
}

std::shared_ptr<const std::string> session_impl::evidence() {
  return audience_.evidence().text(host_.now(), host_.core().counts());
}

void session_impl::looked(kept_files::news&& news) {
  if (state_ != state::open) return;
  if (news.tls != nullptr) {
    log_(log_level::info, "certificates_renewed", "new connections use the renewed certificates");
    carrier_.transport().renew(std::move(news.tls));
  }
  for (const error& each : news.broken) audience_.tell_trouble(each);
  warn_of_ends();
}

void session_impl::warn_of_ends() {
  const net::transport& with = carrier_.transport();
  const auto now =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::nanoseconds(boot_time()));
  const auto look = [&](const std::string& whose, std::optional<std::chrono::seconds> left) {
    const std::string what = ends_.look(whose, left, now);
    if (!what.empty()) audience_.warn("certificate_ends", what);
  };
  look("the certificate of tls.cert_file " + options_.tls.cert_file, with.own_certificate_left());
  for (std::size_t i = 0; i < options_.endpoints.size(); ++i)
    look("the certificate of " + options_.endpoints[i], with.certificate_left(i));
}

// This is a child of the process that opened the session, and it goes on with the loop. Everything
// here ends, as if etcd and its answers were no more.
void session_impl::left_behind() {
  carrier_.let_go();
  files_.let_go();
  if (state_ == state::open) {
    audience_.tell_lost({errc::closed,
                         "this is a forked child: the session is closed here, and goes on in the "
                         "parent; open another one",
                         0});
  }
  host_.abandon();
}

// The core has nothing under way any more. First all that has been posted is delivered. Then
// everything is closed.
void session_impl::finished() {
  state_ = state::closing;
  audience_.end([this] {
    carrier_.close([](void* self) { static_cast<session_impl*>(self)->closed(); }, this);
  });
}

void session_impl::closed() {
  if (!dispatcher_.empty()) {
    dispatcher_.post([this] { closed(); });
    return;
  }
  line_->cut();
  files_.close([this] {
    host_.close([this] {
      dispatcher_.close([this] {
        turn_.close([this] {
          state_ = state::closed;
          const std::function<void()> closed = std::move(closed_);
          if (closed) closed();
          self_.reset();  // may end it
        });
      });
    });
  });
}

}  // namespace tenure::detail
