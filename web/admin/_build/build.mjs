// Writes ../static/{slds.css,utility.svg,standard.svg,htmx.min.js}: of the
// Lightning Design System only what the templates use. The output is committed,
// so that building the program needs no Node.
import { copyFileSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PurgeCSS } from 'purgecss';

const here = dirname(fileURLToPath(import.meta.url));
const modules = join(here, 'node_modules');
const slds = join(modules, '@salesforce-ux/design-system/assets');
const panel = join(here, '..');
const out = (name) => join(panel, 'static', name);

const templates = readdirSync(join(panel, 'templates')).map((name) => join(panel, 'templates', name));
const sources = [...templates, out('panel.js')];
const source = sources.map((file) => readFileSync(file, 'utf8')).join('\n');

await styles();
icons('utility');
icons('standard');
copyFileSync(join(modules, 'htmx.org/dist/htmx.min.js'), out('htmx.min.js'));

// The templates hold every class in one piece, never put together.
async function styles() {
  const [{ css }] = await new PurgeCSS().purge({
    content: sources,
    css: [join(slds, 'styles/salesforce-lightning-design-system.min.css')],
    // A hyphen, underscore, letter or digit: no class of ours holds anything else.
    defaultExtractor: (text) => text.match(/[A-Za-z0-9_-]+/g) ?? [],
    safelist: { standard: [':root'] },
    variables: true, keyframes: true, fontFace: true,
  });
  const clean = css
    // The policy lets no data: URL in, and nothing else is in static.
    .replace(/[^{};]*url\([^;}]*\)[^;}]*;?/g, '')
    .replace(/[^{}]+\{\}/g, '');
  writeFileSync(out('slds.css'), `${clean}\n`);
  console.log('slds.css', clean.length, 'bytes');
}

// Symbols are copied unchanged, as their licence demands.
function icons(sprite) {
  const file = readFileSync(join(slds, `icons/${sprite}-sprite/svg/symbols.svg`), 'utf8');
  const used = new Set([...source.matchAll(new RegExp(`icon "${sprite}" "(\\w+)"`, 'g'))].map((m) => m[1]));
  for (const m of source.matchAll(new RegExp(`asset "${sprite}\\.svg"}}#(\\w+)`, 'g'))) used.add(m[1]);
  const symbols = [...used].sort().map((name) => {
    const symbol = [...file.matchAll(/<symbol[\s\S]*?<\/symbol>/g)].find(([s]) => s.includes(` id="${name}"`));
    if (!symbol) throw new Error(`no icon ${sprite}:${name}`);
    return symbol[0];
  });
  writeFileSync(out(`${sprite}.svg`),
    `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">\n${symbols.join('\n')}\n</svg>\n`);
  console.log(`${sprite}.svg`, symbols.length, 'symbols');
}
