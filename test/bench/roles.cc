// What tenure's processes are compared with: the same libraries without tenure.
#include <curl/curl.h>
#include <uv.h>

#include <cinttypes>
#include <cstdio>
#include <string>
#include <vector>

#include "test/bench/contender.hpp"
#include "test/bench/raw.hpp"

namespace bench {

namespace {

std::size_t append(char* bytes, std::size_t size, std::size_t count, void* to) {
  static_cast<std::string*>(to)->append(bytes, size * count);
  return size * count;
}

void post(CURL* easy, const std::string& url, const std::string& body) {
  std::string answer;
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body.c_str());
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &answer);
  if (curl_easy_perform(easy) != CURLE_OK || answer.find("error") != std::string::npos)
    fail("the floor fails: " + answer);
}

}  // namespace

int idle() {
  curl_global_init(CURL_GLOBAL_DEFAULT);
  CURLM* multi = curl_multi_init();
  CURL* easy = curl_easy_init();
  curl_easy_setopt(easy, CURLOPT_URL, "http://127.0.0.1:1/");
  uv_loop_t* loop = uv_default_loop();
  uv_timer_t timer;
  uv_timer_init(loop, &timer);
  uv_timer_start(
      &timer, [](uv_timer_t*) {}, 1000, 1000);
  curl_multi_add_handle(multi, easy);
  int running = 0;
  curl_multi_perform(multi, &running);
  std::printf("leading %" PRId64 "\n", now_ns());
  std::fflush(stdout);
  return uv_run(loop, UV_RUN_DEFAULT);
}

int grant_and_stand(const std::vector<std::string>& args) {
  curl_global_init(CURL_GLOBAL_DEFAULT);
  CURL* easy = curl_easy_init();
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, append);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  const std::string lease = std::to_string(now_ns());
  const std::string key = key_field("floor/leader/" + lease);
  post(easy, args.at(0) + "/v3/lease/grant", R"({"TTL":"10","ID":")" + lease + "\"}");
  post(easy, args.at(0) + "/v3/kv/txn",
       R"({"compare":[{"target":"CREATE",)" + key +
           R"(,"create_revision":"0"}],"success":[{"request_put":{)" + key + R"(,"lease":")" +
           lease + R"("}},{"request_range":{)" + prefix_fields("floor/leader/") + "}}]}");
  std::printf("leading %" PRId64 "\n", now_ns());
  return 0;
}

}  // namespace bench
