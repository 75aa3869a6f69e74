/** How much slower than usual the program under test may be: sanitizers cost their time. */
export const kPatience = Number(process.env.RINGBACK_PATIENCE || (/\/(a|t)san\//.test(`${process.env.RINGBACK_BINARY} ${process.env.ROOM_TEST_SERVER}`) ? 4 : 1));

/** Asks `probe` again and again until it gives something other than undefined, null or false. */
export async function eventually(what, timeout, probe) {
  const deadline = performance.now() + timeout * kPatience;
  for (;;) {
    const result = await probe();
    if (result !== undefined && result !== null && result !== false) return result;
    if (performance.now() > deadline) throw new Error(`waited ${timeout * kPatience} ms for ${what}`);
    await pause(25);
  }
}

export function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
