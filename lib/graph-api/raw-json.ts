// Not in TypeScript's library yet; Node has had it since version 21.
const { rawJSON } = JSON as unknown as { rawJSON: (text: string) => object }

/** A number that JSON.stringify writes digit by digit: session ids go up to 2^63, beyond a JavaScript number. */
export function rawJson(digits: string): object {
  return rawJSON(digits)
}
