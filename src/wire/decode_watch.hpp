// What a message of a watch says, and what its end says.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/event.hpp"
#include "etcd/response.hpp"
#include "net/reply.hpp"
#include "tenure/error.hpp"
#include "wire/electorate.hpp"
#include "wire/failure.hpp"

namespace tenure::wire {

struct watch_heard {
  core::stream_news news;
  error failure;                          // if the message ends the watch, or is none
  std::vector<etcd::watch_event> events;  // as they came, for those who follow all keys
};

struct watch_over {
  core::stream_gone gone;
  error failure;
};

class watch_decoder {
 public:
  watch_decoder(const electorate& electorate, const reporter& report)
      : electorate_(electorate), report_(report) {}

  // One document. False: it is not etcd's, and `failure` says why.
  [[nodiscard]] bool message(core::stream_id stream, std::uint32_t endpoint,
                             std::string_view document, watch_heard& out) const;
  // The stream is over: what the transport said last.
  [[nodiscard]] watch_over end(core::stream_id stream, std::uint32_t endpoint,
                               const net::reply& last) const;

 private:
  const electorate& electorate_;
  const reporter& report_;
};

}  // namespace tenure::wire
