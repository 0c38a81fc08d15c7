#include "session/kept_files.hpp"

#include <utility>

#include "base/fork_guard.hpp"
#include "base/guarded.hpp"
#include "base/secret.hpp"
#include "net/pem.hpp"
#include "net/tls.hpp"

namespace tenure::detail {

struct kept_files::trampoline {
  static void due(uv_timer_t* handle) noexcept { static_cast<kept_files*>(handle->data)->again(); }

  static void work(uv_work_t* request) noexcept {
    look& its = static_cast<kept_files*>(request->data)->look_;
    // Without memory for it the next one does it.
    (void)guarded([&its]() -> error { return its.run(); });
  }

  static void worked(uv_work_t* request, int) noexcept {
    auto* self = static_cast<kept_files*>(request->data);
    self->looking_ = false;
    if (self->closing_) return self->close_step();
    self->take_(std::exchange(self->look_.found, {}));
  }

  static void timer_closed(uv_handle_t* handle) noexcept {
    auto* self = static_cast<kept_files*>(handle->data);
    self->timer_gone_ = true;
    self->close_step();
  }
};

error read_tls_files(kept_names& from, net::tls_material& out) {
  error e = net::read_pem("tls.ca_file", from.ca.path, out.ca, from.ca.stamp);
  if (!e) e = net::read_pem("tls.cert_file", from.cert.path, out.cert, from.cert.stamp);
  if (!e) e = net::read_pem("tls.key_file", from.key.path, out.key, from.key.stamp);
  return e;
}

error read_password(kept_file& from, std::string& out) {
  if (from.path.empty()) return {};
  constexpr std::size_t longest = 4096;
  std::string wrong = read_small_file(from.path, longest, out, from.stamp);
  // Editors end a file with a line feed, which is not part of the password.
  if (!out.empty() && out.back() == '\n') out.pop_back();
  if (!out.empty() && out.back() == '\r') out.pop_back();
  if (wrong.empty() && out.empty()) wrong = "is empty: it must hold the password";
  if (wrong.empty()) return {};
  wipe(out);
  return {errc::invalid_argument, "auth.password_file " + from.path + " " + wrong, 0};
}

void kept_files::open(uv_loop_t* loop, kept_names names, std::uint32_t life, taker take) {
  look_.names = std::move(names);
  life_ = life;
  take_ = std::move(take);
  uv_timer_init(loop, &timer_);
  timer_.data = work_.data = this;
  open_ = true;
  uv_timer_start(&timer_, &trampoline::due, interval_ms, interval_ms);
}

void kept_files::again() {
  // A forked child has no threads of its parent's, and needs no certificates.
  if (looking_ || !fork_guard::still(life_)) return;
  looking_ = uv_queue_work(timer_.loop, &work_, &trampoline::work, &trampoline::worked) == 0;
}

// Programs write one file after the other. So what cannot be used is looked at once more before it
// counts as broken.
void kept_files::look::look_at_tls() {
  std::vector<file_stamp> now;
  bool same = true;
  for (const kept_file* each : {&names.ca, &names.cert, &names.key}) {
    now.push_back(each->path.empty() ? file_stamp() : look_at_file(each->path));
    same = same && (each->path.empty() || now.back() == each->stamp);
  }
  if (same) return;
  net::tls_material texts;
  kept_names fresh = names;
  error wrong = read_tls_files(fresh, texts);
  if (!wrong) wrong = net::check_tls(texts);
  if (!wrong) wrong = net::tls_set::make(texts, found.tls);
  if (!wrong || now == doubtful) {
    names.ca.stamp = now[0];
    names.cert.stamp = now[1];
    names.key.stamp = now[2];
    doubtful.clear();
  } else {
    doubtful = std::move(now);
    return;
  }
  if (!wrong) {
    names = std::move(fresh);
    return;
  }
  std::string which;
  for (const kept_file* each : {&names.ca, &names.cert, &names.key}) {
    if (!each->path.empty()) which += (which.empty() ? "" : ", ") + each->path;
  }
  // Not an argument of the caller's any more: nothing ends for it.
  found.broken.push_back({errc::system,
                          "certificates were renewed that cannot be used, so the old ones stay in "
                          "use (" +
                              which + "): " + wrong.message,
                          0});
}

void kept_files::look::look_at_password() {
  const file_stamp now = look_at_file(names.password.path);
  if (now == names.password.stamp) return;
  kept_file fresh = names.password;
  std::string text;
  const error wrong = read_password(fresh, text);
  if (!wrong) {
    names.password = std::move(fresh);
    found.password = std::move(text);
  } else if (now != std::exchange(doubtful_password, now)) {
    return;
  } else {
    names.password.stamp = now;
    found.broken.push_back({errc::system, wrong.message + "; the old password stays in use", 0});
  }
}

error kept_files::look::run() {
  if (names.tls) look_at_tls();
  if (!names.password.path.empty()) look_at_password();
  return {};
}

void kept_files::close(std::function<void()> closed) {
  if (!open_) return closed();
  closing_ = true;
  closed_ = std::move(closed);
  uv_timer_stop(&timer_);
  uv_close(reinterpret_cast<uv_handle_t*>(&timer_), &trampoline::timer_closed);
}

void kept_files::close_step() {
  if (looking_ || !timer_gone_) return;
  const std::function<void()> closed = std::move(closed_);
  closed();  // may end it
}

}  // namespace tenure::detail
