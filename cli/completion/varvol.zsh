#compdef varvol
# zsh completion for varvol; as _varvol in a folder of $fpath zsh finds it by itself
_varvol() {
    local -a lines found
    local line
    lines=("${(@f)$("${words[1]}" __complete -- "${(@)words[2,CURRENT]}" 2> /dev/null < /dev/null)}")
    for line in $lines; do
        if [[ $line == :files ]]; then
            _files
            return
        fi
        found+=("${${line%%$'\t'*}//:/\\:}${${(M)line:#*$'\t'*}:+:${line#*$'\t'}}")
    done
    _describe varvol found
}
if [[ ${funcstack[1]} == _varvol ]]; then
    _varvol "$@"
else
    compdef _varvol varvol
fi
