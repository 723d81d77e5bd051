# fish completion for varvol; as ~/.config/fish/completions/varvol.fish fish finds it by itself
function __varvol_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l lines ($words[1] __complete -- $words[2..-1] 2>/dev/null </dev/null)
    if test "$lines" = :files
        __fish_complete_path (commandline -ct)
    else
        printf '%s\n' $lines
    end
end
complete -c varvol -f -a '(__varvol_complete)'
