// Rollup plugin: what lies beside the bundle. SLDS 1 CSS cut down to what the
// templates use, and the symbols of the icons they name.
import fs from 'node:fs';
import path from 'node:path';
import { PurgeCSS } from 'purgecss';
import { transform } from 'esbuild';

export default function assets({ slds, sources, extraCss, pages, notice }) {
    return {
        name: 'assets',
        async generateBundle() {
            const emit = (fileName, source) => this.emitFile({ type: 'asset', fileName, source });
            const content = files(sources).map((file) => ({
                raw: fs.readFileSync(file, 'utf8'),
                extension: path.extname(file).slice(1)
            }));
            const text = content.map(({ raw }) => raw).join('\n');
            emit('softphone.css', await css(slds, content, extraCss));
            for (const sprite of ['utility', 'standard']) {
                emit(`icons/${sprite}.svg`, subset(slds, sprite, iconNames(text, sprite)));
            }
            for (const page of pages) {
                emit(path.basename(page), fs.readFileSync(page, 'utf8'));
            }
            emit('NOTICE.txt', fs.readFileSync(notice, 'utf8'));
        }
    };
}

function files(sources) {
    return sources.flatMap((source) =>
        fs.statSync(source).isFile()
            ? [source]
            : fs
                  .readdirSync(source, { recursive: true })
                  .map((file) => path.join(source, file))
                  .filter((file) => /\.(js|html)$/.test(file) && !file.includes('__tests__'))
                  .sort()
    );
}

async function css(slds, content, extraCss) {
    const file = `${slds}/assets/styles/salesforce-lightning-design-system.min.css`;
    const icons = iconNames(content.map(({ raw }) => raw).join('\n'), 'standard');
    const [{ css: purged }] = await new PurgeCSS().purge({
        content: [
            ...content,
            {
                raw: icons.map((n) => `slds-icon-standard-${n.replaceAll('_', '-')}`).join(' '),
                extension: 'txt'
            }
        ],
        css: [{ raw: fs.readFileSync(file, 'utf8') }],
        defaultExtractor: (text) => text.match(/[\w-]+/g) ?? [],
        safelist: [
            /^slds-button_(brand|neutral|success|destructive)$/,
            /^slds-icon_(xx-small|x-small|small)$/,
            /^slds-icon-text-(default|success|warning)$/
        ],
        variables: true,
        keyframes: true,
        fontFace: true
    });
    const own = fs.readFileSync(extraCss, 'utf8');
    const withoutFonts = purged
        .replace(/@font-face\{[^}]*\}/g, '')
        .replace(/\/\*[\s\S]*?\*\//g, '');
    const { code } = await transform(`${withoutFonts}\n${own}`, { loader: 'css', minify: true });
    return code;
}

function iconNames(text, sprite) {
    const names = [...text.matchAll(new RegExp(`\\b${sprite}:(\\w+)`, 'g'))].map(
        ([, name]) => name
    );
    return [...new Set(names)].sort();
}

function subset(slds, sprite, names) {
    const svg = fs.readFileSync(`${slds}/assets/icons/${sprite}-sprite/svg/symbols.svg`, 'utf8');
    const symbols = names.map((name) => {
        const symbol = new RegExp(`<symbol[^>]*id="${name}"[\\s\\S]*?</symbol>`).exec(svg);
        if (!symbol) {
            throw new Error(`SLDS has no icon ${sprite}:${name}`);
        }
        return symbol[0];
    });
    return `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join('\n')}</svg>\n`;
}
