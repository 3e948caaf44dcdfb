/** Which addresses only this machine can reach. */
import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { ConfigurationError } from '@adfw/core';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');
loopback.addSubnet('::ffff:127.0.0.0', 104, 'ipv6');

const isLoopbackAddress = (address: string): boolean =>
  loopback.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');

/**
 * Whether a server that listens on `host` can be reached from this machine only.
 * @throws ConfigurationError where the name has no address.
 */
export async function listensOnLoopback(host: string): Promise<boolean> {
  if (isIP(host)) return isLoopbackAddress(host);
  const addresses = await lookup(host, { all: true }).catch((error: NodeJS.ErrnoException) => {
    throw new ConfigurationError(
      `The host "${host}" has no address (${error.code}). Give one of this machine, as 127.0.0.1, or 0.0.0.0 for all it has.`,
      [],
      { cause: error },
    );
  });
  return addresses.every(({ address }) => isLoopbackAddress(address));
}

/** Whether a name, as it stands in a URL, always means the machine that asks (RFC 6761 for `localhost`). */
export function namesLoopback(hostname: string): boolean {
  const name = hostname.replace(/^\[|\]$/g, '').toLowerCase();
  if (isIP(name)) return isLoopbackAddress(name);
  return name === 'localhost' || name.endsWith('.localhost');
}
