// Requests and watch streams between processes and members, and what can happen to them on the way.
#pragma once

#include <cstdint>
#include <vector>

#include "agenda.hpp"
#include "choice.hpp"
#include "core/action.hpp"
#include "core/event.hpp"

namespace sim {

class world;

class network {
 public:
  void reset(world& w);

  // From the processes.
  void send(std::size_t process, std::uint32_t life, const tenure::core::send& s,
            std::uint64_t token);
  void abort(std::size_t process, tenure::core::call_id call);
  std::size_t open(std::size_t process, std::uint32_t life, const tenure::core::open_stream& s,
                   std::uint64_t token);
  void probe(std::size_t slot);
  void close(std::size_t slot);
  void forget(std::size_t process);  // it died
  [[nodiscard]] bool idle(std::size_t process) const;
  [[nodiscard]] std::uint64_t token(std::size_t process) const { return tokens_[process]; }

  // From the agenda.
  void request_arrives(const event& e);
  void reply_arrives(const event& e);
  void stream_opens(const event& e);
  void stream_probed(const event& e);
  void stream_cut(const event& e);
  void news_arrives(const event& e);
  void stream_ends(const event& e);

  // From the cluster.
  void flush(std::size_t member);  // its watches hear what it has applied
  void member_down(std::size_t member);
  void member_cut(std::size_t member);
  void hole(std::size_t process, std::size_t member, bool out, bool in, nanos until);
  // Answers arrive at `late`; afterwards there is silence both ways.
  void late_last(std::size_t process, std::size_t member, nanos late, nanos until);
  void calm_down();
  nanos hold_opens_until = 0;  // watches opened before are served then

 private:
  struct call {
    std::int64_t serial = 0;
    std::uint32_t process = 0;
    std::uint32_t life = 0;
    bool waited_for = false;
    bool answers = true;
    bool executed = false;
    bool half = false;
    bool reset_after = false;
    nanos answer_later = 0;
    nanos sent = 0;
    nanos latest = 0;  // nothing of it is executed after this moment
    nanos server_deadline = 0;
    std::uint64_t token = 0;
    tenure::core::send what;
    // As the core hears it.
    tenure::core::event heard{std::in_place_type<tenure::core::answer>};
    [[nodiscard]] tenure::core::answer& reply() {
      return *std::get_if<tenure::core::answer>(&heard);
    }
  };
  struct watcher {
    std::int64_t serial = 0;
    std::uint32_t process = 0;
    std::uint32_t life = 0;
    std::uint32_t member = 0;
    tenure::core::stream_id id = 0;
    std::int64_t cursor = 0;
    std::uint64_t token = 0;
    bool puts = false;
    bool two_way = true;
    bool client_open = false;
    bool server_open = false;
    bool silent = false;  // nothing gets through any more
    nanos last_arrival = 0;
  };
  struct message {
    std::size_t stream = 0;
    std::int64_t serial = 0;
    tenure::core::event heard{std::in_place_type<tenure::core::stream_news>};
    [[nodiscard]] tenure::core::stream_news& news() {
      return *std::get_if<tenure::core::stream_news>(&heard);
    }
  };
  struct path {
    nanos out_until = 0;
    nanos in_until = 0;
    nanos late = 0;  // answers of before arrive then
  };

  // What becomes of a request in a small world.
  enum class fate : std::uint8_t { well, lost, unanswered, too_late, slow, overtaken };
  fate small_fate(std::size_t process);
  static constexpr nanos overtaken = 3 * millisecond;  // by a whole round, which takes 2

  nanos delay();
  path& between(std::size_t process, std::size_t member) {
    return paths_[process * members_ + member];
  }
  void reply(std::size_t slot, tenure::core::outcome what, nanos after);
  void release(std::size_t slot);
  std::size_t new_message(std::size_t stream);
  void post(std::size_t message, nanos after);
  void post_in_parts(std::size_t message);
  void end(std::size_t stream, tenure::core::outcome why, nanos after);
  void flush_one(std::size_t stream);

  world* w_ = nullptr;
  std::size_t members_ = 0;
  std::int64_t serial_ = 0;
  pool<call> calls_;
  pool<watcher> streams_;
  pool<message> messages_;
  std::vector<std::size_t> open_calls_;    // waited for
  std::vector<std::size_t> open_streams_;  // at members
  std::vector<path> paths_;
  std::uint32_t broken_ =
      0;  // a bit per process whose watch broke in the middle, the faults being over
  std::vector<std::uint64_t> tokens_;  // last token given to a process
};

}  // namespace sim
