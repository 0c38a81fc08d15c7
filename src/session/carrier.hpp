// What goes out for the core, and what comes back: the calls under way, the watch, the token of a
// login. It judges nothing. What comes in is handed over as an event, with all that it says.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

#include <uv.h>

#include "base/secret.hpp"
#include "core/action.hpp"
#include "core/event.hpp"
#include "loop/dispatcher.hpp"
#include "loop/logger.hpp"
#include "loop/slicer.hpp"
#include "loop/turn.hpp"
#include "net/transport.hpp"
#include "session/said.hpp"
#include "session/watch_stream.hpp"
#include "tenure/error.hpp"
#include "tenure/options.hpp"
#include "wire/decode.hpp"
#include "wire/decode_watch.hpp"
#include "wire/electorate.hpp"
#include "wire/encode.hpp"
#include "wire/failure.hpp"

namespace tenure::detail {

class carrier final : private net::receiver {
 public:
  using taker = std::function<void(const core::event&, said&&)>;

  // They must outlive it.
  carrier(const session_options& options, const wire::electorate& electorate,
          wire::reporter& report, dispatcher& later, logger& log);

  // From the loop, `take` gets what comes in.
  // If memory runs out, something that came may be lost: then `no_memory` is called.
  [[nodiscard]] error open(uv_loop_t* loop, net::transport_config config, turn& now, taker take,
                           std::function<void()> no_memory);
  void let_go() { transport_.let_go(); }  // in a forked child, before `close`
  void close(void (*closed)(void* context), void* context) { transport_.close(closed, context); }

  // `next_key`: where the next page of a read of all keys begins.
  void send(const core::send& s, std::string_view next_key);
  void abort(const core::abort& a);
  void open_stream(const core::open_stream& s);
  void probe_stream(const core::probe_stream& s);
  void close_stream(const core::close_stream& s);
  void redial(const core::redial& r) { transport_.redial(r.endpoint); }
  [[nodiscard]] net::transport& transport() { return transport_; }
  // From now on requests carry this one. Without memory for it none, and etcd asks for a login.
  void use_token(std::string_view token) { (void)token_.set(token); }
  // The next login takes this one.
  [[nodiscard]] bool use_password(std::string_view password) { return password_.set(password); }

 private:
  // net::receiver
  void places_changed(std::uint64_t live, std::uint64_t fresh,
                      std::vector<std::string>&& names) override;
  void replied(std::uint64_t call, net::reply&& reply) override;
  void streamed(std::uint64_t stream, std::string_view bytes) override;
  void stream_ended(std::uint64_t stream, net::reply&& last) override;
  void out_of_memory() noexcept override { no_memory_(); }

  void log_in(const core::send& s);
  void understand(core::call_id call, net::reply& reply);
  bool read_stream();
  void break_stream(error&& why);

  const session_options& options_;
  dispatcher& later_;
  logger& log_;
  wire::reporter& report_;
  wire::encoder encoder_;
  wire::decoder decoder_;
  wire::watch_decoder watch_decoder_;
  net::transport transport_;
  taker take_;
  std::function<void()> no_memory_;
  std::unordered_map<core::call_id, wire::expected> calls_;  // under way
  watch_stream stream_;
  slicer parts_{1};  // of the stream
  secret token_;
  secret password_;
};

}  // namespace tenure::detail
