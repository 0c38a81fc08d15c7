#include "net/srv.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace tenure::net {

std::string srv_name(const srv_source& of, bool tls) {
  return std::string("_etcd-client") + (tls ? "-ssl" : "") + (of.name.empty() ? "" : "-") +
         of.name + "._tcp." + of.domain;
}

std::string label(const srv_source& of) {
  return "the SRV records of " + of.domain + (of.name.empty() ? "" : " (" + of.name + ")");
}

std::vector<std::shared_ptr<const endpoint_url>> servers_of(std::vector<srv_record> records,
                                                            bool tls) {
  std::stable_sort(records.begin(), records.end(), [](const srv_record& a, const srv_record& b) {
    return std::tuple(a.priority, b.weight) < std::tuple(b.priority, a.weight);
  });
  std::vector<std::shared_ptr<const endpoint_url>> all;
  for (srv_record& each : records) {
    if (all.size() == most_places) break;
    if (!each.host.empty() && each.host.back() == '.') each.host.pop_back();
    endpoint_url url;
    const std::string text =
        (tls ? "https://" : "http://") + each.host + ":" + std::to_string(each.port);
    if (each.host.empty() || parse_endpoint(text, url)) continue;
    const auto same = [&](const auto& it) { return it->url == url.url; };
    if (std::none_of(all.begin(), all.end(), same))
      all.push_back(std::make_shared<const endpoint_url>(std::move(url)));
  }
  return all;
}

}  // namespace tenure::net
