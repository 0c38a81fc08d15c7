// The one mark that makes a symbol part of the shared library's interface.
#ifndef TENURE_EXPORT_HPP
#define TENURE_EXPORT_HPP

#if defined(__GNUC__) || defined(__clang__)
#define TENURE_API __attribute__((visibility("default")))
#else
#define TENURE_API
#endif

#endif
