// All of tenure: leader election for single-threaded, event-driven servers.
#ifndef TENURE_TENURE_HPP
#define TENURE_TENURE_HPP

#include <tenure/version.h>
#include <tenure/candidate.hpp>
#include <tenure/directory.hpp>
#include <tenure/error.hpp>
#include <tenure/job_runner.hpp>
#include <tenure/log.hpp>
#include <tenure/observer.hpp>
#include <tenure/options.hpp>
#include <tenure/session.hpp>
#include <tenure/stats.hpp>
#include <tenure/token.hpp>

#endif
