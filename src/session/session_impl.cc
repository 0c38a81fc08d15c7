#include "session/session_impl.hpp"

#include <algorithm>
#include <cstdio>
#include <new>

#include "base/clock.hpp"
#include "base/fork_guard.hpp"
#include "base/ref.hpp"
#include "base/testing.hpp"
#include "wire/names.hpp"

namespace tenure::detail {

namespace {

constexpr core::nanos longest_sleep = 3600 * core::second;

// Beyond every range, and within what nanoseconds can hold: the check says what is wrong with it.
core::nanos to_nanos(milliseconds ms) {
  constexpr milliseconds longest = std::chrono::hours(24 * 365);
  return std::chrono::nanoseconds(std::clamp(ms, -longest, longest)).count();
}

std::optional<core::nanos> to_nanos(const std::optional<milliseconds>& ms) {
  return ms ? std::optional<core::nanos>(to_nanos(*ms)) : std::nullopt;
}

error read_file(const char* field, const std::string& path, std::string& out) {
  if (path.empty()) return {};
  std::FILE* file = std::fopen(path.c_str(), "rbe");
  if (file == nullptr) {
    return {errc::invalid_argument,
            std::string(field) + " " + path + " cannot be opened: check path and permissions", 0};
  }
  char buffer[4096];
  std::size_t n = 0;
  while (out.size() < 1u << 20 && (n = std::fread(buffer, 1, sizeof buffer, file)) > 0)
    out.append(buffer, n);
  const bool failed = std::ferror(file) != 0;
  std::fclose(file);
  if (failed || out.find("-----BEGIN ") == std::string::npos) {
    return {errc::invalid_argument, std::string(field) + " " + path + " is not a PEM file", 0};
  }
  return {};
}

}  // namespace

test_switches& switches() noexcept {
  static test_switches the;
  return the;
}

session_impl::session_impl() = default;

session_impl::~session_impl() {
  if (line_ != nullptr) line_->release();
}

error session_impl::check(const session_options& o, core::settings& settings,
                          net::transport_config& config) {
  if (o.endpoints.empty() || o.endpoints.size() > core::max_endpoints) {
    return {errc::invalid_argument,
            "endpoints: " + std::to_string(o.endpoints.size()) +
                " given, but 1 to 64 client URLs are needed",
            0};
  }
  for (const std::string& text : o.endpoints) {
    net::endpoint_url url;
    if (error e = net::parse_endpoint(text, url)) return e;
    config.endpoints.push_back(url.url);
  }
  if (error e = names::check_app(o.app)) return e;
  if (error e = names::check_instance(o.instance)) return e;
  if (o.auth.user.empty() && !o.auth.password.empty()) {
    return {errc::invalid_argument, "auth: a password without a user", 0};
  }
  if (o.tls.cert_file.empty() != o.tls.key_file.empty()) {
    return {errc::invalid_argument,
            "tls: cert_file and key_file need each other; only one is given", 0};
  }
  if (error e = read_file("tls.ca_file", o.tls.ca_file, config.tls.ca)) return e;
  if (error e = read_file("tls.cert_file", o.tls.cert_file, config.tls.cert)) return e;
  if (error e = read_file("tls.key_file", o.tls.key_file, config.tls.key)) return e;
  core::asked_timings& a = settings.asked;
  a.ttl = to_nanos(o.ttl);
  a.reassure_interval = to_nanos(o.reassure_interval);
  a.reassure_timeout = to_nanos(o.reassure_timeout);
  a.stop_grace = to_nanos(o.stop_grace);
  a.margin = to_nanos(o.margin);
  a.jeopardy_after = to_nanos(o.jeopardy_after);
  a.request_timeout = to_nanos(o.request_timeout);
  a.retry_delay = to_nanos(o.retry_delay);
  std::string why;
  const core::timings t = core::resolve(a, a.ttl);
  switch (core::check(t, why)) {
    case core::timing_fault::none: break;
    case core::timing_fault::range: return {errc::invalid_argument, why, 0};
    case core::timing_fault::unsafe: return {errc::unsafe_timing, why, 0};
  }
  config.connect_timeout =
      std::chrono::duration_cast<milliseconds>(std::chrono::nanoseconds(t.request_timeout));
  settings.endpoint_count = o.endpoints.size();
  settings.authenticate = !o.auth.user.empty();
  settings.watch = !switches().no_watch;
  return {};
}

error session_impl::open(uv_loop_t* loop, const session_options& options, session_events events) {
  if (loop == nullptr) return {errc::invalid_argument, "loop is null", 0};
  core::settings settings;
  net::transport_config config;
  if (error e = check(options, settings, config)) return e;
  life_ = fork_guard::begin();
  if (life_ == 0) return {errc::no_memory, "no memory for the page that tells forked children", 0};
  line_ = new (std::nothrow) teller_line(this);
  if (line_ == nullptr) return {errc::no_memory, "no memory for the session", 0};
  options_ = options;
  options_.endpoints = config.endpoints;
  events_ = std::move(events);
  elections_ = wire::electorate(options.app);
  loop_ = loop;
  if (error e = transport_.open(loop, std::move(config), *this, turn_)) return e;
  // From here on nothing of libuv's fails: these only fill in memory.
  turn_.open(loop);
  dispatcher_.open(loop, turn_, [this] { woke(); });
  uv_timer_init(loop, &timer_);
  timer_.data = this;
  log_.open(options_.log, &dispatcher_);
  machine_.emplace(settings, choices_);
  state_ = state::open;
  self_ = shared_from_this();
  arm();
  return {};
}

bool session_impl::close(std::function<void()> closed) {
  if (state_ != state::open && !(state_ == state::closing && !closed_)) return false;
  closed_ = std::move(closed);
  if (state_ == state::open) {
    state_ = state::closing;
    apply(core::close{});
  }
  return true;
}

void session_impl::silence() {
  silent_ = true;
  closed_ = nullptr;
  log_.silence();
  if (state_ == state::open) close({});
}

bool session_impl::forked() const { return !fork_guard::still(life_); }

session_stats session_impl::stats() const {
  session_stats s;
  if (!machine_) return s;
  const core::counters& c = machine_->counts();
  s.renewals = c.renewals;
  s.confirmations = c.confirmations;
  s.renewal_last = std::chrono::nanoseconds(c.renewal_last);
  s.renewal_max = std::chrono::nanoseconds(c.renewal_max);
  s.closest_to_deadline = std::chrono::nanoseconds(c.closest);
  s.stalls = c.stalls;
  s.stall_max = std::chrono::nanoseconds(c.stall_max);
  s.endpoint_changes = machine_->requests().nodes().changes();
  s.requests = machine_->requests().sent_count();
  s.hedges = machine_->requests().hedge_count();
  s.watch_opens = machine_->stream().opens();
  s.leases = c.leases;
  return s;
}

void session_impl::set_key_reader(std::shared_ptr<detail::key_reader> who) {
  key_reader_ = std::move(who);
  apply(core::follow{key_reader_ != nullptr});
}

void session_impl::at(core::nanos when, std::function<void()> what) {
  alarms_.emplace(when, std::move(what));
  arm();
}

void session_impl::look_at(core::nanos when, token_node* root) {
  at(when, [root = ref<token_node>(root)] { root->tell_cancelled(); });
}

// libuv's timer is a hint: its clock is cached and stops while the machine sleeps.
void session_impl::arm() {
  if (state_ == state::closed || finished_) return;
  core::nanos wake = machine_->next_wake();
  if (!alarms_.empty()) wake = std::min(wake, alarms_.begin()->first);
  if (wake == armed_ && uv_is_active(reinterpret_cast<uv_handle_t*>(&timer_)) != 0) return;
  armed_ = wake;
  const core::nanos now = boot_time();
  if (wake <= now) {
    dispatcher_
        .again();  // a timer would be due in this turn of the loop, which may have done enough
    return;
  }
  const core::nanos delay = wake == core::never
                                ? longest_sleep
                                : std::min(std::max<core::nanos>(wake - now, 0), longest_sleep);
  uv_update_time(loop_);
  uv_timer_start(
      &timer_,
      [](uv_timer_t* t) noexcept { static_cast<session_impl*>(t->data)->dispatcher_.again(); },
      static_cast<std::uint64_t>((delay + core::millisecond - 1) / core::millisecond), 0);
}

void session_impl::woke() {
  if (finished_ || forked()) return;
  const core::nanos now = boot_time();
  for (auto due = alarms_.begin(); due != alarms_.end() && due->first <= now;
       due = alarms_.erase(due)) {
    post(std::move(due->second));
  }
  apply(core::woke{});
}

void session_impl::apply(const core::event& e) {
  if (finished_ || forked()) return;
  const core::nanos now = boot_time();
  evidence_.reset();
  machine_->apply(now, e, actions_);
  const char* const broken =
      switches().broken != nullptr ? switches().broken : machine_->broken_invariant(now);
  perform();
  if (broken != nullptr && !std::exchange(broken_, true)) stop(broken);
  arm();
}

// A defect of ours must not make two leaders: tokens first, then the session.
void session_impl::stop(const char* invariant) {
  deadline_.end(reason::internal);
  const error e{
      errc::system,
      std::string("a defect in tenure: ") + invariant + "; the session closes: please report it",
      0};
  log_(log_level::error, "broken_invariant", e.message);
  if (events_.lost) {
    post([this, e] {
      if (!silent_) events_.lost(e);
    });
  }
  close({});
}

std::shared_ptr<const std::string> session_impl::evidence() {
  if (evidence_ != nullptr) return evidence_;
  const core::counters& c = machine_->counts();
  const core::nanos now = boot_time();
  const auto ago = [now](core::nanos at) {
    return at == 0 ? std::string("never")
                   : std::to_string((now - at) / core::millisecond) + " ms ago";
  };
  std::string text = "the last acknowledged keepalive was sent " + ago(c.kept_at) +
                     ", the last linearizable request answered " + ago(c.confirmed_at) +
                     ", under raft term " + std::to_string(c.term);
  if (trouble_at_ != 0) text += "; the last failure was " + ago(trouble_at_) + ": " + last_trouble_;
  evidence_ = std::make_shared<const std::string>(std::move(text));
  return evidence_;
}

token_node* session_impl::begin_term() {
  shared_deadline* const deadline = deadline_.begin_term(&boot_time, life_, machine_->belief());
  return deadline != nullptr ? new (std::nothrow) token_node(deadline, line_) : nullptr;
}

// The core has nothing under way any more. What has been posted is still delivered, then all is
// closed.
void session_impl::tear_down() {
  finished_ = true;
  state_ = state::closing;
  alarms_.clear();
  uv_timer_stop(&timer_);
  end_elections(0);
}

// A slice a turn, as everything that is done for each of them.
void session_impl::end_elections(core::election_id from) {
  const core::election_id until = std::min<core::election_id>(slots_.size(), from + 64);
  for (core::election_id id = from; id < until; ++id) {
    slot& e = slots_[id];
    if (e.candidate != nullptr) std::exchange(e.candidate, nullptr)->ended();
    if (e.seen == nullptr) continue;
    const auto observers = std::move(e.seen->observers);
    e.seen.reset();
    for (const auto& each : observers) each->ended();
  }
  if (until < slots_.size()) {
    dispatcher_.post([this, until] { end_elections(until); });
    return;
  }
  if (key_reader_ != nullptr) std::exchange(key_reader_, nullptr)->ended();
  transport_.close([](void* self) { static_cast<session_impl*>(self)->closed(); }, this);
}

void session_impl::closed() {
  if (!dispatcher_.empty()) {
    dispatcher_.post([this] { closed(); });
    return;
  }
  line_->cut();
  uv_close(reinterpret_cast<uv_handle_t*>(&timer_), [](uv_handle_t* h) noexcept {
    auto* self = static_cast<session_impl*>(h->data);
    self->dispatcher_.close([self] {
      self->turn_.close([self] {
        self->state_ = state::closed;
        const std::function<void()> closed = std::move(self->closed_);
        if (closed) closed();
        self->self_.reset();  // may end it
      });
    });
  });
}

}  // namespace tenure::detail
