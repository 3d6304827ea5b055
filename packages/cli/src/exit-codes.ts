// The exit codes of every `saidao` command.
export const EXIT = {
  ok: 0,
  /** Not what was asked: a fault, a failed check, a sample that ended otherwise. */
  failed: 1,
  /** The command line itself makes no sense. */
  usage: 2,
  /** Ctrl-C before the work was done. */
  interrupted: 130,
} as const;

export const EXIT_CODES_HELP = `
Exit codes:
  0    done
  1    not done: a fault, a failed check, or a sample that did not end as expected
  2    the command line makes no sense
  130  interrupted before the work was done`;
