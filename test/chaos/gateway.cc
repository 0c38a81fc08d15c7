#include "test/chaos/gateway.hpp"

#include <curl/curl.h>
#include <rapidjson/document.h>

#include <cstdlib>
#include <memory>
#include <utility>

namespace tenure::chaos {
namespace {

std::size_t append(char* bytes, std::size_t size, std::size_t count, void* to) {
  static_cast<std::string*>(to)->append(bytes, size * count);
  return size * count;
}

// 64-bit numbers are strings in etcd's JSON, and zero is left out.
std::uint64_t number(const rapidjson::Value& object, const char* name) {
  const auto found = object.FindMember(name);
  if (found == object.MemberEnd() || !found->value.IsString()) return 0;
  return std::strtoull(found->value.GetString(), nullptr, 10);
}

struct question {
  uv_work_t work{};
  std::string endpoint;
  int timeout_ms = 0;
  std::optional<member_status> heard;
  std::function<void(const std::optional<member_status>&)> told;
};

}  // namespace

test::answer ask(const std::string& url, const std::string& body, int timeout_ms) {
  const std::unique_ptr<CURL, void (*)(CURL*)> easy(curl_easy_init(), curl_easy_cleanup);
  test::answer got;
  curl_easy_setopt(easy.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy.get(), CURLOPT_PROXY, "");
  curl_easy_setopt(easy.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy.get(), CURLOPT_TIMEOUT_MS, static_cast<long>(timeout_ms));
  curl_easy_setopt(easy.get(), CURLOPT_WRITEFUNCTION, append);
  curl_easy_setopt(easy.get(), CURLOPT_WRITEDATA, &got.body);
  if (!body.empty()) curl_easy_setopt(easy.get(), CURLOPT_POSTFIELDS, body.c_str());
  if (curl_easy_perform(easy.get()) != CURLE_OK) return {};
  curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &got.status);
  return got;
}

std::string ask_version(const std::string& endpoint, int timeout_ms) {
  const test::answer got = ask(endpoint + "/version", "", timeout_ms);
  rapidjson::Document parsed;
  if (got.status != 200 || parsed.Parse(got.body.c_str()).HasParseError() || !parsed.IsObject())
    return "";
  const auto version = parsed.FindMember("etcdserver");
  return version != parsed.MemberEnd() && version->value.IsString() ? version->value.GetString()
                                                                    : "";
}

std::optional<member_status> ask_status(const std::string& endpoint, int timeout_ms) {
  const test::answer got = ask(endpoint + "/v3/maintenance/status", "{}", timeout_ms);
  rapidjson::Document parsed;
  if (got.status != 200 || parsed.Parse(got.body.c_str()).HasParseError() || !parsed.IsObject())
    return std::nullopt;
  const auto header = parsed.FindMember("header");
  if (header == parsed.MemberEnd() || !header->value.IsObject()) return std::nullopt;
  return member_status{number(header->value, "member_id"), number(parsed, "leader"),
                       static_cast<std::int64_t>(number(parsed, "raftTerm"))};
}

void ask_status(uv_loop_t* loop, const std::string& endpoint, int timeout_ms,
                std::function<void(const std::optional<member_status>&)> told) {
  auto* asked = new question;
  asked->work.data = asked;
  asked->endpoint = endpoint;
  asked->timeout_ms = timeout_ms;
  asked->told = std::move(told);
  const auto on_thread = [](uv_work_t* work) {
    auto* mine = static_cast<question*>(work->data);
    mine->heard = ask_status(mine->endpoint, mine->timeout_ms);
  };
  const auto on_loop = [](uv_work_t* work, int) {
    const std::unique_ptr<question> mine(static_cast<question*>(work->data));
    mine->told(mine->heard);
  };
  uv_queue_work(loop, &asked->work, on_thread, on_loop);
}

}  // namespace tenure::chaos
