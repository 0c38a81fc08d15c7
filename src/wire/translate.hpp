// Between the core's words and etcd's: requests become JSON bodies, answers become events.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/action.hpp"
#include "core/event.hpp"
#include "etcd/response.hpp"
#include "net/transport.hpp"
#include "session/electorate.hpp"
#include "tenure/error.hpp"
#include "tenure/options.hpp"

namespace tenure::detail {

struct http_request {
  std::string_view path;
  std::string body;
};

// What is remembered of a request to understand its answer.
struct expected {
  core::op what = core::op::confirm;
  bool write = true;
  bool together = false;
  std::uint32_t endpoint = 0;
  std::int64_t lease = 0;
  std::vector<core::election_id> elections;
};

struct translated {
  core::answer answer;
  tenure::error failure;              // of an answer that is not ok
  std::string token;                  // authenticate
  std::vector<etcd::key_value> page;  // read_all
};

class translator {
 public:
  translator(electorate& elections, const session_options& options)
      : elections_(elections), options_(options) {}

  // `next_key`: where the next page of a read of all keys begins.
  http_request encode(const core::send& s, std::string_view next_key = {});
  translated decode(std::uint64_t call, const expected& asked, const net::reply& reply);
  std::string watch_body(const core::open_stream& s) const;
  core::stream_news decode(std::uint64_t stream, const etcd::watch_message& m,
                           tenure::error& failure) const;
  core::stream_gone stream_end(std::uint64_t stream, std::uint32_t endpoint, const net::reply& last,
                               tenure::error& failure) const;

  // A failure for which there is no answer's text, e.g. a time-out.
  [[nodiscard]] tenure::error describe(core::outcome what, core::op request,
                                       std::uint32_t endpoint) const;

 private:
  bool fill(const expected& asked, const net::reply& reply, translated& out, std::string& why);
  void encode_together(const core::send& s, std::string& body);
  void items(const expected& asked, std::vector<etcd::op_response>& responses, core::answer& a,
             bool& sound);
  void add_rivals(const std::string& prefix, const etcd::op_response& range, core::answer& a,
                  core::item_answer& item);

  electorate& elections_;
  const session_options& options_;
};

[[nodiscard]] const char* name(core::op what);
[[nodiscard]] reason to_reason(core::cause why);
[[nodiscard]] errc to_errc(reason why);

}  // namespace tenure::detail
