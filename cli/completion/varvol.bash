# bash completion for varvol; in ~/.local/share/bash-completion/completions/varvol bash finds it by itself
_varvol() {
    local line words=()
    COMPREPLY=()
    words=("${COMP_WORDS[@]:1:COMP_CWORD}")
    while IFS= read -r line; do
        if [ "$line" = :files ]; then
            compopt -o default
        else
            COMPREPLY+=("${line%%$'\t'*}")
        fi
    done < <("${COMP_WORDS[0]}" __complete -- "${words[@]}" 2> /dev/null < /dev/null)
}
complete -F _varvol varvol
