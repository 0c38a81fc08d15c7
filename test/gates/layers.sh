#!/usr/bin/env bash
# The arrows between the layers, by their includes: layers.sh [ROOT]. One test for each rule.
#   core knows nobody, etcd and net do not know each other, the public headers show none of it; the top level is what it is.
set -uo pipefail
cd "${1:-$(dirname "$0")/../..}" || exit 1

passed=0 failed=0
verdict() { # RULE FINDINGS
  if [ -z "$2" ]; then
    passed=$((passed + 1))
  else
    printf '%s:\n%s\n' "$1" "$2" >&2
    failed=$((failed + 1))
  fi
}

includes() { # DIRECTORY: every include in it, as FILE:LINE:TEXT
  [ ! -d "$1" ] || grep -rnE '^[[:space:]]*#[[:space:]]*include' --include='*.cc' --include='*.hpp' --include='*.h' "$1"
}

# What core may use of the outside world: the language's own types and containers, no clock, no
# randomness, no threads, no files.
std='algorithm|array|cassert|cstddef|cstdint|cstdlib|cstring|deque|functional|initializer_list|iterator|limits|map|memory|new|numeric|optional|queue|set|string|string_view|tuple|type_traits|utility|variant|vector'

verdict 'src/core includes something outside core and the plain parts of std' \
  "$(includes src/core | grep -vE "#[[:space:]]*include[[:space:]]+(\"(core/)?[a-z_]+\.hpp\"|<($std)>)")"
verdict 'src/core includes by a bare name what is not in src/core' \
  "$(includes src/core | grep -oE '"[a-z_]+\.hpp"' | tr -d '"' | sort -u | while read -r each; do
    [ -e "src/core/$each" ] || echo "$each"
  done)"
verdict 'src/etcd includes something of net, core, uv or curl' \
  "$(includes src/etcd | grep -E '["</](net|core)/|<uv\.h>|<uv/|<curl/')"
verdict 'src/net includes something of etcd, core or RapidJSON' \
  "$(includes src/net | grep -E '["</](etcd|core)/|rapidjson')"
verdict 'a public header includes uv, curl, RapidJSON or something that is not public' \
  "$(includes include | grep -E '<uv\.h>|<uv/|curl|rapidjson|"')"
verdict 'the command or an example includes something that is not public' \
  "$({ includes tools; includes examples; } | grep -E '["</](core|etcd|net)/|"src/')"
verdict 'a request to the election or lock service of etcd; the key-value service is enough and safer' \
  "$(grep -rnE '/v3[a-z]*/(election|lock)' src include tools/tenure 2>/dev/null)"
verdict 'something at the top level that does not belong there' \
  "$(find . -mindepth 1 -maxdepth 1 -printf '%P\n' |
    grep -vxE 'Makefile|src|include|test|tools|examples|README\.md|LICENSE|CHANGELOG\.md|\..*|build(-.*)?|compile_commands\.json')"

echo "$passed passed, $failed failed"
[ $failed = 0 ]
