#include "test/fuzz/conversation/world.hpp"

#include <algorithm>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "test/fuzz/conversation/stopped_time.hpp"
#include "test/fuzz/require.hpp"

namespace fuzz {

namespace {

using tenure::error;
using tenure::milliseconds;

constexpr milliseconds ttl{2000};
constexpr milliseconds stop_grace{200};
constexpr milliseconds request_timeout{400};

// A leader asks five times in a second, twice that where everything is sent to a second endpoint.
// What fails is repeated with pauses.
constexpr std::size_t most_a_second = 30;
constexpr std::size_t most_at_once = 60;

// The lowest descriptor that is free tells whether one was left open.
int free_descriptor() {
  const int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
  close(fd);
  return fd;
}

}  // namespace

party::party(world& in, std::string name) : in_(in), name_(std::move(name)) {}

void party::heard() const { require(!closed_); }

void party::open(const setup& what) {
  stop_at_once_ = what.stop_at_once;
  tenure::session_options o;
  const std::string port = ":" + std::to_string(in_.listening.port());
  o.endpoints = {"http://127.0.0.1" + port};
  if (what.two_endpoints) o.endpoints.push_back("http://127.0.0.2" + port);
  o.app = app;
  o.instance = name_;
  o.ttl = ttl;
  o.stop_grace = stop_grace;
  o.request_timeout = request_timeout;
  tenure::session_events se;
  se.granted = [this](std::int64_t lease, milliseconds granted) {
    heard();
    require(lease != 0 && granted >= ttl && granted <= milliseconds(75000));
    lease_ = lease;
  };
  se.lost = [this](const error& why) {
    heard();
    require(!why.message.empty());
  };
  se.trouble = [this](const error& why) {
    heard();
    require(why.code != tenure::errc::ok && !why.message.empty());
  };
  require(!session_.open(&in_.loop_, o, std::move(se)));
  tenure::candidate_events ce;
  ce.acquired = [this](const tenure::leadership& l) { acquired(l); };
  ce.lost = [this](tenure::reason, const error& how) {
    heard();
    require((told_ || given_up_) && term_.token.cancelled() && !how.message.empty());
    told_ = given_up_ = false;
    if (stop_at_once_) candidate_.work_stopped();
  };
  ce.position = [this](std::size_t in_front) {
    heard();
    require(in_front != 0 && !told_);
  };
  ce.resigned = [this] { heard(); };
  ce.leader = [this](const tenure::leader_info&) { heard(); };
  ce.trouble = [this](const error& why) {
    heard();
    require(!why.message.empty());
  };
  require(!candidate_.stand(session_, {}, std::move(ce)));
  if (!what.readers) return;
  tenure::observer_events oe;
  oe.trouble = [this](const error&) { heard(); };
  require(!observer_.follow(session_, "other", std::move(oe)));
  tenure::directory_events de;
  de.trouble = [this](const error&) { heard(); };
  require(!directory_.follow(session_, std::move(de)));
}

void party::acquired(const tenure::leadership& l) {
  heard();
  require(!told_);
  require(lease_ != 0);
  require(l.fencing_token > 0);
  told_ = true;
  given_up_ = false;
  term_ = l;
  in_.by_.acquired(l, lease_);
}

void party::resign() {
  (void)candidate_.resign(milliseconds(300), [this](const error&) { heard(); });
  require(!leads());
  // `lost` is not told of what is given up, unless it was lost already.
  if (!std::exchange(told_, false)) return;
  given_up_ = true;
  if (stop_at_once_) candidate_.work_stopped(term_.fencing_token);
}

void party::stand_again() { (void)candidate_.stand_again(); }

void party::close() {
  const bool said = session_.close([this] {
    heard();
    closed_ = true;
  });
  require(said && !leads());
  if (stop_at_once_ && told_) candidate_.work_stopped(term_.fencing_token);
}

world::world(target& by, const setup& what) : listening(by), by_(by), what_(what) {
  by.to = this;
  now = 1'000 * second;
  drawn = 0;
  began_ = now;
  require(uv_loop_init(&loop_) == 0);
  for (std::size_t i = 0; i < what.parties; ++i) {
    parties.push_back(std::make_unique<party>(*this, i == 0 ? "a" : "b"));
    parties.back()->open(what);
  }
}

world::~world() {
  for (std::size_t turns = 0; uv_loop_alive(&loop_) != 0; ++turns) {
    require(turns < 100);
    uv_run(&loop_, UV_RUN_NOWAIT);
  }
  parties.clear();
  require(uv_loop_close(&loop_) == 0);
}

std::size_t world::leaders() const {
  return static_cast<std::size_t>(std::count_if(parties.begin(), parties.end(),
                                                [](const auto& each) { return each->leads(); }));
}

// No path repeats without a pause.
void world::check_rate() const {
  const auto seconds = static_cast<std::size_t>((now - began_) / second);
  const std::size_t most = parties.size() * (most_at_once + most_a_second * seconds);
  require(listening.requests() <= most);
  require(listening.accepted() <= most);
}

// Time passes only where nobody has anything to do: then up to the next timer.
void world::turn() {
  require(++turns_ < 50'000);
  uv_run(&loop_, UV_RUN_NOWAIT);
  by_.truth.pass(now);
  by_.passed();
  check_rate();
  if (listening.look_after()) {
    quiet_ = 0;
    return;
  }
  const int wait = uv_backend_timeout(&loop_);
  if (wait == 0 || ++quiet_ < 3) return;
  quiet_ = turns_ = 0;
  now += (wait < 0 ? 100 : std::min(wait, 1000)) * millisecond;
}

void world::run() {
  // Who has resigned asks nothing any more: then the script is never used up.
  while ((!by_.over() && now < began_ + 600 * second) ||
         now < began_ + what_.least_ms * millisecond) {
    turn();
  }
  const std::int64_t from = now;
  for (const auto& each : parties) each->close();
  const auto all_closed = [this] {
    return std::all_of(parties.begin(), parties.end(),
                       [](const auto& each) { return each->closed(); });
  };
  while (!all_closed()) {
    require(now <= from + (stop_grace + request_timeout).count() * millisecond + 100 * millisecond);
    turn();
  }
}

void converse(target& by, const setup& what) {
  const int before = free_descriptor();
  static bool first = true;
  { world(by, what).run(); }
  // libuv and others keep some for the whole process, from their first use on.
  if (!std::exchange(first, false)) require(free_descriptor() == before);
}

}  // namespace fuzz
