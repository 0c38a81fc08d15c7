// An etcd that knows users, and whose passwords and tokens can be changed under a test.
#pragma once

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <cstdlib>
#include <string>

#include "test/support/etcd.hpp"
#include "test/support/instance.hpp"

namespace tenure::test {

// Users on: root, and `service`, who may touch the keys of `app/` and no others.
inline void with_users(const etcd& store, const std::string& password) {
  store.etcdctl({"user", "add", "root:hunter2"});
  store.etcdctl({"user", "grant-role", "root", "root"});
  store.etcdctl({"user", "add", "service:" + password});
  store.etcdctl({"role", "add", "app"});
  store.etcdctl({"role", "grant-permission", "app", "--prefix=true", "readwrite", "app/"});
  store.etcdctl({"user", "grant-role", "service", "app"});
  store.etcdctl({"auth", "enable"});
}

inline void change_password(const etcd& store, const std::string& to) {
  const char* const script =
      "echo \"$1\" | ${ETCDCTL:-etcdctl} --endpoints \"$0\" --user root:hunter2 user passwd "
      "service --interactive=false";
  process run({"sh", "-c", script, store.endpoint(), to}, {"ETCDCTL_API=3"});
  cr_assert(run.wait() == (ending{0, 0}));
}

// etcd starts anew, and signs its tokens: they say when they end.
inline void sign_tokens(etcd& store, const std::string& life) {
  const std::string key = store.data_dir() + "/jwt";  // gone with the store
  process made(
      {"sh", "-c",
       "openssl genrsa -out \"$0.key\" 2048 && openssl rsa -in \"$0.key\" -pubout -out \"$0.pub\"",
       key});
  cr_assert(made.wait() == (ending{0, 0}), "%s", made.errors().c_str());
  const std::string tokens =
      "jwt,pub-key=" + key + ".pub,priv-key=" + key + ".key,sign-method=RS256,ttl=" + life;
  setenv("ETCD_AUTH_TOKEN", tokens.c_str(), 1);
  store.restart();
}

}  // namespace tenure::test
