export const handler = (): Promise<null> => Promise.resolve(null)
