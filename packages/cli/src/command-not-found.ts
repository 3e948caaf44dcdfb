/** oclif's hook for a command that does not exist. */
import { Errors, type Hook } from '@oclif/core';

const commandNotFound: Hook.CommandNotFound = async ({ id, config }) => {
  const { nearestName } = await import('@adfw/core');
  const names = config.commandIDs.map((command) => command.replaceAll(':', ' '));
  const nearest = nearestName(id.replaceAll(':', ' '), names);
  const hint = nearest === undefined ? '' : ` Did you mean adfw ${nearest}?`;
  throw new Errors.CLIError(
    `There is no command "${id.replaceAll(':', ' ')}"; there are ${names.toSorted().join(', ')}.${hint}`,
    { exit: 2 },
  );
};
export default commandNotFound;
