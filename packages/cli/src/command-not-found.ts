/** oclif's hook for a command that does not exist. */
import { Errors, type Hook } from '@oclif/core';

const commandNotFound: Hook.CommandNotFound = async ({ id, config }) => {
  const words = id.split(':');
  // oclif takes the words after a command that has no arguments for a longer name of it.
  const command = config.findCommand(words[0] as string);
  if (command)
    throw Object.assign(new Errors.CLIError(`Unexpected argument "${words[1]}".`, { exit: 2 }), {
      command: command.id,
    });
  const { nearestName } = await import('@adfw/core');
  const name = words.join(' ');
  const names = config.commands.filter(({ hidden }) => !hidden).map(({ id }) => id.replaceAll(':', ' '));
  const nearest = nearestName(name, names);
  const hint = nearest === undefined ? '' : ` Did you mean adfw ${nearest}?`;
  throw new Errors.CLIError(
    `There is no command "${name}"; there are ${names.toSorted().join(', ')}.${hint}`,
    { exit: 2 },
  );
};
export default commandNotFound;
