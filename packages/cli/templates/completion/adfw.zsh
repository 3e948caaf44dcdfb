#compdef adfw
# Completion of adfw in zsh: source <(adfw completion zsh), after compinit
_adfw() {
  local line files
  local -a plain unfinished
  for line in "${(@f)$(adfw complete zsh -- "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    case $line in
      '') ;;
      :files) files=1 ;;
      *=$'\t'*) unfinished+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}") ;;
      *) plain+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}") ;;
    esac
  done
  (( $#plain )) && _describe -V adfw plain
  (( $#unfinished )) && _describe -V adfw unfinished -S ''
  [[ -n $files ]] && _files
}
compdef _adfw adfw
