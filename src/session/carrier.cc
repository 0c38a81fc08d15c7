#include "session/carrier.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "etcd/jwt.hpp"
#include "etcd/request.hpp"

namespace tenure::detail {

namespace {

// The server gives up a little before we do, so that nothing of it is applied long after.
milliseconds limit_of(const core::send& s) {
  const auto limit =
      std::chrono::duration_cast<milliseconds>(std::chrono::nanoseconds(s.timeout / 10 * 9));
  return std::max(limit, milliseconds(1));
}

// How long a token is good, if it says when it ends: by this host's clock.
core::nanos life_of(std::string_view token) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const std::int64_t end = etcd::token_end(token);
  const std::int64_t left = end - std::chrono::duration_cast<std::chrono::seconds>(now).count();
  constexpr std::int64_t longest = std::int64_t{365} * 86400;
  return end == 0 ? 0 : std::clamp<std::int64_t>(left, 0, longest) * core::second;
}

// Larger answers are understood in a piece of work of their own, not in the one that received them.
constexpr std::size_t long_answer = 1u << 10;

}  // namespace

carrier::carrier(const session_options& options, const wire::electorate& electorate,
                 wire::reporter& report, dispatcher& later, logger& log)
    : options_(options),
      later_(later),
      log_(log),
      report_(report),
      encoder_(electorate, options),
      decoder_(electorate, report),
      watch_decoder_(electorate, report),
      stream_(watch_decoder_, report) {}

error carrier::open(uv_loop_t* loop, net::transport_config config, turn& now, taker take,
                    std::function<void()> no_memory) {
  take_ = std::move(take);
  no_memory_ = std::move(no_memory);
  return transport_.open(loop, std::move(config), *this, now);
}

void carrier::send(const core::send& s, std::string_view next_key) {
  calls_.emplace(s.call, wire::expected(s, next_key));
  if (s.what == core::op::authenticate) return log_in(s);
  wire::http_request r = encoder_.encode(s, std::chrono::system_clock::now(), next_key);
  transport_.send(s.call, s.endpoint, r.path, std::move(r.body), token_.view(), limit_of(s));
}

// Without a token: etcd refuses even a login that carries one which has run out.
void carrier::log_in(const core::send& s) {
  const auto with = [this](const core::send& s, std::string_view password) {
    wire::http_request r = encoder_.authenticate(password);
    transport_.send(s.call, s.endpoint, r.path, std::move(r.body), {}, limit_of(s), true);
  };
  if (!options_.auth.ask_password) return with(s, password_.view());
  later_.post([this, s, with] {
    if (calls_.count(s.call) == 0) return;  // aborted meanwhile
    const auto ask = options_.auth.ask_password;
    std::string password = ask();
    if (calls_.count(s.call) != 0) with(s, password);
    wipe(password);
  });
}

void carrier::abort(const core::abort& a) {
  transport_.abort(a.call);
  calls_.erase(a.call);
}

void carrier::places_changed(std::uint64_t live, std::uint64_t fresh,
                             std::vector<std::string>&& names) {
  static_assert(net::most_places == core::max_endpoints, "each place is an endpoint of the core");
  report_.rename(std::move(names));
  take_(core::endpoints_changed{live, fresh}, {});
}

void carrier::replied(std::uint64_t call, net::reply&& reply) {
  if (reply.body.size() <= long_answer) {
    understand(call, reply);
  } else {
    later_.post([this, call, reply = std::move(reply)]() mutable { understand(call, reply); });
  }
}

void carrier::understand(core::call_id call, net::reply& reply) {
  const auto at = calls_.find(call);
  if (at == calls_.end()) return;  // aborted meanwhile
  const wire::expected asked = std::move(at->second);
  calls_.erase(at);
  wire::decoded heard = decoder_.decode(call, asked, reply);
  if (heard.failure && log_.heard())
    log_(log_level::debug, "request_failed", heard.failure.message);
  said besides;
  besides.failure = std::move(heard.failure);
  if (asked.what == core::op::authenticate) {
    wipe(reply.body);
    heard.answer.token_life = life_of(heard.token);
    besides.token = std::move(heard.token);
  }
  besides.leaders = std::move(heard.leaders);
  besides.page = std::move(heard.page);
  take_(std::move(heard.answer), std::move(besides));
}

void carrier::open_stream(const core::open_stream& s) {
  stream_.open(s.stream, s.endpoint);
  transport_.open_stream(s.stream, s.endpoint, etcd::path_watch, encoder_.watch(s), token_.view(),
                         s.two_way);
  if (log_.heard()) {
    log_(log_level::debug, "watch_opening", "opening the watch",
         {{"endpoint", report_.endpoint(s.endpoint)}, {"revision", std::to_string(s.revision)}});
  }
}

void carrier::probe_stream(const core::probe_stream& s) {
  std::string body;
  etcd::watch_progress(body);
  transport_.write_stream(s.stream, body);
}

void carrier::close_stream(const core::close_stream& s) {
  transport_.close_stream(s.stream);
  if (s.stream == stream_.id()) stream_.close();
}

void carrier::streamed(std::uint64_t stream, std::string_view bytes) {
  if (stream != stream_.id() || !stream_.is_open()) return;
  const auto post = [this](auto what) { later_.post(std::move(what)); };
  switch (stream_.append(bytes)) {
    case watch_stream::arrival::little: parts_.run(post, [this] { return read_stream(); }); break;
    case watch_stream::arrival::much:
      parts_.run_later(post, [this] { return read_stream(); });
      break;
    case watch_stream::arrival::waiting: break;
    case watch_stream::arrival::too_much:
      break_stream(report_.watch_broke(stream_.endpoint(), errc::bad_answer,
                                       "it sends more than can be read"));
      break;
  }
}

// Whether there is more to read.
bool carrier::read_stream() {
  if (!stream_.is_open()) return false;
  const core::stream_id id = stream_.id();
  watch_stream::part heard = stream_.read();
  for (wire::watch_heard& m : heard.messages) {
    said besides;
    besides.failure = std::move(m.failure);
    besides.changes = std::move(m.events);
    take_(std::move(m.news), std::move(besides));
  }
  // What was heard may have ended it, or opened another.
  if (heard.failure && stream_.is_open() && stream_.id() == id)
    break_stream(std::move(heard.failure));
  return stream_.is_open() && stream_.has_more();
}

void carrier::break_stream(error&& why) {
  const core::stream_id id = stream_.id();
  transport_.close_stream(id);
  stream_.close();
  said besides;
  besides.failure = std::move(why);
  take_(core::stream_gone{id, core::outcome::bad_answer}, std::move(besides));
}

void carrier::stream_ended(std::uint64_t stream, net::reply&& last) {
  if (stream != stream_.id()) return;
  stream_.close();
  wire::watch_over over = watch_decoder_.end(stream, stream_.endpoint(), last);
  said besides;
  besides.failure = std::move(over.failure);
  take_(over.gone, std::move(besides));
}

}  // namespace tenure::detail
