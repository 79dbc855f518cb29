/**
 * Replaces the AWS SDK's default credential chain when the functions are bundled. Lambda hands a role's credentials
 * over as variables. The chain's other links (profiles, SSO, metadata services) would be a fifth of a bundle that is
 * read at every cold start.
 */
export function defaultProvider() {
  const { AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '', AWS_SESSION_TOKEN } = process.env
  const credentials = {
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    ...(AWS_SESSION_TOKEN !== undefined && { sessionToken: AWS_SESSION_TOKEN }),
  }
  return () => Promise.resolve(credentials)
}
