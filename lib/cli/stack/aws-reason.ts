import { OutOfReach } from '../wrong-use.ts'

/** An error of the AWS SDK as OutOfReach, with what to do; any other as it is. */
export function reachError(error: unknown): unknown {
  // Errors of the SDK carry what it knows of the call, except those of missing credentials.
  const isOfSdk = error instanceof Error && ('$metadata' in error || error.name === 'CredentialsProviderError')
  if (!isOfSdk) return error
  // Only what runs on this machine refuses a connection.
  if ('code' in error && error.code === 'ECONNREFUSED')
    return new OutOfReach('The local stack has stopped.\nStart it again: npm start')
  return new OutOfReach(`AWS did not do it: ${awsReason(error)}`)
}

const SIGN_IN_AGAIN = 'Sign in again, such as with: aws sso login'
const UNKNOWN_KEYS = 'AWS does not take these credentials. Whose they are: aws sts get-caller-identity'
const LATER = 'AWS limits the calls just now: repeat the command in a minute.'
const NOT_FOUND = 'Is there such a region, and is this machine online?'

/** What to do about an error of AWS, of its SDK, or of the network. */
const NEXT: Readonly<Record<string, string>> = {
  CredentialsProviderError: 'Sign in first, such as with: aws sso login',
  ExpiredToken: SIGN_IN_AGAIN,
  ExpiredTokenException: SIGN_IN_AGAIN,
  InvalidClientTokenId: UNKNOWN_KEYS,
  UnrecognizedClientException: UNKNOWN_KEYS,
  SignatureDoesNotMatch: UNKNOWN_KEYS,
  ValidationError: 'Name a stack that is there (aws cloudformation list-stacks), or its region: --region eu-central-1',
  AccessDenied: 'Your AWS role needs the permission for it.',
  AccessDeniedException: 'Your AWS role needs the permission for it.',
  Throttling: LATER,
  ThrottlingException: LATER,
  ThrottledException: LATER,
  RequestLimitExceeded: LATER,
  ENOTFOUND: NOT_FOUND,
  EAI_AGAIN: NOT_FOUND,
}

/** What AWS or its SDK says about a failed call, and what to do. */
export function awsReason(error: unknown): string {
  if (isOfSomebodyElse(error))
    return 'What answered is not AWS.\nIs there a proxy between, which wants you to sign in? Or another AWS_ENDPOINT_URL?'
  const { name, message } = error instanceof Error ? error : { name: 'unknown', message: String(error) }
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const isRegion = message.includes('Region is missing')
  const isDeleted = message.includes('marked for deletion')
  const advice = isRegion
    ? 'Say where it is: --region eu-central-1'
    : isDeleted
      ? 'Take its deletion back: aws secretsmanager restore-secret --secret-id NAME'
      : (NEXT[name] ?? NEXT[code])
  return `${name}: ${message}${advice === undefined ? '' : `\n${advice}`}`
}

/** The SDK could not read the answer, such as a page of a proxy. */
function isOfSomebodyElse(error: unknown): boolean {
  return error instanceof Error && (error.message.includes('Deserialization error') || error.name === 'Unknown')
}
