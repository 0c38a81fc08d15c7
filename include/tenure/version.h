/* tenure's version, for C and C++ alike. */
#ifndef TENURE_VERSION_H
#define TENURE_VERSION_H

/* MAJOR.MINOR.PATCH, see https://semver.org; the Makefile reads it from here. */
#define TENURE_VERSION "0.1.0"

#endif
