/**
 * What to do about a failed request:
 * - `retry`: it may pass at once. It is tried again within seconds, then waits.
 * - `wait`: it may pass later. Nothing is tried for the rows, or for the whole `scope`, before `waitSeconds` or the
 *   time that Meta names.
 * - `pause`: a person must act. Everything for this `scope` waits, with a probe now and then. The scope is the
 *   destination if its token, app or API version is the reason, otherwise the audience of the request.
 * - `reject`: it never passes.
 */
export type Verdict = {
  verdict: 'retry' | 'wait' | 'pause' | 'reject'
  scope?: 'destination' | 'audience'
  waitSeconds?: number
  /** The size of the batch or one of its rows may be the reason. Half of it may pass. */
  divisible?: true
  /** Rows whose first failure is older than this are not tried again. */
  rejectAfterSeconds?: number
  /** The text for the operator. */
  advice: string
}

const throttled = (advice: string): Verdict => ({ verdict: 'wait', scope: 'destination', waitSeconds: 300, advice })
const token = (advice: string): Verdict => ({ verdict: 'pause', scope: 'destination', advice })
const app = token
// The audiences of a destination may belong to several ad accounts. So an answer about one says nothing about the
// others.
const audience = (advice: string): Verdict => ({ verdict: 'pause', scope: 'audience', advice })
const permission = audience
const terms = audience
const defect = (advice: string): Verdict => ({ verdict: 'reject', advice })

const RATE_LIMIT = 'Meta limits the calls of this ad account; they go on by themselves. Send fewer, fuller requests.'
const NEW_TOKEN = 'Put a new access token into the secret of this destination.'
const TERMS =
  'A person of the business must accept the custom audience terms: business.facebook.com/ads/manage/customaudiences/tos'

/**
 * The verdict for every code of the users edge, by `code` or `code/sub-code`; the sub-code wins. Sources: Meta's error
 * reference of the Marketing API, Graph API error handling and rate limiting, and the users edge's own list.
 */
export const CODES: Readonly<Record<string, Verdict>> = {
  '1': { verdict: 'retry', advice: 'An unknown error at Meta; it is repeated.' },
  '1/99': {
    verdict: 'retry',
    divisible: true,
    advice: 'An unknown error at Meta, known from requests that are too large.',
  },
  '2': { verdict: 'retry', advice: 'Meta is temporarily unavailable; it is repeated.' },
  '3': app('The app may not use this method: give it the Marketing API product.'),
  '4': throttled('Meta limits the calls of the app; they go on by themselves.'),
  '10': permission('Grant the token the permission ads_management, and its user a role on the ad account.'),
  '17': throttled(RATE_LIMIT),
  '32': throttled(RATE_LIMIT),
  '100': {
    ...defect(
      'Meta calls a parameter invalid: compare userSchema and the settings of the destination with the audience.',
    ),
    divisible: true,
  },
  '100/33': audience(
    'The audience does not exist or the token may not see it: check the id, and assign the ad account to the system user.',
  ),
  '100/1713228': audience(
    'Meta has flagged the audience: appeal in the Audience Manager, or create a new one and map it.',
  ),
  '100/1713230': audience(
    'Meta has blocked uploads to the audience: appeal in the Audience Manager, or create a new one and map it.',
  ),
  '100/1713231': audience('Meta has restricted the audience: change the flagged fields in the Audience Manager.'),
  '102': token(NEW_TOKEN),
  '104': token(
    'The app secret does not fit the token: put {"accessToken": …, "appSecret": …} of the same app into the secret.',
  ),
  '105': defect('Meta counts too many parameters in the request.'),
  '190': token(NEW_TOKEN),
  '190/458': token(
    'The app is no longer installed for the token’s user: install it again and put a new token into the secret.',
  ),
  '190/459': token('The token’s user must log in to Facebook and pass a check; a system user’s token avoids that.'),
  '190/460': token(
    'The token’s user changed the password: put a new token into the secret; a system user’s token avoids that.',
  ),
  '190/463': token('The access token has expired: put a new one into the secret; a system user’s token never expires.'),
  '190/464': token('The token’s user is not confirmed: confirm it, or use a system user’s token.'),
  '190/467': token('The access token is invalid: put a new one into the secret.'),
  '190/492': token('The token’s user lost a role: give it back, or use a system user’s token.'),
  '194': defect('Meta misses a required parameter in the request.'),
  '200': permission(
    'The token may not change this audience: grant ads_management and assign the ad account to its user.',
  ),
  '200/1870034': terms(TERMS),
  '200/1870047': {
    verdict: 'wait',
    waitSeconds: 3600,
    advice: 'The removal would make the audience too small; it waits for the audience to grow.',
  },
  '200/1870050': permission('The ad account belongs to no business: link it to one.'),
  '200/1870090': terms(TERMS),
  '200/1870092': terms('A person of the business must accept the Business Tools terms.'),
  '200–299': permission('The token lacks a permission: grant ads_management, and its user a role on the ad account.'),
  '270': permission('The app’s access level does not allow this ad account: ask for advanced access.'),
  '294': token('Grant the token the permission ads_management.'),
  '341': throttled('Meta limits the calls of the app for a while; they go on by themselves.'),
  '368': {
    verdict: 'wait',
    scope: 'destination',
    waitSeconds: 3600,
    advice: 'Meta blocks the app for its policies for a while; see its Account Quality page.',
  },
  '613': throttled(RATE_LIMIT),
  '803': { verdict: 'retry', advice: 'Meta does not know the audience yet; right after its creation that passes.' },
  '2500': token('Meta could not read the request or its token; check the secret.'),
  '2635': {
    verdict: 'pause',
    scope: 'destination',
    advice: 'The API version has ended: set apiVersion to a current one and deploy.',
  },
  '2650': defect(
    'Meta could not update the audience: it was filled from another data source before. Compare type, subType and userSchema.',
  ),
  '2650/1870145': {
    verdict: 'wait',
    waitSeconds: 300,
    advice: 'Another update of the audience is running; this one follows.',
  },
  '2650/1870148': { verdict: 'retry', advice: 'Something went wrong at Meta; it is repeated.' },
  '2654': permission('The token’s user may not write to the ad account.'),
  '2655': terms(TERMS),
  '2656': defect('The audience cannot be deleted while lookalike audiences depend on it.'),
  '2663': terms(TERMS),
  '2664': terms('The business must accept the corporate custom audience terms.'),
  '5000': { verdict: 'retry', advice: 'An unknown error at Meta; it is repeated.' },
  '80000': throttled(RATE_LIMIT),
  '80001': throttled(RATE_LIMIT),
  '80002': throttled(RATE_LIMIT),
  '80003': throttled(RATE_LIMIT),
  '80004': throttled(RATE_LIMIT),
  '80005': throttled(RATE_LIMIT),
  '80006': throttled(RATE_LIMIT),
  '80008': throttled(RATE_LIMIT),
  '80009': throttled(RATE_LIMIT),
  '80014': throttled(RATE_LIMIT),
  '1487301': audience('The audience is not shared with this ad account: share it, or map another.'),
  '1487366': audience('The audience was deleted: map another, and deploy.'),
}

/** The verdicts for failures without a code of their own. */
export const VERDICTS = {
  /** Meta says that the error is transient, whatever its code. */
  transient: { verdict: 'retry', advice: 'Meta calls the error transient; it is repeated.' },
  unknown: {
    verdict: 'retry',
    rejectAfterSeconds: 3600,
    advice: 'Meta answered with a code that its documentation does not list; it is repeated for an hour.',
  },
  timeout: { verdict: 'retry', divisible: true, advice: 'Meta did not answer within a minute.' },
  network: { verdict: 'retry', advice: 'Meta could not be reached; it is repeated.' },
  page: {
    verdict: 'retry',
    divisible: true,
    advice: 'Meta answered with a page instead of JSON, as it does for requests that are too large.',
  },
} as const satisfies Record<string, Verdict>
