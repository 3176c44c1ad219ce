/** What completion needs to know of a command. */
export interface CompletedCommand {
  readonly name: string;
  readonly description: string;
  /** Long forms, `--parallelism` … */
  readonly options: readonly string[];
}

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

const quote = (text: string): string => text.replaceAll("'", "'\\''");

const bash = (commands: readonly CompletedCommand[]): string => {
  const cases = commands.map(({ name, options }) => `    ${name}) words='${options.join(' ')}' ;;`);
  return `# Put this into ~/.bashrc: source <(millrace completion bash)
_millrace() {
  local current="\${COMP_WORDS[COMP_CWORD]}" words
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
  esac
  if [ "$COMP_CWORD" -eq 1 ]; then words='${commands.map(({ name }) => name).join(' ')}'; fi
  if [ "$COMP_CWORD" -eq 1 ] || [[ "$current" == -* ]]; then
    COMPREPLY=($(compgen -W "$words" -- "$current"))
  else
    local IFS=$'\\n'
    COMPREPLY=($(compgen -f -- "$current"))
  fi
}
complete -o filenames -F _millrace millrace
`;
};

const zsh = (commands: readonly CompletedCommand[]): string => {
  const described = commands.map(({ name, description }) => `    '${name}:${quote(description)}'`);
  const cases = commands.map(({ name, options }) => `    ${name}) compadd -- ${options.join(' ')} ;;`);
  return `#compdef millrace
# Put this into ~/.zshrc: source <(millrace completion zsh)
_millrace() {
  local -a commands=(
${described.join('\n')}
  )
  if (( CURRENT == 2 )); then _describe command commands; return; fi
  if [[ "$PREFIX" != -* ]]; then _files; return; fi
  case "$words[2]" in
${cases.join('\n')}
  esac
}
compdef _millrace millrace
`;
};

const fish = (commands: readonly CompletedCommand[]): string => {
  const lines = commands.flatMap(({ name, description, options }) => [
    `complete -c millrace -n __fish_use_subcommand -a ${name} -d '${quote(description)}'`,
    ...options.map(
      (option) => `complete -c millrace -n '__fish_seen_subcommand_from ${name}' -l ${option.slice(2)}`,
    ),
  ]);
  return `# Put this into ~/.config/fish/config.fish: millrace completion fish | source\n${lines.join('\n')}\n`;
};

/** The completion script of a shell. Pure. */
export const completionScript = (shell: Shell, commands: readonly CompletedCommand[]): string =>
  ({ bash, zsh, fish })[shell](commands);
