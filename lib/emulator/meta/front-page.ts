import type { Answer } from './answer.ts'

/** What a browser gets that opens the emulator's address: `page`, or else a few words about what this is. */
export function frontPage(page: string | undefined): Answer {
  if (page !== undefined) return { status: 303, headers: { location: page, 'cache-control': 'no-store' }, body: '' }
  return { status: 200, headers: { 'content-type': 'text/html; charset=utf-8', ...HEADERS }, body: ABOUT }
}

const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
}

const ABOUT = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>Graph API emulator</title>
<h1>Graph API emulator</h1>
<p>A stand-in for Meta’s Graph API on this machine, for tests. It has custom audiences, and nobody’s data leaves it.</p>
<ul>
<li><a href="/_emulator/audiences">Its audiences</a>
<li><a href="/_emulator/requests">The requests it was sent</a>
<li><a href="/_emulator/faults">The faults that are planned</a>
<li><a href="/_emulator/settings">Its settings</a>
</ul>
<p><code>npm start</code> runs it with everything else, and has a page that shows what happens.</p>
</html>
`
