import { ConfigurationError } from '@adfw/core';

/**
 * The package that knows queues, which is installed only where they are used.
 * @throws ConfigurationError that says how to install it.
 */
export async function queuePackage(): Promise<typeof import('@adfw/queue')> {
  try {
    return await import('@adfw/queue');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'ERR_MODULE_NOT_FOUND' || !message.includes('@adfw/queue')) throw error;
    throw new ConfigurationError(
      'Queues need a package that is not installed: npm install @adfw/queue, beside adfw.',
      [],
      { cause: error },
    );
  }
}
