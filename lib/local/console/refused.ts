/** What a person asked for, and cannot have: told as 400, or with another status. */
export type Refused = { refused: string; status?: number }
