// The bytes of the open watch. They are understood part by part: one message can tell of ten
// thousand deletes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/event.hpp"
#include "etcd/framing.hpp"
#include "wire/decode_watch.hpp"
#include "wire/failure.hpp"

namespace tenure::detail {

class watch_stream {
 public:
  watch_stream(const wire::watch_decoder& decoder, const wire::reporter& report)
      : decoder_(decoder), report_(report) {}

  void open(core::stream_id id, std::uint32_t endpoint);
  void close();
  [[nodiscard]] bool is_open() const { return framing_ != nullptr; }
  // Of the stream that was opened last, also when it is over.
  [[nodiscard]] core::stream_id id() const { return id_; }
  [[nodiscard]] std::uint32_t endpoint() const { return endpoint_; }

  enum class arrival {
    little,   // to be read now
    much,     // to be read in a piece of work of its own
    waiting,  // there was something to read already
    too_much  // more than will be kept
  };
  arrival append(std::string_view bytes);

  struct part {
    std::vector<wire::watch_heard> messages;
    error failure;  // what comes after them is none
  };
  // Reads the next part of what has come.
  part read();
  [[nodiscard]] bool has_more() const { return !backlog_.empty(); }

 private:
  void forget_backlog();

  const wire::watch_decoder& decoder_;
  const wire::reporter& report_;
  core::stream_id id_ = 0;
  std::uint32_t endpoint_ = 0;
  std::unique_ptr<etcd::framing> framing_;  // null: not open
  std::string backlog_;
  std::size_t read_ = 0;  // of it
};

}  // namespace tenure::detail
