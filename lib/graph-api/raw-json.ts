// TypeScript's library does not have it yet; Node has it since version 21.
const { rawJSON } = JSON as unknown as { rawJSON: (text: string) => object }

/**
 * A number that JSON.stringify writes digit by digit. Session ids go up to 2^63, which a JavaScript number cannot hold.
 */
export function rawJson(digits: string): object {
  return rawJSON(digits)
}
