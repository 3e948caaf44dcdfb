/**
 * Keeps web pages away from a server without a token, which trusts whoever reaches it: a page that a browser on this machine shows
 * reaches it too. A page of another origin is refused by the Origin header that browsers send along with its requests. One whose
 * own name was made to point here (DNS rebinding) has the same origin, so requests must name this machine, or a name that was
 * allowed.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { HttpError } from '../http-error.js';
import { namesLoopback } from './loopback.js';

/**
 * @param allowedHosts names under which a proxy makes the server known.
 * @throws HttpError with 421 where the Host is none of these, 403 where a page of another origin asks.
 */
export function refuseForeignPages(headers: IncomingHttpHeaders, allowedHosts: readonly string[]): void {
  const known = (hostname: string) => namesLoopback(hostname) || allowedHosts.includes(hostname);
  const host = hostnameOf(`http://${headers.host ?? ''}`);
  if (host === null || !known(host))
    throw new HttpError(
      421,
      'unknown-host',
      `This server is not known as "${headers.host ?? ''}". Use localhost, or start it with --allowed-host and that name.`,
    );
  const { origin, 'sec-fetch-site': site } = headers;
  // A proxy may change the Host, so an origin need not be equal to it: one page of this machine may ask another.
  const originHost = origin === undefined ? host : hostnameOf(origin);
  if (originHost === null || !known(originHost) || site === 'cross-site')
    throw new HttpError(403, 'foreign-page', 'Pages of other origins may not use this server.');
}

function hostnameOf(url: string): string | null {
  try {
    return new URL(url).hostname;
  } catch {
    return null;
  }
}
