// Builds the package's components for a plain browser into web/softphone/dist,
// which is committed so that `go build` needs no Node.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import lwc from '@lwc/rollup-plugin';
import replace from '@rollup/plugin-replace';
import resolve from '@rollup/plugin-node-resolve';
import { transform } from 'esbuild';
import assets from './build/assets.mjs';
import salesforceModules from './build/salesforce-modules.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const force = path.resolve(here, '../force-app/main/default');
const dist = process.env.OUT ?? path.resolve(here, '../../web/softphone/dist');
const slds = path.resolve(here, '../node_modules/@salesforce-ux/design-system');

const bundles = (dir, namespace) =>
    fs
        .readdirSync(dir, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => ({ name: `${namespace}/${name}`, path: `${dir}/${name}/${name}.js` }));
const modules = (dir, namespace) =>
    fs
        .readdirSync(dir)
        .map((file) => ({ name: `${namespace}/${path.parse(file).name}`, path: `${dir}/${file}` }));

// Modules without markup need no compiling; LWC's would turn each private field
// into a call.
const plain = bundles(`${force}/lwc`, 'c')
    .map(({ path: file }) => file)
    .filter((file) => !fs.existsSync(file.replace(/\.js$/, '.html')));

export default {
    input: `${here}/src/main.js`,
    output: {
        dir: dist,
        entryFileNames: 'softphone.js',
        format: 'esm',
        inlineDynamicImports: true
    },
    plugins: [
        replace({
            preventAssignment: true,
            values: { 'process.env.NODE_ENV': '"production"', 'import.meta.env.SSR': 'false' }
        }),
        salesforceModules({
            labelsFile: `${force}/labels/CustomLabels.labels-meta.xml`,
            translations: { de: `${force}/translations/de.translation-meta.xml` }
        }),
        lwc({
            rootDir: `${here}/src`,
            apiVersion: 66,
            modules: [
                ...modules(`${here}/stubs/lightning`, 'lightning'),
                ...modules(`${here}/stubs/host`, 'host'),
                ...bundles(`${here}/kit/lightning`, 'lightning'),
                ...bundles(`${force}/lwc`, 'c')
            ],
            exclude: ['**/node_modules/@lwc/**', '**/node_modules/lwc/**', '**/*.mjs', ...plain]
        }),
        resolve({ browser: true }),
        {
            name: 'minify',
            renderChunk: async (code) =>
                (
                    await transform(code, {
                        format: 'esm',
                        minify: true,
                        legalComments: 'none',
                        charset: 'utf8'
                    })
                ).code
        },
        assets({
            slds,
            sources: [
                `${force}/lwc`,
                `${here}/kit`,
                `${here}/src`,
                path.resolve(here, '../../web/softphone/pages')
            ],
            extraCss: `${here}/src/page.css`,
            pages: ['softphone-page.js', 'dial-page.js', 'icon.svg'].map(
                (name) => `${here}/src/${name}`
            ),
            notice: `${here}/NOTICE.txt`
        })
    ],
    onwarn(warning) {
        if (warning.code !== 'CIRCULAR_DEPENDENCY') {
            throw new Error(warning.message);
        }
    }
};
