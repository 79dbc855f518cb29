/** What a destination authenticates with; the app secret only when its app asks for proofs. */
export type AccessToken = { accessToken: string; appSecret: string | undefined }

export type TokenReading =
  { ok: true; token: AccessToken } | { ok: false; reason: 'token_not_set' | 'token_unreadable' }

/** A destination's access token, from a cached secret. */
export type TokenSource = {
  get: () => Promise<TokenReading>
  /** Reads the secret again, for a token that Meta has just refused. */
  refresh: () => Promise<TokenReading>
}
