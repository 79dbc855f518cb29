/** What a new secret holds until somebody puts a token in it: its destination is paused, and Meta is not called. */
export const PAUSED_TOKEN = 'not-set'
