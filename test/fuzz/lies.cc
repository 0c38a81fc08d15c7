// A conversation with an etcd that tells the truth, but for single answers that contradict
// themselves or what was asked: each is refused, or does no harm. Two instances stand; whoever is
// told that it leads is the eldest in truth, and never are there two.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "test/fuzz/conversation/falsehoods.hpp"
#include "test/fuzz/conversation/world.hpp"
#include "test/fuzz/require.hpp"
#include "test/fuzz/text.hpp"

namespace {

using namespace fuzz;

class liar final : public target {
 public:
  liar(bytes from, bool contradictions_only)
      : from_(from), contradictions_only_(contradictions_only) {}

  void asked(line& on, const std::string& path, const std::string& body) override {
    json honest;
    const int status = truth.ask(path, body, honest);
    json question;
    question.Parse(body.data(), body.size());
    const unsigned what = choose();
    if (what < 128) distort(honest, &question);
    if (what < 128 || deliver(on, what)) on.answer(status, written(honest));
  }

  void uploaded(line& on, const std::string& sent) override {
    json said;
    if (sent.find("create_request") != std::string::npos) {
      on.streams = true;
      on.puts = sent.find("NOPUT") == std::string::npos;
      const std::size_t at = sent.find("\"start_revision\":\"");
      require(at != std::string::npos);
      on.from_revision = std::strtoll(sent.c_str() + at + 18, nullptr, 10);
      require(on.from_revision > 0);
      truth.say_created(said);
      tell(on, said);
    }
    if (sent.find("progress_request") != std::string::npos) {
      truth.say_progress(said);
      tell(on, said);
    }
  }

  void passed() override {
    for (line* each : to->listening.streams()) {
      json said;
      if (truth.watch(each->from_revision, each->puts, said)) tell(*each, said);
    }
    if (contradictions_only_) require(to->leaders() <= 1);
  }

  void acquired(const tenure::leadership& l, std::int64_t lease) override {
    if (!contradictions_only_) return;
    const model::key* const first = truth.eldest(prefix);
    require(first != nullptr && first->lease == lease && first->create == l.fencing_token);
  }

  [[nodiscard]] bool over() const override { return from_.empty(); }

 private:
  // Half of what is said is true; all of it once the script is used up.
  unsigned choose() {
    const unsigned drawn = from_.byte();
    if (drawn < 128) return 0;
    lies_ = true;
    return from_.byte();
  }

  void distort(json& what, const json* question) {
    if (!lies_) return;
    lies_ = false;
    const unsigned kind = from_.byte();
    const unsigned where = from_.byte();
    if (contradictions_only_) {
      contradict(what, question, kind, where, truth);
    } else {
      mutate(what, kind, where, from_.byte(), truth.revision());
    }
  }

  // What is no lie, but happens. False: nothing more is said.
  bool deliver(line& on, unsigned what) {
    lies_ = false;
    switch (what % 8) {
      case 0: on.reset(); return false;
      case 1: on.end(); return false;
      case 2: return false;
      case 3: to->parties.front()->resign(); return true;
      case 4: to->parties.back()->resign(); return true;
      case 5: to->parties.front()->stand_again(); return true;
      case 6: to->parties.back()->stand_again(); return true;
      default:
        for (line* each : to->listening.streams()) each->reset();
        return true;
    }
  }

  void tell(line& on, json& said) {
    const unsigned what = choose();
    if (what >= 128) {
      lies_ = false;
      if (what % 2 != 0) return on.reset();
      return;  // lost
    }
    distort(said, nullptr);
    on.chunk(written(said) + "\n");
  }

  bytes from_;
  const bool contradictions_only_;
  bool lies_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > 512) return 0;
  bytes from(data, size);
  const unsigned kind = from.byte();
  setup what(kind);
  what.parties = 2;
  what.least_ms = what.long_one ? 2500 : 700;
  liar by(from, (kind & 16U) == 0);
  converse(by, what);
  return 0;
}
