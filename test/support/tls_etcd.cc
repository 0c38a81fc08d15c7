#include "test/support/tls_etcd.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include "test/support/etcd.hpp"
#include "test/support/wait.hpp"

namespace tenure::test {

std::string file_text(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

tls_etcd::tls_etcd(const certificates& asked) : asked_(asked), port_(free_port()) {
  char made[] = "/tmp/tls_etcd_XXXXXX";
  if (mkdtemp(made) == nullptr) give_up("no temporary directory");
  directory_ = made;
  const std::string script =
      "cd " + directory_ +
      " && exec 2>/dev/null && set -e\n"
      "new() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out $1.key; }\n"
      "new ca; openssl req -x509 -new -key ca.key -subj /CN=ca -days 2 -out ca.pem\n"
      "new other; openssl req -x509 -new -key other.key -subj /CN=other -days 2 -out other.pem\n"
      "sign() { new $1; openssl req -new -key $1.key -subj $2 -out $1.csr\n"
      "  printf \"extendedKeyUsage=$3\\n$4\" >$1.ext\n"
      "  openssl x509 -req -in $1.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile "
      "$1.ext -out $1.pem; }\n"
      "sign server " +
      asked.server_subject + " " + asked.server_usage +
      (asked.server_names.empty() ? "" : " subjectAltName=" + asked.server_names) +
      "\n"
      "sign client " +
      asked.client_subject + " clientAuth; sign root /CN=root clientAuth\n";
  if (std::system(script.c_str()) != 0) give_up("openssl makes no certificates");
  start();
}

tls_etcd::~tls_etcd() {
  kill();
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

void tls_etcd::kill() { (void)member_->kill(); }

void tls_etcd::sign(const std::string& name, const std::string& by, int seconds) const {
  const std::string script =
      "cd " + directory_ + " && exec 2>>log && set -e; n=" + name + " by=" + by +
      "\n"
      "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out $n.key\n"
      "openssl req -new -key $n.key -subj /O=server -out $n.csr\n"
      "printf 'extendedKeyUsage=" +
      asked_.server_usage + "\n" +
      (asked_.server_names.empty() ? "" : "subjectAltName=" + asked_.server_names) +
      "\n' >$n.ext\n"
      "mkdir -p db; : >db/index; echo 'unique_subject=no' >db/index.attr; openssl rand -hex 8 "
      ">db/serial\n"
      "printf '[ca]\ndefault_ca=d\n[d]\ndir=db\ndatabase=db/index\nserial=db/serial\n"
      "new_certs_dir=db\ndefault_md=sha256\npolicy=p\n[p]\norganizationName=optional\n' >ca.cnf\n"
      "openssl ca -batch -config ca.cnf -cert $by.pem -keyfile $by.key -in $n.csr -out $n.pem "
      "-extfile $n.ext -notext -startdate $(date -u -d '-1 hour' +%Y%m%d%H%M%SZ) "
      "-enddate $(date -u -d '+" +
      std::to_string(seconds) + " seconds' +%Y%m%d%H%M%SZ)\n";
  if (std::system(script.c_str()) != 0) give_up("openssl signs nothing: " + file_text(file("log")));
}

void tls_etcd::replace(const std::string& name, const std::string& by) const {
  const std::string fresh = file(name + ".new");
  std::filesystem::copy_file(file(by), fresh, std::filesystem::copy_options::overwrite_existing);
  std::filesystem::rename(fresh, file(name));
}

void tls_etcd::start(const std::string& client_ca) {
  const std::string peers = "http://127.0.0.1:" + std::to_string(free_port());
  const char* const other = std::getenv("ETCD");
  member_ = std::make_unique<process>(std::vector<std::string>{
      other != nullptr ? other : "etcd", "--data-dir=" + file("data"),
      "--listen-client-urls=" + endpoint(), "--advertise-client-urls=" + endpoint(),
      "--listen-peer-urls=" + peers, "--initial-advertise-peer-urls=" + peers,
      "--initial-cluster=default=" + peers, "--client-cert-auth",
      "--trusted-ca-file=" + file(client_ca), "--cert-file=" + file("server.pem"),
      "--key-file=" + file("server.key")});
}

void tls_etcd::etcdctl(const std::vector<std::string>& arguments) const {
  const char* const other = std::getenv("ETCDCTL");
  std::vector<std::string> argv{other != nullptr ? other : "etcdctl",
                                "--endpoints=" + endpoint(),
                                "--cacert=" + file("ca.pem"),
                                "--cert=" + file("root.pem"),
                                "--key=" + file("root.key"),
                                "--dial-timeout=30s",
                                "--command-timeout=30s"};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  process run(argv, {"ETCDCTL_API=3"});
  const std::string output = run.rest();
  if (!(run.wait() == ending{0, 0})) give_up("etcdctl failed: " + output + run.errors());
}

}  // namespace tenure::test
