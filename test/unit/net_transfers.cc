#include "net/transfers.hpp"

#include <dlfcn.h>

#include "test/unit/net_world.hpp"

using namespace tenure;
using namespace tenure::test;
using net::delivery;

namespace {

CURLM* last_multi = nullptr;

}  // namespace

// In the place of libcurl's: the transport does not say which one it uses.
extern "C" __attribute__((visibility("default"))) CURLM* curl_multi_init() {
  static const auto real = reinterpret_cast<CURLM* (*)()>(dlsym(RTLD_NEXT, "curl_multi_init"));
  return last_multi = real();
}

namespace {

struct nothing final : net::transfer {
  void ended(CURLcode) override {}
  void no_longer_watched() override {}
  void read_more(int) override {}
};

constexpr int fd = 7;

// Two of ours, and one that libcurl or the host made.
struct handles {
  CURL* ours = curl_easy_init();
  CURL* next = curl_easy_init();
  CURL* foreign = curl_easy_init();
  nothing its;
  net::transfers table;

  handles() {
    table.add(ours, its);
    table.add(next, its);
  }
  ~handles() {
    for (CURL* each : {ours, next, foreign}) curl_easy_cleanup(each);
  }
};

}  // namespace

Test(net_transfers, a_foreign_handle_is_nobody) {
  handles h;
  cr_assert(h.table.find(h.ours) == &h.its);
  cr_assert(h.table.find(h.foreign) == nullptr);
  cr_assert(h.table.find(nullptr) == nullptr);
  cr_assert(h.table.watched(fd, h.foreign) == nullptr);
  cr_assert(h.table.watched(fd, nullptr) == nullptr);
}

Test(net_transfers, a_socket_is_whose_it_was_watched_for_whoever_lets_it_go) {
  handles h;
  cr_assert(h.table.watched(fd, h.ours) == nullptr);
  cr_assert(h.table.watched(fd, h.ours) == nullptr);    // for other events
  cr_assert(h.table.watched(fd, h.foreign) == h.ours);  // to close it in peace
  cr_assert(h.table.watched(fd, nullptr) == nullptr);   // closed
  cr_assert(h.table.watched(fd, h.next) == nullptr);    // the number of a new socket
  cr_assert(h.table.watched(fd, nullptr) == h.next);
}

Test(net_transfers, what_was_removed_is_not_told_of_its_sockets) {
  handles h;
  cr_assert(h.table.watched(fd, h.ours) == nullptr);
  cr_assert(h.table.watched(fd + 1, h.ours) == nullptr);
  h.table.remove(h.ours);
  cr_assert(h.table.find(h.ours) == nullptr);
  cr_assert(h.table.watched(fd, h.next) == nullptr);
  cr_assert(h.table.watched(fd + 1, nullptr) == nullptr);
}

Test(net_transfers, a_foreign_handle_in_our_midst_is_carried_and_nobody_is_told) {
  for (const bool reset : {false, true}) {
    world w;
    w.answer_all();
    w.open();
    w.ask();
    w.server->on_request = [reset](peer& p, const http_request&) { reset ? p.reset() : p.close(); };
    CURL* foreign = curl_easy_init();
    curl_easy_setopt(foreign, CURLOPT_URL, w.server->url().c_str());
    curl_easy_setopt(foreign, CURLOPT_FRESH_CONNECT, 1L);
    cr_assert(eq(int, curl_multi_add_handle(last_multi, foreign), CURLM_OK));
    w.until([&] { return w.server->requests().size() == 2 && !w.server->at(1).open(); });
    w.answer_all();
    cr_assert(eq(type(delivery), w.ask().delivery, delivery::answered));
    cr_assert(eq(sz, w.heard.replies.size(), 2));
    curl_multi_remove_handle(last_multi, foreign);
    curl_easy_cleanup(foreign);
    w.finish();
  }
}
