/** Whether everything is tried to the full, which takes minutes: `npm run test:long`. */
export const isLong = process.env.LONG_TESTS === 'yes'

/** How often a property is tried: `npm test` sees soon what breaks often, and CI the rest. */
export function runs(long: number, short = Math.ceil(long / 10)): number {
  return isLong ? long : short
}
