/** oclif's complaints about a command line, each in a sentence that says what to do. */
import type { Errors } from '@oclif/core';

/** What oclif's parser adds to its errors; the classes themselves are not exported. */
interface ParserDetails {
  parse?: { input?: { context?: { id?: string }; flags?: Record<string, unknown> } };
  /** Flags that do not exist. */
  flags?: readonly string[];
  /** Arguments that are missing, or values that no argument takes. */
  args?: readonly (string | { name: string; description?: string })[];
}

export async function describeUsageError(error: InstanceType<typeof Errors.CLIError>): Promise<string> {
  const { parse, flags = [], args = [] } = error as ParserDetails;
  const command = ['adfw', parse?.input?.context?.id].filter(Boolean).join(' ');
  const complaints =
    flags.length > 0
      ? await Promise.all(flags.map((flag) => unknownFlag(flag, Object.keys(parse?.input?.flags ?? {}))))
      : args.map((arg) =>
          typeof arg === 'string'
            ? `${command} has no use for the argument "${arg}".`
            : `${command} needs ${arg.name.toUpperCase()}: ${arg.description}`,
        );
  const sentence = complaints.length > 0 ? complaints.join(' ') : asSentence(error.message);
  return `${sentence} ${command} --help shows what it takes.`;
}

async function unknownFlag(flag: string, known: readonly string[]): Promise<string> {
  const { nearestName } = await import('@adfw/core');
  const nearest = nearestName(
    flag,
    known.map((name) => `--${name}`),
  );
  return `There is no flag ${flag}.${nearest === undefined ? '' : ` Did you mean ${nearest}?`}`;
}

const asSentence = (message: string): string => {
  const [first = ''] = message.replace('\nSee more help with --help', '').split('\n');
  return /[.?!]$/.test(first) ? first : `${first}.`;
};
