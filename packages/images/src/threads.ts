/** How many images are decoded at once: libuv, whose threads decode, has four unless it was told otherwise before the process began to use them. */
export const DECODED_AT_ONCE = Number(process.env.UV_THREADPOOL_SIZE) || 4;
