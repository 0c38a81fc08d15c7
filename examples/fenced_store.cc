// What the fencing token is for: a store that refuses the write of a leader of the past.
//
// No election can stop a write that is on its way already: a leader may ask its token, be frozen,
// and write when it wakes, long after another one leads. (A token asked after waking tells the
// truth; one asked before does not help.) Only the store can refuse it, and it can if each write
// carries the fencing token of the term that it belongs to.
//
// The store here is etcd itself: the write is a transaction that happens only if the leader's key
// is still the one of that term. A store of one's own keeps the greatest token that it has seen,
// and refuses what carries a smaller one.
//
//     fenced_store APP [ENDPOINT]      (endpoint: else ETCDCTL_ENDPOINTS, the first one)
//
// Two candidates: the first leads, writes, and holds a write back, as a frozen process would. It
// gives the leadership up, the second leads and writes. Then the late write comes. Exit code 0 if
// it was refused.
#include <curl/curl.h>
#include <rapidjson/document.h>
#include <uv.h>

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>

#include <tenure/tenure.hpp>

namespace {

enum class outcome { written, refused, unknown };

// etcd's JSON has bytes in base64.
std::string base64(const std::string& bytes) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    unsigned long three = 0;
    for (std::size_t j = 0; j < 3; ++j)
      three = three << 8 | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0);
    for (std::size_t j = 0; j < 4; ++j)
      out += i + j <= bytes.size() ? digits[three >> (18 - 6 * j) & 63] : '=';
  }
  return out;
}

std::size_t append(char* bytes, std::size_t size, std::size_t count, void* to) {
  static_cast<std::string*>(to)->append(bytes, size * count);
  return size * count;
}

// Blocks: for a thread, never for the loop.
outcome post(const std::string& url, const std::string& body) {
  std::string answer;
  CURL* easy = curl_easy_init();
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body.c_str());
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT, 5L);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, append);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &answer);
  long status = 0;
  const bool answered = curl_easy_perform(easy) == CURLE_OK &&
                        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK;
  curl_easy_cleanup(easy);
  rapidjson::Document parsed;
  if (!answered || status != 200 || parsed.Parse(answer.c_str()).HasParseError() ||
      !parsed.IsObject()) {
    // It may have been written or not, as with every store. Read it, or write it again.
    return outcome::unknown;
  }
  return parsed.HasMember("succeeded") ? outcome::written : outcome::refused;  // false is left out
}

struct request {
  uv_work_t work;
  std::string url;
  std::string body;
  outcome result;
  std::function<void(outcome)> done;
};

struct store {
  uv_loop_t* loop;
  std::string url;  // of etcd's transactions
  std::string key;

  // Writes as the leader of that term. `done` is called on the loop.
  void write(const tenure::leadership& term, const std::string& value,
             std::function<void(outcome)> done) {
    // If the leader's key was created at the revision that is our fencing token, then it is ours,
    // and nobody has led since: etcd looks and writes in one step. That is all there is to it.
    const std::string guard = R"({"target":"CREATE","result":"EQUAL","key":")" + base64(term.key) +
                              R"(","create_revision":")" + std::to_string(term.fencing_token) +
                              R"("})";
    const std::string put =
        R"({"request_put":{"key":")" + base64(key) + R"(","value":")" + base64(value) + R"("}})";
    auto* asked = new request{
        {}, url, R"({"compare":[)" + guard + R"(],"success":[)" + put + "]}", {}, std::move(done)};
    asked->work.data = asked;
    // libcurl's easy interface blocks, so it goes to libuv's threads.
    uv_queue_work(
        loop, &asked->work,
        [](uv_work_t* work) {
          auto* self = static_cast<request*>(work->data);
          self->result = post(self->url, self->body);
        },
        [](uv_work_t* work, int) {
          const std::unique_ptr<request> self(static_cast<request*>(work->data));
          self->done(self->result);
        });
  }
};

outcome told(const char* who, const tenure::leadership& term, outcome what) {
  const char* const words[] = {"was written", "was REFUSED: another one leads", "got no answer"};
  std::printf("the write of %s (fencing token %lld) %s\n", who,
              static_cast<long long>(term.fencing_token), words[static_cast<int>(what)]);
  return what;
}

struct candidate {
  tenure::session session;
  tenure::candidate standing;
  std::int64_t fencing_token = 0;  // of the last term

  tenure::error stand(uv_loop_t* loop, tenure::session_options options, const char* name,
                      std::function<void(const tenure::leadership&)> acquired) {
    options.instance = name;
    if (tenure::error failed = session.open(loop, options)) return failed;
    tenure::candidate_events on;
    on.acquired = [this, acquired = std::move(acquired)](const tenure::leadership& term) {
      fencing_token = term.fencing_token;
      acquired(term);
    };
    on.lost = [this](tenure::reason, const tenure::error&) {
      standing.work_stopped(fencing_token);
    };
    on.trouble = [name](const tenure::error& what) {
      std::fprintf(stderr, "%s: %s\n", name, what.message.c_str());
    };
    return standing.stand(session, {}, std::move(on));
  }
};

}  // namespace

int main(int argc, char** argv) {
  const char* endpoint = argc > 2 ? argv[2] : std::getenv("ETCDCTL_ENDPOINTS");
  if (argc < 2 || !endpoint) return std::fprintf(stderr, "usage: fenced_store APP [ENDPOINT]\n"), 2;
  curl_global_init(CURL_GLOBAL_DEFAULT);
  uv_loop_t loop;
  uv_loop_init(&loop);
  tenure::session_options options;
  options.app = argv[1];
  options.endpoints = {std::string(endpoint).substr(0, std::string(endpoint).find(','))};
  if (options.endpoints[0].find("://") == std::string::npos)
    options.endpoints[0].insert(0, "http://");  // etcdctl needs no scheme
  store data{&loop, options.endpoints[0] + "/v3/kv/txn", "data/of/" + options.app};
  int exit_code = 1;
  {
    candidate first, second;
    tenure::leadership past;  // what a frozen process would wake with
    const auto finish = [&] { first.session.close(), second.session.close(); };

    const auto second_leads = [&](const tenure::leadership& term) {
      data.write(term, "by the second", [&, term](outcome what) {
        told("the second", term, what);
        data.write(past, "by the first, too late", [&](outcome late) {
          if (told("the first, too late,", past, late) == outcome::refused) exit_code = 0;
          finish();
        });
      });
    };
    const auto first_leads = [&](const tenure::leadership& term) {
      past = term;
      data.write(term, "by the first", [&](outcome what) {
        told("the first", past, what);
        if (second.stand(&loop, options, "second", second_leads) ||
            first.standing.resign(tenure::milliseconds(5000)))
          finish();
        // The lie that a process tells that was frozen before its last write. Others ask
        // `past.token.cancelled()` before each write: that is true from here on.
        first.standing.work_stopped(past.fencing_token);
      });
    };
    if (const tenure::error failed = first.stand(&loop, options, "first", first_leads)) {
      std::fprintf(stderr, "fenced_store: %s\n", failed.message.c_str());
      finish();
    }
    uv_run(&loop, UV_RUN_DEFAULT);
  }
  uv_loop_close(&loop);
  curl_global_cleanup();
  return exit_code;
}
