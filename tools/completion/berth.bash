# SPDX-License-Identifier: BSD-2-Clause
# bash completion of berth(1), which knows itself what may stand where: `berth --complete`. `make install` puts it to
# bash-completion/completions/berth.

_berth() {
	local i word words=() cur=${COMP_WORDS[COMP_CWORD]}
	COMPREPLY=()
	# readline has --name=VALUE as three words; to the command they are two.
	for ((i = 1; i <= COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		if [ "$word" != = ]; then
			words+=("$word")
		elif [ "$i" -eq "$COMP_CWORD" ]; then
			words+=('')
			cur=
		fi
	done
	while IFS= read -r word; do
		word=${word%%$'\t'*}
		case "$word" in
		:files)
			compopt -o filenames
			mapfile -t COMPREPLY < <(compgen -f -- "$cur")
			;;
		:directories)
			compopt -o filenames
			mapfile -t COMPREPLY < <(compgen -d -- "$cur")
			;;
		"$cur"*) COMPREPLY+=("$word") ;;
		esac
	done < <("${COMP_WORDS[0]}" --complete "${words[@]}" 2>/dev/null)
}
complete -F _berth berth
