# SPDX-License-Identifier: BSD-2-Clause
# What scripts that print TAP share: bash reads it, with $prefix set.
number=0
failed=0
result() { # SENTENCE, problems on standard input
	number=$((number + 1))
	problems=$(cat)
	if [ -z "$problems" ]; then
		echo "ok $number - $prefix$1"
	else
		echo "not ok $number - $prefix$1"
		head -n 40 <<<"$problems" | sed 's/^/# /'
		failed=1
	fi
}

quietly() { # COMMAND...: what it says is said where it fails
	"$@" >/log 2>&1 || { tail -n 20 /log; echo "failed: $*"; }
}
