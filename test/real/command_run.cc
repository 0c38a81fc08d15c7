#include "command_run.hpp"

#include <rapidjson/document.h>
#include <rapidjson/error/en.h>

#include <algorithm>
#include <sstream>

#include "test/support/wait.hpp"

namespace tenure::test {
namespace {

// The variables that the command reads are the tests' own.
std::vector<std::string> clean(const std::vector<std::string>& environment) {
  std::vector<std::string> all;
  for (const char* name : {"ENDPOINTS", "USER", "PASSWORD", "CACERT", "CERT", "KEY"}) {
    const std::string empty = std::string("ETCDCTL_") + name + "=";
    const auto given = [&empty](const std::string& one) {
      return one.compare(0, empty.size(), empty) == 0;
    };
    if (std::none_of(environment.begin(), environment.end(), given)) all.push_back(empty);
  }
  all.insert(all.end(), environment.begin(), environment.end());
  return all;
}

std::vector<std::string> with_program(const std::vector<std::string>& arguments) {
  std::vector<std::string> argv{built("tenure")};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return argv;
}

happening parse(const std::string& line) {
  rapidjson::Document object;
  object.Parse<rapidjson::kParseValidateEncodingFlag>(line.data(), line.size());
  if (object.HasParseError() || !object.IsObject()) give_up("this is not a JSON object: " + line);

  happening out;
  for (const auto& member : object.GetObject()) {
    const std::string name = member.name.GetString();
    if (member.value.IsString()) {
      out.texts[name] = std::string(member.value.GetString(), member.value.GetStringLength());
    } else if (member.value.IsInt64()) {
      out.numbers[name] = member.value.GetInt64();
    } else {
      give_up(name + " is neither a string nor an integer: " + line);
    }
  }
  out.event = out.text("event");
  return out;
}

}  // namespace

const std::string& happening::text(const std::string& name) const {
  const auto found = texts.find(name);
  if (found == texts.end()) give_up("the event '" + event + "' has no text '" + name + "'");
  return found->second;
}

std::int64_t happening::number(const std::string& name) const {
  const auto found = numbers.find(name);
  if (found == numbers.end()) give_up("the event '" + event + "' has no number '" + name + "'");
  return found->second;
}

command_run::command_run(const std::vector<std::string>& arguments,
                         const std::vector<std::string>& environment)
    : child_(with_program(arguments), clean(environment)) {}

happening command_run::next() {
  const auto line = child_.next_line();
  if (!line) give_up("the command ended without a further event: " + child_.errors());
  return parse(*line);
}

happening command_run::next(const std::string& event) {
  for (;;) {
    happening found = next();
    if (found.event == event) return found;
  }
}

happening command_run::next(const std::string& event, const std::string& name,
                            const std::string& value) {
  for (;;) {
    happening found = next(event);
    const auto text = found.texts.find(name);
    if (text != found.texts.end() && text->second == value) return found;
  }
}

std::vector<happening> command_run::rest() {
  std::vector<happening> all;
  while (const auto line = child_.next_line()) all.push_back(parse(*line));
  return all;
}

std::vector<std::string> campaign(const etcd& store, const std::string& instance,
                                  const std::vector<std::string>& more) {
  std::vector<std::string> all{"campaign", "--endpoints", store.endpoint_list(),
                               "--app",    "app",         "--instance",
                               instance,   "--format",    "json"};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

std::vector<std::string> observe(const etcd& store, const std::vector<std::string>& more) {
  std::vector<std::string> all{"observe",  "--endpoints", store.endpoint_list(), "--app", "app",
                               "--format", "json"};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

std::vector<std::string> queue(const etcd& store, const std::string& prefix) {
  std::istringstream lines(store.etcdctl(
      {"get", "--prefix", prefix, "--keys-only", "--sort-by", "CREATE", "--order", "ASCEND"}));
  std::vector<std::string> keys;
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty()) keys.push_back(line);
  }
  return keys;
}

outcome run_to_end(const std::vector<std::string>& arguments,
                   const std::vector<std::string>& environment) {
  process child(with_program(arguments), clean(environment));
  outcome out;
  out.output = child.rest();
  out.how = child.wait();
  out.errors = child.errors();
  return out;
}

}  // namespace tenure::test
