# Completion of adfw in fish: adfw completion fish | source
function __adfw_complete
    set -l words (commandline -opc) (commandline -ct)
    for line in (adfw complete fish -- $words[2..-1] 2>/dev/null)
        if test "$line" = :files
            __fish_complete_path (commandline -ct)
        else
            echo $line
        end
    end
end
complete -c adfw -f -a '(__adfw_complete)'
