# SPDX-License-Identifier: BSD-2-Clause
# bash completion of berth(1), which knows itself what may stand where: `berth --complete`. `make install` puts it to
# bash-completion/completions/berth.

_berth() {
	local i word rest=$COMP_LINE words=() found=() option= kept
	COMPREPLY=()
	# readline ends words at = and @ too (COMP_WORDBREAKS); what stands together in the line is one word to the command.
	for ((i = 0; i <= COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		if [[ $i -eq 0 || $rest = [[:space:]]* ]]; then
			rest=${rest#"${rest%%[![:space:]]*}"}
			words+=("$word")
		else
			words[-1]+=$word
		fi
		rest=${rest#"$word"}
	done
	# What is offered takes the place of the last of readline's words, and of nothing where that is what ends words.
	kept=${words[-1]}
	[[ -z ${word//[$COMP_WORDBREAKS]/} ]] || kept=${kept%"$word"}
	# To the command --name=VALUE is two words.
	if [[ ${words[-1]} = --*=* ]]; then
		option=${words[-1]%%=*}=
		words[-1]=${words[-1]#*=}
		words=("${words[@]:0:${#words[@]}-1}" "${option%=}" "${words[-1]}")
	fi
	while IFS= read -r word; do
		word=${word%%$'\t'*}
		case "$word" in
		:files)
			compopt -o filenames
			mapfile -t found < <(compgen -f -- "${words[-1]}")
			;;
		:directories)
			compopt -o filenames
			mapfile -t found < <(compgen -d -- "${words[-1]}")
			;;
		"${words[-1]}"*) found+=("$word") ;;
		esac
	done < <("${words[0]}" --complete "${words[@]:1}" 2>/dev/null)
	for word in "${found[@]}"; do
		word=$option$word
		COMPREPLY+=("${word#"$kept"}")
	done
}
complete -F _berth berth
