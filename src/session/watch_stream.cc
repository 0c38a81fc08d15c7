#include "session/watch_stream.hpp"

#include <utility>

namespace tenure::detail {

namespace {

// A longer document is refused. A watch message can tell of all deletes of an application, and it
// holds the values of puts.
constexpr std::size_t longest_document = 16u << 20;
// How much is looked at in one piece of work; and how much at once, before the loop goes round.
constexpr std::size_t longest_part = 4u << 10;
constexpr std::size_t short_part = 1u << 10;

}  // namespace

void watch_stream::open(core::stream_id id, std::uint32_t endpoint) {
  id_ = id;
  endpoint_ = endpoint;
  framing_ = std::make_unique<etcd::framing>(longest_document, longest_part);
  forget_backlog();
}

void watch_stream::close() {
  framing_.reset();
  forget_backlog();
}

watch_stream::arrival watch_stream::append(std::string_view bytes) {
  const bool waiting = has_more();
  if (read_ > backlog_.size() / 2) {
    backlog_.erase(0, read_);
    read_ = 0;
  }
  backlog_.append(bytes);
  if (!waiting) return backlog_.size() <= short_part ? arrival::little : arrival::much;
  return backlog_.size() - read_ > longest_document ? arrival::too_much : arrival::waiting;
}

watch_stream::part watch_stream::read() {
  part heard;
  const std::string_view bytes = std::string_view(backlog_).substr(read_, longest_part);
  read_ += bytes.size();
  const bool whole = framing_->feed(bytes, [&](std::string_view document) {
    wire::watch_heard m;
    if (!decoder_.message(id_, endpoint_, document, m)) {
      heard.failure = std::move(m.failure);
      return false;
    }
    m.news.partial = framing_->partial();
    heard.messages.push_back(std::move(m));
    return true;
  });
  if (!whole && !heard.failure) {
    heard.failure = report_.watch_broke(endpoint_, errc::bad_answer,
                                        "what it sends is no stream of JSON documents");
  }
  if (read_ >= backlog_.size()) forget_backlog();
  return heard;
}

void watch_stream::forget_backlog() {
  read_ = 0;
  if (backlog_.capacity() > longest_part) {
    std::string().swap(backlog_);
  } else {
    backlog_.clear();
  }
}

}  // namespace tenure::detail
