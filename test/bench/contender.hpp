// The roles that this program plays when it is started anew to be measured.
#pragma once

#include <string>
#include <vector>

namespace bench {

// ENDPOINT APP INSTANCE ELECTIONS TTL_S [TLS_DIRECTORY]
int contend(const std::vector<std::string>& args);
// ENDPOINT APP INSTANCE JOBS balance|no-balance: a job runner
int run_jobs(const std::vector<std::string>& args);
// Has libcurl and libuv initialised, and does nothing.
int idle();
// ENDPOINT: one lease grant and one transaction on a fresh connection, by libcurl alone.
int grant_and_stand(const std::vector<std::string>& args);

}  // namespace bench
