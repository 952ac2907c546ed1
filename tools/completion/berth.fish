# SPDX-License-Identifier: BSD-2-Clause
# fish completion of berth(1), which knows itself what may stand where: `berth --complete`. `make install` puts it to
# fish/vendor_completions.d/berth.fish.

function __berth_complete
    set -l words (commandline -opc)
    set -l berth $words[1]
    set -e words[1]
    set -l current (commandline -ct)
    set -l option
    # To the command --name=VALUE is two words; what is offered is the whole one.
    if string match -qr -- '^--[^=]+=' $current
        set option (string replace -r -- '=.*' '=' $current)
        set -a words (string replace -- = '' $option)
        set current (string replace -r -- '^[^=]+=' '' $current)
    end
    for line in (command $berth --complete $words "$current" 2>/dev/null)
        switch $line
            case :files
                __fish_complete_path "$current" | string replace -r -- '^' "$option"
            case :directories
                __fish_complete_directories "$current" | string replace -r -- '^' "$option"
            case '*'
                echo "$option$line"
        end
    end
end

complete -c berth -f -a '(__berth_complete)'
