#include "session/session_impl.hpp"

#include <chrono>
#include <new>

#include "base/clock.hpp"
#include "base/fork_guard.hpp"
#include "base/guarded.hpp"
#include "base/secret.hpp"
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
  wipe(options_.auth.password);
  const bool room = carrier_.use_password(checked.password);
  wipe(checked.password);
  if (!room) return {errc::no_memory, "no memory for the password", 0};
  options_.endpoints = checked.transport.endpoints;
  if (options_.endpoints.empty()) options_.endpoints = {net::label(checked.transport.discovery)};
  report_.rename(std::vector(options_.endpoints));
  electorate_ = wire::electorate(options.app);
  const auto take = [this](const core::event& e, said&& besides) {
    host_.turn(e, std::move(besides));
  };
  log_.open(options_.log, &dispatcher_);
  audience_.open(std::move(events));
  ends_.open(options.tls.warn_days);
  host_.make_core(checked.settings);
  if (error e = carrier_.open(loop, std::move(checked.transport), turn_, take,
                              [this] { out_of_memory(); }))
    return e;
  // From here on nothing fails: these only fill in memory that is there.
  turn_.open(loop);
  turn_.at_fork(process, [this] { left_behind(); });
  dispatcher_.open(
      loop, turn_, [this] { go_on(); }, [this] { out_of_memory(); });
  host_.open(loop, process);
  // What is only a warning may be lost.
  (void)has_memory_for([&] {
    for (const std::string& each : checked.warnings) audience_.warn("unprotected", each);
  });
  if (checked.files.tls || !checked.files.password.path.empty()) {
    files_.open(loop, std::move(checked.files), process, [this](kept_files::news&& news) {
      if (!has_memory_for([&] { looked(std::move(news)); })) out_of_memory();
    });
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
    feed(core::close{});
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
  if (on) {
    apply(core::follow{on});
  } else {
    feed(core::follow{on});
  }
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
  if (news.password) {
    (void)carrier_.use_password(*news.password);
    wipe(*news.password);
    log_(log_level::info, "password_renewed", "the next login takes the renewed password");
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
  give_up(reason::forked);
}

void session_impl::give_up(reason why) noexcept {
  if (ending_) {
    host_.look_again_soon();  // memory ran out again: it goes on when there is some
    return;
  }
  if (state_ == state::open) loss_untold_ = true;
  if (state_ == state::open || state_ == state::closing) why_ended_ = why;
  host_.abandon(why);
}

// After each delivery.
void session_impl::go_on() {
  if (draining_) {
    closed();
  } else if (ending_) {
    end_some();
  } else {
    host_.turn(core::woke{});
  }
}

// The core has nothing under way any more. First all clients are told, and what has been posted is
// delivered. Then everything is closed.
void session_impl::finished() noexcept {
  state_ = state::closing;
  ending_ = true;
  dispatcher_.again();
}

void session_impl::end_some() {
  if (loss_untold_) {
    audience_.tell_lost(
        why_ended_ == reason::forked
            ? error{errc::closed,
                    "this is a forked child: the session is closed here, and goes "
                    "on in the parent; open another one",
                    0}
            : error{errc::no_memory, "memory ran out: the session closes; open another one", 0});
    loss_untold_ = false;
  }
  if (audience_.end_some()) {
    dispatcher_.again();
    return;
  }
  ending_ = false;
  carrier_.close([](void* self) { static_cast<session_impl*>(self)->closed(); }, this);
}

void session_impl::closed() noexcept {
  draining_ = !dispatcher_.empty();
  if (draining_) return;  // it is called after each delivery
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
