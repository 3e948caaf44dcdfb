/** oclif's hook for a command that does not exist. */
import { Errors, type Hook } from '@oclif/core';

const commandNotFound: Hook.CommandNotFound = async ({ id, config }) => {
  const { nearestName } = await import('@adfw/core');
  const nearest = nearestName(id, config.commandIDs);
  const hint = nearest === undefined ? '' : ` Did you mean adfw ${nearest}?`;
  throw new Errors.CLIError(
    `There is no command "${id}"; there are ${config.commandIDs.toSorted().join(', ')}.${hint}`,
    { exit: 2 },
  );
};
export default commandNotFound;
