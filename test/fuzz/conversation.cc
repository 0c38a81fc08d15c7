// Whole conversations with the shipped transport, over the loopback: what a server sends, and when
// it ends, is the fuzzer's. No crash, no leak, no turn without an end, no flood; `closed` comes in
// its time and is the last; nobody leads whom no answer has told so.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "test/fuzz/conversation/world.hpp"
#include "test/fuzz/require.hpp"
#include "test/fuzz/text.hpp"

namespace {

using namespace fuzz;

class liar final : public target {
 public:
  explicit liar(bytes from) : from_(from) {}

  void asked(line& on, const std::string& path, const std::string& body) override {
    json honest;
    const int status = truth.ask(path, body, honest);
    const bool stands = path == "/v3/kv/txn" && body.find("request_put") != std::string::npos;
    said_.clear();
    answer(on, status, written(honest));
    // What is said last may be what is heard.
    if (stands && said_.find("succeeded") != std::string::npos) may_lead_ = true;
  }

  void uploaded(line& on, const std::string& sent) override {
    on.streams = true;
    json said;
    if (sent.find("create_request") != std::string::npos) {
      truth.say_created(said);
      tell(on, written(said));
    }
    if (sent.find("progress_request") != std::string::npos) {
      truth.say_progress(said);
      tell(on, written(said));
    }
  }

  void acquired(const tenure::leadership&, std::int64_t) override { require(may_lead_); }
  [[nodiscard]] bool over() const override { return from_.empty(); }

 private:
  // Once the script is used up, the rest is the truth.
  void answer(line& on, int status, const std::string& honest) {
    switch (from_.byte() % 16) {
      default: say(on, status, honest); break;
      case 1: raw(on); break;
      case 2:
        raw(on);
        on.end();
        break;
      case 3: on.reset(); break;
      case 4: break;
      case 5: say(on, 200, text()); break;
      case 6: {
        constexpr int statuses[] = {200, 301, 400, 401, 403, 404, 408, 412,
                                    413, 421, 429, 500, 502, 503, 504, 100};
        const int drawn = statuses[from_.byte() % 16];
        say(on, drawn, text());
        break;
      }
      case 7: {
        std::string part = "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(honest.size()) +
                           "\r\n\r\n" + honest;
        part.resize(part.size() * from_.byte() / 256);
        on.send(part);
        if (from_.byte() % 2 != 0) on.end();
        break;
      }
      case 8: {
        std::string changed = honest;
        for (std::size_t i = from_.byte() % 4 + 1U; i > 0 && !changed.empty(); --i)
          changed[from_.byte() * changed.size() / 256] = static_cast<char>(from_.byte());
        say(on, status, changed);
        break;
      }
      case 9:
        act();
        say(on, status, honest);
        break;
      case 10: {
        std::string headers = "HTTP/1.1 200 OK\r\n";
        for (std::size_t i = from_.byte() * 8U; i > 0; --i) headers += "X-Header: value\r\n";
        on.send(headers);
        break;
      }
      case 11:
        to->listening.piece = from_.byte();
        say(on, status, honest);
        break;
      case 12: {
        // Chunked, with trailers.
        on.begin_stream();
        on.chunk(honest);
        std::string trailers = "0\r\n";
        for (std::size_t i = from_.byte() * 8U; i > 0; --i) trailers += "X-Trailer: value\r\n";
        on.send(trailers + "\r\n");
        said_ += honest;
        break;
      }
      case 13:
        for (line* each : to->listening.streams()) tell(*each, honest);
        say(on, status, honest);
        break;
      case 14:
        for (std::size_t i = from_.byte() % 4 + 1U; i > 0; --i) say(on, status, honest);
        break;
    }
  }

  // A message on a watch.
  void tell(line& on, const std::string& honest) {
    switch (from_.byte() % 8) {
      default: on.chunk(honest); break;
      case 1: on.chunk(text()); break;
      case 2: raw(on); break;
      case 3: on.reset(); break;
      case 4: break;
      case 5:
        on.chunk(honest);
        on.send("0\r\n\r\n");
        break;
      case 6: on.chunk(honest + honest.substr(0, from_.byte())); break;
      case 7: {
        std::string changed = honest;
        if (!changed.empty())
          changed[from_.byte() * changed.size() / 256] = static_cast<char>(from_.byte());
        on.chunk(changed);
        break;
      }
    }
  }

  void say(line& on, int status, const std::string& body) {
    on.answer(status, body);
    said_ += body;
  }
  std::string text() {
    const std::size_t size = from_.byte();
    return from_.take(size);
  }
  void raw(line& on) {
    const std::string what = text();
    on.send(what);
    said_ += what;
  }
  void act() {
    party& who = *to->parties.front();
    if (from_.byte() % 2 != 0) {
      who.resign();
    } else {
      who.stand_again();
    }
  }

  bytes from_;
  std::string said_;
  bool may_lead_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > 4096) return 0;
  bytes from(data, size);
  const unsigned kind = from.byte();
  setup what(kind);
  what.least_ms = what.long_one ? 1500 : 300;
  liar by(from);
  converse(by, what);
  return 0;
}
