#include "net/transport_impl.hpp"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

#include "base/guarded.hpp"
#include "net/easy.hpp"
#include "net/sigpipe.hpp"
#include "net/tls.hpp"

namespace tenure::net {

namespace {

constexpr std::size_t most_spare = 16;
// curl counts those in use as well. Two batches, a renewal and the watch at once keep all of their
// connections open.
constexpr long connections_an_endpoint = 5;

error bad(std::string message) { return {errc::invalid_argument, std::move(message), 0}; }

// Whether this machine's libcurl can do what is asked of it: it may be older or leaner than the one
// that we were built with.
error check_curl(const transport_config& config, tls_state& state, bool tls) {
  if (error failed = init_curl()) return failed;
  const curl_version_info_data* info = curl_version_info(CURLVERSION_NOW);
  if (tls && (info->features & CURL_VERSION_SSL) == 0) {
    return {errc::system, "an endpoint has https://, but this libcurl was built without TLS", 0};
  }
  const endpoint_url nobody{true, "nobody", 0, {}};
  tls_use use{&state.newest, &state.rules, &nobody};
  const std::unique_ptr<CURL, void (*)(CURL*)> made(make_easy(config, use), curl_easy_cleanup);
  CURL* const easy = made.get();
  if (easy == nullptr) {
    return {errc::system,
            std::string("libcurl ") + info->version +
                " refuses an option: it must be 7.85 or later, and with TLS for certificates",
            0};
  }
  error refused;
  if (tls) {
    const sigpipe_guard guard(true);
    refused = try_tls(easy);
  }
  return refused;
}

}  // namespace

error transport::impl::open(uv_loop_t* loop, transport_config&& with, receiver& receiver,
                            turn& now) {
  if (open_) return {errc::wrong_state, "the transport is open already", 0};
  if (loop == nullptr) return bad("the loop is null");
  const bool discovers = !with.discovery.domain.empty();
  if (with.endpoints.empty() != discovers)
    return bad("no endpoint is given: name at least one, as http://host:2379");
  if (with.endpoints.size() > most_places) return bad("more than 64 endpoints are given");
  if (with.max_answer == 0) return bad("the largest answer must be at least 1 byte");
  if (with.connect_timeout.count() < 1 ||
      with.connect_timeout.count() > std::numeric_limits<int>::max()) {
    return bad("the connect timeout must be at least 1 ms");
  }
  bool tls = discovers;
  std::vector<endpoint_url> endpoints(with.endpoints.size());
  for (std::size_t i = 0; i < endpoints.size(); ++i) {
    if (error failed = parse_endpoint(with.endpoints[i], endpoints[i])) return failed;
    tls = tls || endpoints[i].tls;
  }
  if (discovers) endpoints = {{true, with.discovery.domain, 0, label(with.discovery)}};
  if (error failed = check_tls(with.tls)) return failed;
  tls_.rules = with.rules;
  if (tls) {
    if (error failed = tls_set::make(with.tls, tls_.newest)) return failed;
  }
  with.tls = {};
  config_ = std::move(with);
  if (error failed = check_curl(config_, tls_, tls)) return failed;
  // What takes memory comes first: after the handles are the loop's, nothing may fail.
  nowhere_.url = "an endpoint that is not configured";
  names_.know(endpoints, config_.discovery);
  tls_.ends.resize(endpoints.size());
  places_.open(endpoints.size());
  const bool literal = !discovers && std::none_of(endpoints.begin(), endpoints.end(), is_named);
  const long idle =
      connections_an_endpoint * static_cast<long>(literal ? endpoints.size() : most_places);
  if (!driver_.open(loop, *this, now, tls, idle))
    return {errc::no_memory, "no memory for libcurl", 0};
  endpoints_ = std::move(endpoints);
  names_.open(loop, *this, config_.connect_timeout);
  to_ = &receiver;
  open_ = true;
  return {};
}

std::unique_ptr<exchange> transport::impl::fresh(exchange_kind kind) {
  if (kind != exchange_kind::call || spare_.empty()) {
    return std::unique_ptr<exchange>(new exchange(kind, config_, tls_, driver_, arrivals_));
  }
  std::unique_ptr<exchange> x = std::move(spare_.back());
  spare_.pop_back();
  return x;
}

void transport::impl::begin(exchange_kind kind, exchange_request&& request) {
  if (!usable()) return;
  const std::uint64_t number = request.number;
  cancel(kind, number);
  std::unique_ptr<exchange> made = fresh(kind);
  exchange& x = *made;
  of(kind).emplace(number, std::move(made));
  const std::size_t at = request.place;
  const bool known = at < places_.size();
  if (known) request.endpoint = places_.at(at).endpoint;
  x.prepare(std::move(request), known ? endpoints_[places_.at(at).endpoint] : nowhere_);
  if (!known) x.fail("nothing was sent");
  dial(x);
  if (!arrivals_.empty())
    driver_.wake();  // it failed at once, but nobody is told from within a call
}

void transport::impl::dial(exchange& x) {
  if (x.over()) return;
  const std::size_t endpoint = places_.at(x.place()).endpoint;
  switch (names_.ask(endpoint)) {
    case resolver::state::ready: {
      const place& at = places_.at(x.place());
      if (at.to != nullptr) x.aim(at.to);
      x.start(at.connect_to);
      return;
    }
    case resolver::state::waiting: waiting_.push_back(&x); return;
    case resolver::state::failed: x.fail(names_.failure(endpoint)); return;
  }
}

void transport::impl::cancel(exchange_kind kind, std::uint64_t number) {
  if (!usable()) return;
  const auto found = of(kind).find(number);
  if (found == of(kind).end()) return;
  std::unique_ptr<exchange> x = std::move(found->second);
  of(kind).erase(found);
  put_away(std::move(x));
}

void transport::impl::write(std::uint64_t stream, std::string_view bytes) {
  if (!usable()) return;
  const auto found = streams_.find(stream);
  if (found == streams_.end() || found->second->write(bytes)) return;
  found->second->fail("the endpoint does not read what the stream sends");
  driver_.wake();
}

// The exchange is no longer in its table: nothing will be told of it.
void transport::impl::put_away(std::unique_ptr<exchange> x) {
  waiting_.erase(std::remove(waiting_.begin(), waiting_.end(), x.get()), waiting_.end());
  if (!x->served() && x->place() < places_.size()) names_.distrust(places_.at(x->place()).endpoint);
  x->rest();
  if (x->usable() && x->kind() == exchange_kind::call && spare_.size() < most_spare)
    spare_.push_back(std::move(x));
}

void transport::impl::renew(std::shared_ptr<const tls_set> newest) {
  if (!usable() || tls_.newest == nullptr) return;
  tls_.newest = std::move(newest);
  driver_.forget_sessions();
}

std::optional<std::chrono::seconds> transport::impl::certificate_left(std::size_t endpoint) const {
  if (endpoint >= tls_.ends.size() || !tls_.ends[endpoint]) return {};
  return std::chrono::duration_cast<std::chrono::seconds>(*tls_.ends[endpoint] -
                                                          std::chrono::system_clock::now());
}

std::optional<std::chrono::seconds> transport::impl::own_certificate_left() const {
  return tls_.newest != nullptr ? tls_.newest->certificate_left() : std::nullopt;
}

void transport::impl::settled() { deliver(); }

void transport::impl::resolved(std::size_t endpoint) {
  if (closing_) return;
  places_.resolved(endpoint, names_.addresses(endpoint));
  std::vector<exchange*> ready;
  const auto mine = [&](const exchange* x) { return places_.at(x->place()).endpoint == endpoint; };
  std::copy_if(waiting_.begin(), waiting_.end(), std::back_inserter(ready), mine);
  waiting_.erase(std::remove_if(waiting_.begin(), waiting_.end(), mine), waiting_.end());
  for (exchange* x : ready) dial(*x);
  if (places_.changed() || !arrivals_.empty()) driver_.wake();
}

// What is told may have changed under way: the names of all places are told anew.
void transport::impl::tell_places() {
  std::vector<std::string> names(places_.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    const place& at = places_.at(i);
    names[i] = at.to != nullptr ? at.to->url : endpoints_[at.endpoint].url;
    if (!at.address.empty()) names[i] += " (" + at.address + ")";
  }
  const place_set fresh = places_.take_fresh();
  to_->places_changed(places_.live(), fresh, std::move(names));
}

// Its connections may lead to somebody else than the name or address does now.
void transport::impl::redial(std::size_t number) {
  if (!usable() || number >= places_.size()) return;
  const place& at = places_.at(number);
  const endpoint_url& url = at.to != nullptr ? *at.to : endpoints_[at.endpoint];
  if (!url.socket.empty()) {
    driver_.cut(url.socket);
  } else {
    driver_.cut(at.address.empty() ? url.host : at.address, url.port);
  }
  names_.distrust(at.endpoint);
}

// Each call to the receiver may change everything here, so everything is looked at again after it.
void transport::impl::deliver() {
  if (delivering_) return;
  delivering_ = true;
  undo_unless_kept stopped([this] { delivering_ = false; });  // memory ran out in it
  if (places_.changed()) tell_places();
  const std::size_t count = arrivals_.size();  // what comes up meanwhile waits for the next turn
  for (std::size_t i = 0; i < count && !closing_; ++i) {
    exchange* x = arrivals_.at(i);
    if (x == nullptr) continue;
    if (x->has_fresh()) {
      bytes_.clear();
      x->take_fresh(bytes_);
      to_->streamed(x->number(), bytes_);
      if (closing_ || arrivals_.at(i) != x) continue;
    }
    arrivals_.forget(*x);
    if (x->over()) tell_result(*x);
  }
  delivering_ = false;
  stopped.keep();
  if (closing_) return;
  arrivals_.drop_first(count);
  if (!arrivals_.empty()) driver_.wake();
}

void transport::impl::tell_result(exchange& x) {
  const exchange_kind kind = x.kind();
  const std::uint64_t number = x.number();
  reply last = x.result();
  cancel(kind, number);  // before the call: the receiver may use the number again
  if (kind == exchange_kind::call) {
    to_->replied(number, std::move(last));
  } else {
    to_->stream_ended(number, std::move(last));
  }
}

void transport::impl::close(void (*closed)(void* context), void* context) {
  if (closing_) return;
  if (!open_) {  // there is no loop to call from
    closed(context);
    return;
  }
  closing_ = true;
  closed_ = closed;
  context_ = context;
  waiting_.clear();
  calls_.clear();
  streams_.clear();
  spare_.clear();
  driver_.close();
  names_.close();
}

void transport::impl::let_go() {
  if (!open_) return;
  driver_.let_go();
  names_.let_go();
}

void transport::impl::gone() {
  driver_gone_ = true;
  close_step();
}

void transport::impl::resolver_gone() {
  names_gone_ = true;
  close_step();
}

void transport::impl::close_step() {
  if (driver_gone_ && names_gone_) closed_(context_);  // may destroy this
}

}  // namespace tenure::net
