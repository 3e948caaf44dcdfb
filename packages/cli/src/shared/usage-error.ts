/** oclif's complaints about a command line, each in a sentence that says what to do. */
import type { Errors } from '@oclif/core';

/** What oclif's parser adds to its errors; the classes themselves are not exported. */
interface ParserDetails {
  parse?: { input?: { flags?: Record<string, unknown> } };
  /** Flags that do not exist. */
  flags?: readonly string[];
  /** Arguments that are missing, or values that no argument takes. */
  args?: readonly (string | { name: string; description?: string })[];
}

/** @param command which was asked for, where oclif had found one. */
export async function describeUsageError(
  error: InstanceType<typeof Errors.CLIError>,
  command: string | undefined,
): Promise<string> {
  const { parse, flags = [], args = [] } = error as ParserDetails;
  const complaints =
    flags.length > 0
      ? await Promise.all(flags.map((flag) => unknownFlag(flag, Object.keys(parse?.input?.flags ?? {}))))
      : args.map((arg) =>
          typeof arg === 'string'
            ? `Unexpected argument "${arg}".`
            : `${arg.name.toUpperCase()} is missing: ${arg.description}.`,
        );
  const sentence = complaints.length > 0 ? complaints.join(' ') : asSentence(error.message);
  return `${sentence} ${command === undefined ? 'adfw' : `adfw ${command.replaceAll(':', ' ')}`} --help shows what it takes.`;
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
  const [first = ''] = message
    .replace(/^The following errors? occurred:\s*/, '')
    .replace('\nSee more help with --help', '')
    .split('\n');
  return /[.?!]$/.test(first) ? first : `${first}.`;
};
