// Rollup plugin: what `@salesforce/…` imports mean outside Salesforce. Custom
// labels take the language of the browser.
import fs from 'node:fs';

const PREFIX = '\0salesforce:';
const TEXTS = `${PREFIX}texts`;

export default function salesforceModules({ labelsFile, translations }) {
    const languages = { en: readLabels(labelsFile, 'fullName', 'value') };
    for (const [language, file] of Object.entries(translations)) {
        languages[language] = readLabels(file, 'name', 'label');
    }
    return {
        name: 'salesforce-modules',
        resolveId: (id) => {
            if (id === TEXTS) {
                return id;
            }
            return id.startsWith('@salesforce/') ? PREFIX + id.slice('@salesforce/'.length) : null;
        },
        load(id) {
            if (!id.startsWith(PREFIX)) {
                return null;
            }
            if (id === TEXTS) {
                return textsModule(Object.keys(languages));
            }
            const [kind, ...rest] = id.slice(PREFIX.length).split('/');
            const name = rest.join('/');
            switch (kind) {
                case 'apex':
                    return `export default (params) => globalThis.phoneHost.apex(${JSON.stringify(name)}, params);`;
                case 'messageChannel':
                    return `export default ${JSON.stringify(name)};`;
                case 'label': {
                    const key = name.replace(/^c\./, '');
                    for (const [language, texts] of Object.entries(languages)) {
                        if (!(key in texts)) {
                            this.error(`custom label ${key} has no text in ${language}`);
                        }
                    }
                    const texts = Object.values(languages).map((all) => JSON.stringify(all[key]));
                    return `import own from ${JSON.stringify(TEXTS)}; export default own(${texts});`;
                }
                default:
                    return this.error(`unsupported module @salesforce/${kind}/${name}`);
            }
        }
    };
}

// A label is its texts beside each other: names in a table for each language
// would be a fifth of what the page loads of them.
function textsModule(languages) {
    return `const at = ${JSON.stringify(languages)}.indexOf(globalThis.navigator.language.split('-')[0]);
export default (...texts) => texts[at] ?? texts[0];`;
}

function readLabels(file, nameTag, valueTag) {
    const xml = fs.readFileSync(file, 'utf8');
    const blocks = xml.matchAll(/<(labels|customLabels)>([\s\S]*?)<\/\1>/g);
    return Object.fromEntries(
        [...blocks].map(([, , block]) => [tag(block, nameTag), tag(block, valueTag)])
    );
}

function tag(block, name) {
    const text = new RegExp(`<${name}>([\\s\\S]*?)</${name}>`).exec(block)[1];
    return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&').trim();
}
