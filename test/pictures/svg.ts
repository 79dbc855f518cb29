/** Text inside an element or an attribute. */
export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

const LIGHT = { back: '#ffffff', fore: '#1f2328', line: '#d0d7de', dim: '#59636e' }
const DARK = { back: '#0d1117', fore: '#e6edf3', line: '#3d444d', dim: '#9198a1' }
const LIGHT_INKS = {
  red: '#cf222e',
  green: '#1a7f37',
  yellow: '#9a6700',
  blue: '#0969da',
  magenta: '#8250df',
  cyan: '#1b7c83',
}
const DARK_INKS = {
  red: '#ff7b72',
  green: '#3fb950',
  yellow: '#d29922',
  blue: '#4493f8',
  magenta: '#bc8cff',
  cyan: '#39c5cf',
}

/** A picture with a frame, in the colours that its viewer has: classes `dim`, `red` and so on, `bold`, `line`. */
export function picture(size: { width: number; height: number }, label: string, content: readonly string[]): string {
  const { width, height } = size
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(label)}">`,
    `<style>${styles(LIGHT, LIGHT_INKS)}@media(prefers-color-scheme:dark){${styles(DARK, DARK_INKS)}}.bold{font-weight:700}text{white-space:pre}</style>`,
    `<rect class="frame" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8"/>`,
    ...content,
    '</svg>\n',
  ].join('\n')
}

function styles({ back, fore, line, dim }: typeof LIGHT, inks: typeof LIGHT_INKS): string {
  const texts = Object.entries({ ...inks, dim }).map(([name, colour]) => `.${name}{fill:${colour}}`)
  return `text{fill:${fore}}.frame{fill:${back};stroke:${line}}.line{fill:none;stroke:${line}}${texts.join('')}`
}
