#include "event_writer.hpp"

#include "checked_json.hpp"

#include <cerrno>

#include "text.hpp"

namespace tenure::tool {
namespace {

using json_writer = rapidjson::Writer<rapidjson::StringBuffer>;

constexpr std::int64_t ns_per_s = 1'000'000'000;

void put(json_writer& out, const char* key, std::int64_t value) {
  out.Key(key);
  out.Int64(value);
}

void put(json_writer& out, const char* key, std::string_view value) {
  const std::string clean = valid_utf8(value);
  out.Key(key);
  out.String(clean.data(), static_cast<rapidjson::SizeType>(clean.size()));
}

}  // namespace

event::event(const char* name, std::string_view shard) : name_(name), shard_(shard) {
  clock_gettime(CLOCK_MONOTONIC, &monotonic_);
  clock_gettime(CLOCK_REALTIME, &wall_);
}

event& event::add(const char* key, std::int64_t number) {
  fields_.emplace_back(key, number);
  return *this;
}

event& event::add(const char* key, std::string_view text) {
  fields_.emplace_back(key, std::string(text));
  return *this;
}

event& event::add(const error& why) {
  if (!why.message.empty()) add("message", why.message);
  if (why) add("code", tenure::name(why.code));
  if (why.etcd_code != 0) add("etcd_code", std::int64_t{why.etcd_code});
  return *this;
}

event leader_event(std::string_view shard, const leader_info& info) {
  event what("leader", shard);
  if (!info) return what.add("leader", std::string_view());
  what.add("leader", info.instance.empty() ? info.value : info.instance);
  return what.add("fencing_token", info.fencing_token).add("key", info.key);
}

event_writer::event_writer(output& to, const settings& chosen, std::function<void(int)> broken)
    : to_(&to),
      format_(chosen.format),
      app_(chosen.session.app),
      instance_(chosen.session.instance),
      broken_(std::move(broken)) {}

void event_writer::write(const event& what) {
  if (to_)
    told(to_->write((format_ == output_format::json ? as_json(what) : as_text(what)) + '\n'));
}

void event_writer::flush() {
  if (to_) told(to_->flush());
}

void event_writer::check() {
  flush();
  if (to_ && to_->abandoned()) told(EPIPE);
}

void event_writer::finish() {
  if (to_) told(to_->finish(reader_patience_ms));
}

void event_writer::told(int error_number) {
  if (error_number == 0) return;
  to_ = nullptr;
  if (broken_) broken_(error_number);
}

std::string event_writer::as_json(const event& what) const {
  rapidjson::StringBuffer buffer;
  json_writer out(buffer);
  out.StartObject();
  put(out, "event", std::string_view(what.name_));
  put(out, "app", app_);
  put(out, "shard", what.shard_);
  put(out, "instance", instance_);
  put(out, "t_ns", what.monotonic_.tv_sec * ns_per_s + what.monotonic_.tv_nsec);
  put(out, "time", rfc3339(what.wall_));
  for (const auto& [key, value] : what.fields_) {
    std::visit([&out, key = key](const auto& held) { put(out, key, held); }, value);
  }
  out.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

std::string event_writer::as_text(const event& what) const {
  std::string line = rfc3339(what.wall_) + ' ' + one_word(instance_) + ' ' +
                     one_word(what.shard_.empty() ? app_ : app_ + '/' + what.shard_) + ' ' +
                     what.name_;
  for (const auto& [key, value] : what.fields_) {
    const auto* text = std::get_if<std::string>(&value);
    line += std::string(" ") + key + '=' +
            (text ? one_word(*text) : std::to_string(std::get<std::int64_t>(value)));
  }
  return line;
}

}  // namespace tenure::tool
